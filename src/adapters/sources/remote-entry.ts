import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';

/** What the cache knows of one URL and ref. */
export interface CacheEntry {
  readonly commit: string;
  readonly fetchedAtMs: number;
}

/** Undefined when there is none, or none that makes sense. */
export async function readEntry(path: string): Promise<CacheEntry | undefined> {
  try {
    const { commit, fetchedAtMs } = JSON.parse(await readFile(path, 'utf8')) as Partial<CacheEntry>;
    const sound = typeof commit === 'string' && /^[0-9a-f]{40,64}$/.test(commit) && typeof fetchedAtMs === 'number';
    return sound ? { commit, fetchedAtMs } : undefined;
  } catch {
    return undefined;
  }
}

export async function writeEntry(path: string, entry: CacheEntry): Promise<void> {
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  await writeFile(temporary, JSON.stringify(entry));
  await rename(temporary, path);
}
