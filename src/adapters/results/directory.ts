import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { InfrastructureError, PerfError } from '../../domain/errors.ts';
import { LARGEST_TEXT_BYTES, type ResultStore } from '../../ports/result-store.ts';
import { makeDirectory } from '../system/make-directory.ts';
import { LOCK, withLock } from './lock.ts';
import { safePath, tooLarge } from './safe-path.ts';

const TEMPORARY = '.writing-';

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined);

function isMissing(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function failed(what: string, file: string, cause: unknown): PerfError {
  if (cause instanceof PerfError) return cause;
  const words = cause instanceof Error ? cause.message : String(cause);
  return new InfrastructureError('results-directory', `cannot ${what} ${file}: ${words}`, {
    cause,
    hint: 'check the permissions and the free space of the results directory',
  });
}

/** Readers see the old file or the new one, also after a crash: the new one is complete on disk before it gets the name. */
async function writeAtomically(file: string, text: string): Promise<void> {
  const temporary = join(dirname(file), `${TEMPORARY}${randomUUID()}`);
  try {
    const opened = await openNew(temporary);
    try {
      await opened.writeFile(text, 'utf8');
      await opened.sync();
    } finally {
      await opened.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

const isOwn = (name: string) => name.startsWith(TEMPORARY) || name.startsWith(LOCK);

async function textOf(file: string): Promise<string | undefined> {
  try {
    const { size } = await stat(file);
    if (size > LARGEST_TEXT_BYTES) throw tooLarge(file, size, LARGEST_TEXT_BYTES);
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw failed('read', file, error);
  }
}

/** What a text contains is its version: a text that came back after another one is as good as it was. */
const versionOf = (text: string) => createHash('sha256').update(text).digest('hex');

/** Somebody who removed the directory's last file may have removed the directory since it was made. */
async function openNew(file: string, attempts = 5): Promise<FileHandle> {
  await makeDirectory(dirname(file));
  return open(file, 'wx').catch((error: unknown) => {
    if (attempts > 1 && codeOf(error) === 'ENOENT') return openNew(file, attempts - 1);
    throw error;
  });
}

async function filesBelow(directory: string, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory()) found.push(...(await filesBelow(join(directory, entry.name), `${path}/`)));
    else if (entry.isFile() && !isOwn(entry.name)) found.push(path);
  }
  return found;
}

/**
 * Results in a directory, which the first write creates. Paths use forward slashes and stay inside. Throws UsageError
 * `path-unsafe`, InfrastructureError `results-directory`.
 */
export function createDirectoryStore(root: string): ResultStore {
  const location = resolve(root);

  const fileOf = (path: string) => join(location, ...safePath(path, location).split('/'));

  return {
    location,
    read: async (path) => textOf(fileOf(path)),
    async readVersion(path) {
      const text = await textOf(fileOf(path));
      return text === undefined ? undefined : { text, version: versionOf(text) };
    },
    async writeIf(path, text, version) {
      const file = fileOf(path);
      try {
        await makeDirectory(dirname(file));
        return await withLock(file, async () => {
          const known = await textOf(file);
          if ((known === undefined ? 'absent' : versionOf(known)) !== version) return false;
          await writeAtomically(file, text);
          return true;
        });
      } catch (error) {
        throw failed('write', file, error);
      }
    },
    async remove(path) {
      const file = fileOf(path);
      try {
        await rm(file, { force: true });
        // Directories are there for their files only; one that still has some stays.
        for (let directory = dirname(file); directory !== location; directory = dirname(directory))
          await rmdir(directory);
      } catch (error) {
        if (isMissing(error) || codeOf(error) === 'ENOTEMPTY') return;
        throw failed('remove', file, error);
      }
    },
    async write(path, text) {
      const file = fileOf(path);
      try {
        await writeAtomically(file, text);
      } catch (error) {
        throw failed('write', file, error);
      }
    },
    async list(prefix) {
      // Only the part up to the last slash is a directory: a prefix may end in the middle of a name.
      const below = prefix.slice(0, prefix.lastIndexOf('/') + 1);
      const directory = below === '' ? location : fileOf(below.slice(0, -1));
      try {
        return (await filesBelow(directory, below)).filter((path) => path.startsWith(prefix)).sort();
      } catch (error) {
        if (isMissing(error)) return [];
        throw failed('list', directory, error);
      }
    },
  };
}
