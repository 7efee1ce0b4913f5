import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Others may make the parents at the same time, and remove those that are empty. */
const ATTEMPTS = 5;

/**
 * Makes a directory and its missing parents. One level at a time: where a file system answers ENOENT although the parent
 * exists (/proc does), Node's recursive mkdir never returns.
 */
export async function makeDirectory(path: string, attempts = ATTEMPTS): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path || attempts <= 1) throw error;
    if (!(await exists(parent))) await makeDirectory(parent);
    await makeDirectory(path, attempts - 1);
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
