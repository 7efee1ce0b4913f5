import { randomUUID } from 'node:crypto';
import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { InfrastructureError, UsageError } from '../../domain/errors.ts';
import type { ResultStore } from '../../ports/result-store.ts';
import { makeDirectory } from '../system/make-directory.ts';

const TEMPORARY = '.writing-';

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function failed(what: string, file: string, cause: unknown): InfrastructureError {
  const words = cause instanceof Error ? cause.message : String(cause);
  return new InfrastructureError('results-directory', `cannot ${what} ${file}: ${words}`, {
    cause,
    hint: 'check the permissions and the free space of the results directory',
  });
}

/** Readers see the old file or the new one, also after a crash: the new one is complete on disk before it gets the name. */
async function writeAtomically(file: string, text: string): Promise<void> {
  const directory = dirname(file);
  await makeDirectory(directory);
  const temporary = join(directory, `${TEMPORARY}${randomUUID()}`);
  try {
    const opened = await open(temporary, 'wx');
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

async function filesBelow(directory: string, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory()) found.push(...(await filesBelow(join(directory, entry.name), `${path}/`)));
    else if (entry.isFile() && !entry.name.startsWith(TEMPORARY)) found.push(path);
  }
  return found;
}

/**
 * Results in a directory, which the first write creates. Paths use forward slashes and stay inside. Throws UsageError
 * `path-unsafe`, InfrastructureError `results-directory`.
 */
export function createDirectoryStore(root: string): ResultStore {
  const location = resolve(root);

  function fileOf(path: string): string {
    const segments = path.split('/');
    const safe = segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..');
    if (safe && !/[\p{Cc}\\:]/u.test(path)) return join(location, ...segments);
    throw new UsageError(
      'path-unsafe',
      `found the path ${JSON.stringify(path.slice(0, 200))}, wanted one inside ${location}`,
    );
  }

  return {
    location,
    async read(path) {
      const file = fileOf(path);
      try {
        return await readFile(file, 'utf8');
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw failed('read', file, error);
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
