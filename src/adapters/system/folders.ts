import { resolve } from 'node:path';
import { InfrastructureError } from '../../domain/errors.ts';
import type { Folders } from '../../ports/folders.ts';
import { checkFree, createDirectory } from './create-directory.ts';
import { readFolder } from './read-folder.ts';

/** Folders of this machine. `template` is the absolute directory of the service repository to start from. */
export function createFolders(template: string): Folders {
  return {
    template,
    read: (folder, signal) => readFolder(resolve(folder), signal),
    checkFree: (directory) => onDisk(directory, async () => void (await checkFree(resolve(directory)))),
    create: (directory, files, signal) => onDisk(directory, () => createDirectory(resolve(directory), files, signal)),
  };
}

/** A disk that refuses is no fault of ours: no stack, but what it said. */
async function onDisk<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!(error instanceof Error) || code === undefined || !/^E[A-Z]+$/.test(code)) throw error;
    throw new InfrastructureError('directory-not-written', `cannot write ${directory}: ${error.message}`, {
      cause: error,
      hint: 'Check that the disk has room and that you may write there; nothing was left behind.',
    });
  }
}
