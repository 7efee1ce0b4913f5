import { nearest } from '../documents/nearest.ts';
import { printable } from '../documents/show.ts';
import type { Baseline } from '../domain/baseline.ts';
import { UsageError } from '../domain/errors.ts';
import type { Run, RunMetadata, ServiceTypeResults } from '../domain/run.ts';
import type { ResultStore } from '../ports/result-store.ts';
import { decode, encode, type ResultSchemas } from './codec.ts';
import { groupKey, sortGroups } from './groups.ts';
import { BASELINE_LATEST, baselinePath, dayOf, metadataPath, RUNS, resultsPath, runIds } from './layout.ts';

const LISTED_RUNS = 5;
/** A hundred times what a large run takes; what another's job has stored may be of any size. */
const LARGEST_TEXT = 64 * 1024 * 1024;
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

/** Writes the dated baseline first, so that `latest.json` never names what is not there. */
export async function saveBaseline(store: ResultStore, baseline: Baseline, schemas: ResultSchemas): Promise<void> {
  const text = encode('baseline', baseline, schemas);
  await store.write(baselinePath(dayOf(baseline.updatedAt)), text);
  await store.write(BASELINE_LATEST, text);
}

/** The store's latest baseline, or undefined when it has none yet. */
export async function loadBaseline(store: ResultStore, schemas: ResultSchemas): Promise<Baseline | undefined> {
  const text = await store.read(BASELINE_LATEST);
  return text === undefined ? undefined : decode('baseline', text, fileOf(store, BASELINE_LATEST), schemas);
}

/**
 * A stored run; `latest` is the newest. Throws UsageError `run-unknown`, which names the runs that exist, or what
 * `decode` throws. A run that was cut short has the service types that were written until then.
 */
export async function loadRun(store: ResultStore, wanted: string, schemas: ResultSchemas): Promise<Run> {
  const paths = await store.list(RUNS);
  const known = runIds(paths);
  const runId = wanted === 'latest' ? known[0] : known.find((id) => id === wanted);
  if (runId === undefined) throw unknownRun(store, wanted, known);
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
  if (text.length > LARGEST_TEXT) {
    throw new UsageError('file-too-large', `found ${text.length} characters, wanted at most ${LARGEST_TEXT}`, {
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

function unknownRun(store: ResultStore, wanted: string, known: readonly string[]): UsageError {
  if (known.length === 0) {
    return new UsageError('run-unknown', `${store.location} holds no runs`, {
      hint: 'run "cloudrun-perf benchmark" first, or name the place of the results with --results',
    });
  }
  const more = known.length > LISTED_RUNS ? ` and ${known.length - LISTED_RUNS} older` : '';
  const message = `${store.location} holds no run ${JSON.stringify(printable(wanted))}; it holds ${known.slice(0, LISTED_RUNS).join(', ')}${more}`;
  const near = nearest(wanted, known);
  return new UsageError('run-unknown', message, {
    hint: near === undefined ? 'name one of these, or "latest"' : `Did you mean "${near}"?`,
  });
}
