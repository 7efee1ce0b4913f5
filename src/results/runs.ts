import { nearest } from '../documents/nearest.ts';
import { printable } from '../documents/show.ts';
import type { Baseline } from '../domain/baseline.ts';
import { InfrastructureError, UsageError } from '../domain/errors.ts';
import type { Run, RunMetadata, ServiceTypeResults } from '../domain/run.ts';
import { LARGEST_TEXT_BYTES, type ResultStore } from '../ports/result-store.ts';
import { comparableRuns, mergeBaselines } from './baseline.ts';
import { decode, encode, type ResultSchemas } from './codec.ts';
import { groupKey, sortGroups } from './groups.ts';
import {
  BASELINE_LATEST,
  BASELINES,
  baselinePath,
  dayOf,
  latestBaselines,
  metadataPath,
  RUNS,
  resultsPath,
  runIds,
  unfinishedRunIds,
} from './layout.ts';

const LISTED_RUNS = 5;
/** Each time somebody else was faster; a hundred jobs at once are done before that. */
const MOST_ATTEMPTS = 200;
const MIXED = 'files of different runs were mixed: restore the file, or measure again';

export async function saveMetadata(store: ResultStore, metadata: RunMetadata, schemas: ResultSchemas): Promise<void> {
  await store.write(metadataPath(metadata.runId), encode('run', metadata, schemas));
}

export async function saveResults(
  store: ResultStore,
  results: ServiceTypeResults,
  schemas: ResultSchemas,
): Promise<void> {
  await store.write(resultsPath(results.runId, groupKey(results)), encode('results', results, schemas));
}

export interface SaveOptions {
  /** Lets others go first after they were faster; `attempt` counts from 1. */
  readonly pause?: (attempt: number) => Promise<void>;
  /** Where the latest baseline is; absent: `BASELINE_LATEST`. */
  readonly path?: string;
}

/**
 * Merges `added` into the stored baseline, also while others do so, and into the dated copy of the day it then has. Gives
 * what was stored before, or undefined. Throws InfrastructureError `baseline-contended`, or what `decode` throws of a
 * stored baseline that is none: it is not overwritten.
 */
export async function saveBaseline(
  store: ResultStore,
  added: Baseline,
  schemas: ResultSchemas,
  options: SaveOptions = {},
): Promise<Baseline | undefined> {
  const { path = BASELINE_LATEST } = options;
  const { previous, merged } = await mergeInto(store, path, added, schemas, options);
  await mergeInto(store, baselinePath(dayOf(merged.updatedAt), path), merged, schemas, options);
  return previous;
}

async function mergeInto(
  store: ResultStore,
  path: string,
  added: Baseline,
  schemas: ResultSchemas,
  { pause }: SaveOptions,
): Promise<{ readonly previous: Baseline | undefined; readonly merged: Baseline }> {
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
    const stored = await store.readVersion(path);
    const previous = stored && decode('baseline', stored.text, fileOf(store, path), schemas);
    const merged = mergeBaselines(previous, added);
    const text = encode('baseline', merged, schemas);
    if (text === stored?.text || (await store.writeIf(path, text, stored?.version ?? 'absent')))
      return { previous, merged };
    await pause?.(attempt);
  }
  throw new InfrastructureError(
    'baseline-contended',
    `others changed ${fileOf(store, path)} ${MOST_ATTEMPTS} times meanwhile`,
    {
      hint: 'store the baseline of this run again with "cloudrun-perf report --save-baseline"',
    },
  );
}

/**
 * The store's latest baseline, of each implementation the runs that can be compared with its newest one; undefined when
 * it has none yet.
 */
export async function loadBaseline(
  store: ResultStore,
  schemas: ResultSchemas,
  path: string = BASELINE_LATEST,
): Promise<Baseline | undefined> {
  const text = await store.read(path);
  if (text === undefined) return undefined;
  return comparableRuns(decode('baseline', text, fileOf(store, path), schemas));
}

/** Everything that a latest baseline of the store names, also of other configurations; or what `decode` throws. */
export async function loadAllBaselines(store: ResultStore, schemas: ResultSchemas): Promise<readonly Baseline[]> {
  const paths = latestBaselines(await store.list(BASELINES));
  const texts = await Promise.all(paths.map(async (path) => ({ path, text: await store.read(path) })));
  return texts.flatMap(({ path, text }) =>
    text === undefined ? [] : [decode('baseline', text, fileOf(store, path), schemas)],
  );
}

