import type { ResultStore } from '../ports/result-store.ts';

/** Texts that are in memory already, by path, as a store; what is written to it is gone with it. */
export function storeOf(texts: ReadonlyMap<string, string>, location: string): ResultStore {
  const kept = new Map(texts);
  return {
    location,
    read: async (path) => kept.get(path),
    write: async (path, text) => {
      kept.set(path, text);
    },
    list: async (prefix) => [...kept.keys()].filter((path) => path.startsWith(prefix)).sort(),
  };
}
