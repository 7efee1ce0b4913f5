import { UsageError } from '../../src/domain/errors.ts';
import type { ResultStore } from '../../src/ports/result-store.ts';
import { mapStore } from '../../src/results/text-store.ts';

export interface MemoryStore extends ResultStore {
  readonly texts: Map<string, string>;
}

/** A result store that forgets everything at the end of the test. */
export function createMemoryStore(): MemoryStore {
  const texts = new Map<string, string>();
  const store = mapStore(texts, 'memory');
  return {
    texts,
    location: store.location,
    read: async (path) => store.read(safe(path)),
    write: async (path, text) => store.write(safe(path), text),
    list: async (prefix) => {
      if (prefix !== '') safe(`${prefix}x`);
      return store.list(prefix);
    },
    readVersion: async (path) => store.readVersion(safe(path)),
    writeIf: async (path, text, version) => store.writeIf(safe(path), text, version),
    remove: async (path) => store.remove(safe(path)),
  };
}

function safe(path: string): string {
  const segments = path.split('/');
  if (segments.some((segment) => ['', '.', '..'].includes(segment)) || /[\p{Cc}\\]/u.test(path))
    throw new UsageError('path-unsafe', `found the path ${JSON.stringify(path)}`);
  return path;
}
