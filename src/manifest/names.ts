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

/** A name for every path, none twice: the later ones of equal names get a number, in order of their paths. */
export function uniqueNames(paths: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  // Plain names first, so that `a-2` keeps its own beside two that are both called `a`.
  const sorted = [...paths].sort();
  const first = sorted.filter((path) => {
    const name = implementationName(path);
    if (taken.has(name)) return false;
    taken.add(name);
    names.set(path, name);
    return true;
  });
  for (const path of sorted.filter((one) => !first.includes(one))) {
    const name = numbered(implementationName(path), taken);
    taken.add(name);
    names.set(path, name);
  }
  return names;
}

function numbered(name: string, taken: ReadonlySet<string>): string {
  for (let number = 2; ; number += 1) {
    const suffix = `-${number}`;
    const candidate = `${cut(name, LONGEST - suffix.length)}${suffix}`;
    if (!taken.has(candidate)) return candidate;
  }
}

const cut = (name: string, longest: number) => name.slice(0, longest).replace(/-+$/, '');
