import type { ResultStore } from '../../src/ports/result-store.ts';

export interface MemoryStore extends ResultStore {
  readonly texts: Map<string, string>;
}

/** A result store that forgets everything at the end of the test. */
export function createMemoryStore(): MemoryStore {
  const texts = new Map<string, string>();
  return {
    location: 'memory',
    texts,
    read: async (path) => texts.get(path),
    write: async (path, text) => {
      texts.set(path, text);
    },
    list: async (prefix) => [...texts.keys()].filter((path) => path.startsWith(prefix)).sort(),
  };
}
