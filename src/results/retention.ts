import type { ResultStore } from '../ports/result-store.ts';
import { decode, type ResultSchemas } from './codec.ts';
import { BASELINES, isDatedBaseline, latestBaselines, metadataPath, RUNS } from './layout.ts';

/** Which runs stay: those that one of both keeps. Neither: all. */
export interface Retention {
  /** The newest ones, runs. */
  readonly keepRuns?: number;
  /** The younger ones, days. */
  readonly keepDays?: number;
}

export interface PruneOptions {
  readonly retention: Retention;
  readonly nowMs: number;
  /** This run stays in any case. */
  readonly runId: string;
  readonly schemas: ResultSchemas;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** A baseline holds its numbers itself; that the runs behind it can be looked up is wanted for the last ones. */
const DATED_BASELINES = 30;
/** At a time, so that a run does not wait for what others have left in years. */
const MOST_RUNS = 100;
const AT_ONCE = 8;

/**
 * Removes old runs; gives their ids. Runs that the latest or one of the last 30 dated baselines name stay, and so does
 * what has no id of ours. Throws what reading a baseline throws, before anything is removed.
 */
export async function pruneRuns(store: ResultStore, options: PruneOptions): Promise<readonly string[]> {
  const { keepRuns, keepDays } = options.retention;
  if (keepRuns === undefined && keepDays === undefined) return [];
  const paths = await store.list(RUNS);
  const old = oldRuns(paths, options.retention, options.nowMs).filter((runId) => runId !== options.runId);
  if (old.length === 0) return [];
  const named = await runsOfBaselines(store, options.schemas);
  const removed = old.filter((runId) => !named.has(runId)).slice(0, MOST_RUNS);
  for (const runId of removed) await removeRun(store, runId, paths);
  return removed;
}

/** Oldest first, also those that have no metadata. */
export function oldRuns(paths: readonly string[], { keepRuns, keepDays }: Retention, nowMs: number): readonly string[] {
  const ids = new Set(paths.map((path) => path.split('/')[1] ?? ''));
  const runs = [...ids].flatMap((runId) => {
    const startedMs = startOf(runId);
    return startedMs === undefined ? [] : [{ runId, startedMs }];
  });
  const newestFirst = runs.toSorted((a, b) => b.startedMs - a.startedMs || (a.runId < b.runId ? 1 : -1));
  return newestFirst
    .filter(({ startedMs }, index) => {
      const isAmongLast = keepRuns !== undefined && index < keepRuns;
      return !isAmongLast && !(keepDays !== undefined && nowMs - startedMs < keepDays * DAY_MS);
    })
    .map(({ runId }) => runId)
    .reverse();
}

/** Run ids begin with their time; undefined for what somebody else named. */
function startOf(runId: string): number | undefined {
  const [, year, month, day, hour, minute, second] =
    /^run-(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-[a-z0-9]+$/.exec(runId) ?? [];
  if (second === undefined) return undefined;
  const startedMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(startedMs) ? undefined : startedMs;
}

async function runsOfBaselines(store: ResultStore, schemas: ResultSchemas): Promise<ReadonlySet<string>> {
  const stored = await store.list(BASELINES);
  const named = new Set<string>();
  for (const path of [...latestBaselines(stored), ...lastDated(stored)]) {
    const text = await store.read(path);
    if (text === undefined) continue;
    const { serviceTypes } = decode('baseline', text, path, schemas);
    for (const { runs } of Object.values(serviceTypes).flat()) for (const { runId } of runs) named.add(runId);
  }
  return named;
}

/** The last copies of each latest baseline. */
function lastDated(paths: readonly string[]): readonly string[] {
  const copies = Map.groupBy(paths.filter(isDatedBaseline), (path) => path.replace(/\d{4}-\d\d-\d\d\//, ''));
  return [...copies.values()].flatMap((dated) => dated.slice(-DATED_BASELINES));
}

/** The metadata goes first: what is left when this is cut short is no run any more, and goes the next time. */
async function removeRun(store: ResultStore, runId: string, paths: readonly string[]): Promise<void> {
  const metadata = metadataPath(runId);
  await store.remove(metadata);
  const others = paths.filter((path) => path.startsWith(`${RUNS}${runId}/`) && path !== metadata);
  for (let at = 0; at < others.length; at += AT_ONCE)
    await Promise.all(others.slice(at, at + AT_ONCE).map((path) => store.remove(path)));
}
