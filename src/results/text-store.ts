import { createHash } from 'node:crypto';
import type { ResultStore } from '../ports/result-store.ts';

/** Texts that are in memory already, by path, as a store; what is written to it is gone with it. */
export function storeOf(texts: ReadonlyMap<string, string>, location: string): ResultStore {
  return mapStore(new Map(texts), location);
}

/** The map itself as a store: what is written is in it. */
export function mapStore(texts: Map<string, string>, location: string): ResultStore {
  return {
    location,
    read: async (path) => texts.get(path),
    write: async (path, text) => {
      texts.set(path, text);
    },
    list: async (prefix) => [...texts.keys()].filter((path) => path.startsWith(prefix)).sort(),
    async readVersion(path) {
      const text = texts.get(path);
      return text === undefined ? undefined : { text, version: versionOf(text) };
    },
    async writeIf(path, text, version) {
      const known = texts.get(path);
      if ((known === undefined ? 'absent' : versionOf(known)) !== version) return false;
      texts.set(path, text);
      return true;
    },
    remove: async (path) => {
      texts.delete(path);
    },
  };
}

const versionOf = (text: string) => createHash('sha256').update(text).digest('hex');
