import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { FileTree } from '../../ports/file-tree.ts';

/** More than any contract or manifest; what is larger is not read into memory. */
const LARGEST_BYTES = 8 * 1024 * 1024;
const MOST_FILES = 20_000;

/** Files below a directory. What `..` or a symbolic link leads out of it is treated as not there. */
export function createFileTree(root: string): FileTree {
  const absoluteRoot = resolve(root);

  async function inside(path: string): Promise<string | undefined> {
    if (path.includes('\u0000') || isAbsolute(path) || leaves(relative(absoluteRoot, join(absoluteRoot, path))))
      return undefined;
    try {
      const [realRoot, real] = await Promise.all([realpath(absoluteRoot), realpath(join(absoluteRoot, path))]);
      return leaves(relative(realRoot, real)) ? undefined : real;
    } catch {
      return undefined;
    }
  }

  return {
    root: absoluteRoot,
    async read(path) {
      const real = await inside(path);
      if (real === undefined) return undefined;
      const found = await stat(real);
      return found.isFile() && found.size <= LARGEST_BYTES ? readFile(real, 'utf8') : undefined;
    },
    exists: async (path) => (await inside(path)) !== undefined,
    async list(directory) {
      const real = await inside(directory);
      if (real === undefined || !(await stat(real)).isDirectory()) return [];
      const entries = await readdir(real, { withFileTypes: true, recursive: true });
      const files = entries.filter((entry) => !entry.isDirectory()).slice(0, MOST_FILES);
      const paths = files.map((entry) =>
        toTreePath(absoluteRoot, directory, relative(real, join(entry.parentPath, entry.name))),
      );
      const known = await Promise.all(
        paths.map(async (path) => ({ path, found: await regularFile(await inside(path)) })),
      );
      return known
        .filter(({ path, found }) => found && !path.split('/').includes('.git'))
        .map(({ path }) => path)
        .sort();
    },
  };
}

const leaves = (path: string) => path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path);

function toTreePath(root: string, directory: string, path: string): string {
  return relative(root, join(root, directory, path))
    .split(sep)
    .join('/');
}

async function regularFile(path: string | undefined): Promise<boolean> {
  return path !== undefined && (await stat(path)).isFile();
}
