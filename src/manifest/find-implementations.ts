/** A directory that holds a Dockerfile. Paths are relative to the folder that was searched. */
export interface FoundImplementation {
  readonly directory: string;
  /** The Dockerfile that counts, relative to `directory`. */
  readonly dockerfile: string;
  /** Further Dockerfiles beside it, relative to `directory`. */
  readonly otherDockerfiles: readonly string[];
  /** Paths of all its files, relative to `directory`. */
  readonly files: readonly string[];
}

export interface FoundFolder {
  /** Sorted by directory. */
  readonly implementations: readonly FoundImplementation[];
  /** Dockerfiles that make no implementation: at the top, or where packages and build outputs lie. */
  readonly ignored: readonly string[];
  /** Directories and files at the top that belong to no implementation. */
  readonly remaining: readonly string[];
}

/** Directories that hold other people's files, or what a build wrote. */
const NOT_SEARCHED = new Set([
  '.git',
  '.next',
  '_build',
  'bin',
  'build',
  'deps',
  'dist',
  'node_modules',
  'obj',
  'out',
  'target',
  'vendor',
]);

const NO_DOCKERFILE = /\.(?:dockerignore|md|bak|orig|rej|swp|tmp|j2|tmpl|template)$|~$/i;

/** Directories below a folder that hold a Dockerfile; what lies below such a directory belongs to it. */
export function findImplementations(paths: readonly string[]): FoundFolder {
  const dockerfiles = paths.filter((path) => isDockerfile(fileName(path)));
  const eligible = dockerfiles.filter(
    (path) =>
      path.includes('/') &&
      !directoryOf(path)
        .split('/')
        .some((segment) => NOT_SEARCHED.has(segment)),
  );
  const candidates = [...new Set(eligible.map(directoryOf))].sort((a, b) => a.length - b.length);
  const roots: string[] = [];
  for (const candidate of candidates) if (!roots.some((root) => isBelow(candidate, root))) roots.push(candidate);
  const implementations = roots.sort().map((directory) => {
    const files = paths.filter((path) => isBelow(path, directory)).map((path) => path.slice(directory.length + 1));
    const [dockerfile = '', ...otherDockerfiles] = files
      .filter((path) => !path.includes('/') && isDockerfile(path))
      .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
    return { directory, dockerfile, otherDockerfiles, files };
  });
  const belongs = (path: string) => roots.some((root) => isBelow(path, root));
  const rest = paths.filter((path) => !belongs(path));
  const others = new Set(dockerfiles);
  return {
    implementations,
    ignored: rest.filter((path) => others.has(path)),
    remaining: [
      ...new Set(
        rest.filter((path) => !others.has(path)).map((path) => (path.includes('/') ? `${path.split('/')[0]}/` : path)),
      ),
    ].sort(),
  };
}

const fileName = (path: string) => path.slice(path.lastIndexOf('/') + 1);
const directoryOf = (path: string) => path.slice(0, path.lastIndexOf('/'));
const isBelow = (path: string, directory: string) => path.startsWith(`${directory}/`);
const rank = (name: string) => (name === 'Dockerfile' ? 0 : /^dockerfile$/i.test(name) ? 1 : 2);

/** A name that a manifest may hold as well: without control characters, and nothing that a program reads as an option. */
function isDockerfile(name: string): boolean {
  if (NO_DOCKERFILE.test(name) || /[\p{Cc}\\]|^[-~]/u.test(name) || name.length > 200) return false;
  return /^dockerfile$/i.test(name) || name.startsWith('Dockerfile.') || name.endsWith('.Dockerfile');
}
