const LONGEST = 49;

/** A path as a name that Cloud Run accepts: `Go/Gin_v2` as `go-gin-v2`. */
export function implementationName(path: string): string {
  const plain = path
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}+/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  const named = /^[a-z]/.test(plain) ? plain : `impl-${plain}`;
  return cut(named, LONGEST);
}

/** A name for every path, none twice. Of several that would have the same, the one that is called so already keeps it. */
export function uniqueNames(paths: readonly string[]): ReadonlyMap<string, string> {
  const sorted = [...paths].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const names = new Map<string, string>();
  const taken = new Set<string>();
  const take = (path: string, name: string) => {
    taken.add(name);
    names.set(path, name);
  };
  for (const path of sorted) if (!taken.has(implementationName(path))) take(path, implementationName(path));
  for (const path of sorted) if (!names.has(path)) take(path, numbered(implementationName(path), taken));
  return names;
}

const rank = (path: string) => (implementationName(path) === path ? 0 : 1);

function numbered(name: string, taken: ReadonlySet<string>): string {
  for (let number = 2; ; number += 1) {
    const suffix = `-${number}`;
    const candidate = `${cut(name, LONGEST - suffix.length)}${suffix}`;
    if (!taken.has(candidate)) return candidate;
  }
}

const cut = (name: string, longest: number) => name.slice(0, longest).replace(/-+$/, '');