/**
 * A stored run; `latest` is the newest. Throws UsageError `run-unknown`, which names the runs that exist, or what
 * `decode` throws. A run that was cut short has the service types that were written until then; one without metadata is
 * no run yet, and `warn` is told of those that are newer than the latest.
 */
export async function loadRun(
  store: ResultStore,
  wanted: string,
  schemas: ResultSchemas,
  warn: (message: string) => void = () => {},
): Promise<Run> {
  const paths = await store.list(RUNS);
  const known = runIds(paths);
  const unfinished = unfinishedRunIds(paths).filter((id) => id > (known[0] ?? ''));
  if (wanted === 'latest' && unfinished.length > 0) warn(skipped(unfinished));
  const runId = wanted === 'latest' ? known[0] : known.find((id) => id === wanted);
  if (runId === undefined) throw unknownRun(store, wanted, known, unfinishedRunIds(paths));
  const metadata = await read(store, metadataPath(runId), 'run', schemas);
  const keys = paths
    .map((path) => /^runs\/([^/]+)\/([^/]+)\/results\.json$/.exec(path))
    .filter((match) => match?.[1] === runId)
    .map((match) => match?.[2] ?? '');
  const results: ServiceTypeResults[] = [];
  for (const key of keys) results.push(await readGroup(store, runId, key, schemas));
  return { metadata, results: sortGroups(results, metadata.serviceTypes) };
}

async function readGroup(store: ResultStore, runId: string, key: string, schemas: ResultSchemas) {
  const path = resultsPath(runId, key);
  const results = await read(store, path, 'results', schemas);
  const found = groupKey(results);
  if (found === key) return results;
  throw new UsageError('run-mixed', `found results of ${printable(found)}, wanted ${key} as their directory says`, {
    at: { file: fileOf(store, path) },
    hint: MIXED,
  });
}

async function read<K extends 'run' | 'results'>(store: ResultStore, path: string, kind: K, schemas: ResultSchemas) {
  const file = fileOf(store, path);
  const text = await store.read(path);
  if (text === undefined) throw new UsageError('file-missing', 'this file of the run is missing', { at: { file } });
  if (text.length > LARGEST_TEXT_BYTES) {
    throw new UsageError('file-too-large', `found ${text.length} characters, wanted at most ${LARGEST_TEXT_BYTES}`, {
      at: { file },
    });
  }
  const value = decode(kind, text, file, schemas);
  const place = path.split('/')[1];
  if (value.runId === place) return value;
  throw new UsageError('run-mixed', `found the run id ${value.runId}, wanted ${place} as its directory says`, {
    at: { file },
    hint: MIXED,
  });
}

const fileOf = (store: ResultStore, path: string) => `${store.location.replace(/\/$/, '')}/${path}`;

function skipped(unfinished: readonly string[]): string {
  const more = unfinished.length > LISTED_RUNS ? ` and ${unfinished.length - LISTED_RUNS} older` : '';
  return `skipped what has no metadata, still running or cut short: ${unfinished.slice(0, LISTED_RUNS).join(', ')}${more}`;
}

function unknownRun(
  store: ResultStore,
  wanted: string,
  known: readonly string[],
  unfinished: readonly string[],
): UsageError {
  const partial = unfinished.length === 0 ? '' : `; ${skipped(unfinished)}`;
  if (known.length === 0) {
    return new UsageError('run-unknown', `${store.location} holds no runs${partial}`, {
      hint: 'run "cloudrun-perf benchmark" first, or name the place of the results with --results',
    });
  }
  const more = known.length > LISTED_RUNS ? ` and ${known.length - LISTED_RUNS} older` : '';
  const message = `${store.location} holds no run ${JSON.stringify(printable(wanted))}; it holds ${known.slice(0, LISTED_RUNS).join(', ')}${more}${partial}`;
  const near = nearest(wanted, known);
  return new UsageError('run-unknown', message, {
    hint: near === undefined ? 'name one of these, or "latest"' : `Did you mean "${near}"?`,
  });
}
