import { posix } from 'node:path';
import { InfrastructureError, UsageError } from '../domain/errors.ts';
import type { ResultStore } from '../ports/result-store.ts';
import { metadataPath } from './layout.ts';

const SHARD = /^[0-9]{2,4}$/;

/** `runs/{run-id}/shards/{shard}/{file}`. Throws UsageError `path-unsafe`. */
export function shardPath(runId: string, shard: string, file: string): string {
  if (!SHARD.test(shard))
    throw new UsageError('path-unsafe', `found the shard ${JSON.stringify(shard.slice(0, 40))}, wanted a number`, {
      hint: 'a shard is named by 2 to 4 digits, such as 01',
    });
  return `${shardsOf(runId)}${shard}/${file}`;
}

/** Shards of a run that have left something, in order; `paths` are those of the store. */
export function shardIds(paths: readonly string[], runId: string): readonly string[] {
  const place = shardsOf(runId);
  const found = paths.flatMap((path) => {
    const [id, ...rest] = path.startsWith(place) ? path.slice(place.length).split('/') : [];
    return id !== undefined && rest.length > 0 && SHARD.test(id) ? [id] : [];
  });
  return [...new Set(found)].sort();
}

/**
 * The store as one job of a run of several sees it: the run's own files are those of its shard, and nothing else can be
 * written, because only the job that puts the shards together knows the whole run.
 */
export function withinShard(store: ResultStore, runId: string, shard: string): ResultStore {
  const run = runOf(runId);
  const place = shardPath(runId, shard, '');
  const inside = (path: string) => (path.startsWith(run) ? `${place}${path.slice(run.length)}` : path);
  const outside = (path: string) => `${run}${path.slice(place.length)}`;
  const own = (path: string) => {
    if (path.startsWith(run)) return inside(path);
    throw new InfrastructureError('shard-outside', `shard ${shard} was to write ${path}, wanted a file of ${run}`, {
      hint: 'this is a fault of cloudrun-perf: please report it with this line',
    });
  };
  return {
    location: store.location,
    read: (path) => store.read(inside(path)),
    write: async (path, text) => store.write(own(path), text),
    readVersion: (path) => store.readVersion(inside(path)),
    writeIf: async (path, text, version) => store.writeIf(own(path), text, version),
    remove: async (path) => store.remove(own(path)),
    async list(prefix) {
      if (prefix.startsWith(run)) return (await store.list(inside(prefix))).map(outside);
      const paths = await store.list(prefix);
      if (!run.startsWith(prefix)) return paths;
      // The run's other files are those of other jobs.
      return paths
        .filter((path) => !path.startsWith(run) || path.startsWith(place))
        .map((path) => (path.startsWith(place) ? outside(path) : path))
        .sort();
    },
  };
}

/** `runs/{run-id}/` */
const runOf = (runId: string) => `${posix.dirname(metadataPath(runId))}/`;
const shardsOf = (runId: string) => `${runOf(runId)}shards/`;
