import { readdir, readFile, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import type { FileTree } from '../../ports/file-tree.ts';

/** Files below `root`. What lies outside, also behind a symbolic link, is as if it did not exist. */
export function createFileTree(root: string): FileTree {
  async function inside(path: string): Promise<string | undefined> {
    if (isAbsolute(path) || path.includes('\0')) return undefined;
    const [top, target] = await Promise.all([realpath(root), realpath(join(root, path))]).catch(() => []);
    if (top === undefined || target === undefined) return undefined;
    const way = relative(top, target);
    return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way) ? undefined : target;
  }
  return {
    root,
    async read(path) {
      const file = await inside(path);
      if (file === undefined) return undefined;
      return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'EISDIR' || error.code === 'ENOENT') return undefined;
        throw error;
      });
    },
    exists: async (path) => (await inside(path)) !== undefined,
    async list(directory) {
      const top = await inside(directory);
      if (top === undefined) return [];
      const entries = await readdir(top, { recursive: true, withFileTypes: true }).catch(() => []);
      const files = entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(top, join(entry.parentPath, entry.name)));
      return files.map((file) => join(directory, file).split(sep).join('/')).sort();
    },
  };
}
