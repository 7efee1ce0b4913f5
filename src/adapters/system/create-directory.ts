import { randomBytes } from 'node:crypto';
import { chmod, copyFile, lstat, mkdir, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UsageError } from '../../domain/errors.ts';
import type { NewFile } from '../../ports/folders.ts';
import { makeDirectory } from './make-directory.ts';

type Found = 'absent' | 'empty' | 'taken';

async function lookAt(directory: string): Promise<Found> {
  const found = await lstat(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return 'absent';
  return found.isDirectory() && (await readdir(directory)).length === 0 ? 'empty' : 'taken';
}

/** Throws UsageError `directory-not-empty` unless the directory is empty or absent. */
export async function checkFree(directory: string): Promise<Exclude<Found, 'taken'>> {
  const found = await lookAt(directory);
  if (found !== 'taken') return found;
  throw new UsageError('directory-not-empty', `found files in ${directory}, wanted an empty or absent directory`, {
    hint: 'Name another directory; nothing is ever overwritten.',
  });
}

/**
 * Writes into a temporary directory, and moves the whole to its place when it is complete. An absent directory appears
 * at once; in an empty one, which may be somebody's working directory, the files appear one after the other.
 */
export async function createDirectory(
  directory: string,
  files: readonly NewFile[],
  signal?: AbortSignal,
): Promise<void> {
  const found = await checkFree(directory);
  if (found === 'absent') await makeDirectory(dirname(directory));
  const beside = found === 'absent' ? dirname(directory) : directory;
  const temporary = join(beside, `.${basename(directory).slice(0, 50)}-${randomBytes(4).toString('hex')}.part`);
  await mkdir(temporary);
  try {
    await fill(temporary, files, signal);
    await (found === 'absent' ? rename(temporary, directory) : moveInto(temporary, directory));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function moveInto(temporary: string, directory: string): Promise<void> {
  const moved: string[] = [];
  try {
    const names = await readdir(temporary);
    for (const name of names) {
      await rename(join(temporary, name), join(directory, name));
      moved.push(name);
    }
  } catch (error) {
    for (const name of moved) await rm(join(directory, name), { recursive: true, force: true });
    throw error;
  }
}

async function fill(root: string, files: readonly NewFile[], signal?: AbortSignal): Promise<void> {
  const links: { readonly target: string; readonly path: string }[] = [];
  for (const file of files) {
    signal?.throwIfAborted();
    const path = pathInside(root, file.path);
    await mkdir(dirname(path), { recursive: true });
    if ('text' in file) {
      await writeFile(path, file.text, { flag: 'wx' });
      continue;
    }
    const found = await lstat(file.copyOf);
    if (found.isSymbolicLink()) {
      links.push({ path, target: await readlink(file.copyOf) });
      continue;
    }
    await copyFile(file.copyOf, path);
    await chmod(path, (found.mode & 0o111) === 0 ? 0o644 : 0o755);
  }
  // Last, so that no file is ever written through one of them.
  for (const { path, target } of links) await symlink(target, path);
}

function pathInside(root: string, path: string): string {
  const segments = path.split('/');
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..'))
    throw new Error(`a path that leaves the new directory: ${JSON.stringify(path)}`);
  return join(root, ...segments);
}
