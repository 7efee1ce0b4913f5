import type { ResultStore } from '../../ports/result-store.ts';

/** A store whose client is loaded when it is first used. */
export function lazyStore(location: string, open: () => Promise<ResultStore>): ResultStore {
  let opened: Promise<ResultStore> | undefined;
  const store = () => {
    opened ??= open();
    return opened;
  };
  return {
    location,
    read: async (path) => (await store()).read(path),
    write: async (path, text) => (await store()).write(path, text),
    list: async (prefix) => (await store()).list(prefix),
    readVersion: async (path) => (await store()).readVersion(path),
    writeIf: async (path, text, version) => (await store()).writeIf(path, text, version),
    remove: async (path) => (await store()).remove(path),
  };
}
