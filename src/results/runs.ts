import { nearest } from '../documents/nearest.ts';
import { printable } from '../documents/show.ts';
import type { Baseline } from '../domain/baseline.ts';
import { UsageError } from '../domain/errors.ts';
import type { Run, RunMetadata, ServiceTypeResults } from '../domain/run.ts';
import type { ResultStore } from '../ports/result-store.ts';
import { decode, encode, type ResultSchemas } from './codec.ts';
import { BASELINE_LATEST, baselinePath, dayOf, metadataPath, RUNS, resultsPath, runIds } from './layout.ts';

const LISTED_RUNS = 5;

export async function saveMetadata(store: ResultStore, metadata: RunMetadata, schemas: ResultSchemas): Promise<void> {
  await store.write(metadataPath(metadata.runId), encode('run', metadata, schemas));
}

export async function saveResults(
  store: ResultStore,
  results: ServiceTypeResults,
  schemas: ResultSchemas,
): Promise<void> {
  await store.write(resultsPath(results.runId, results.serviceType), encode('results', results, schemas));
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
  const types = paths
    .map((path) => /^runs\/([^/]+)\/([^/]+)\/results\.json$/.exec(path))
    .filter((match) => match?.[1] === runId)
    .map((match) => match?.[2] ?? '')
    .sort((a, b) => order(metadata, a) - order(metadata, b));
  const results: ServiceTypeResults[] = [];
  for (const type of types) results.push(await read(store, resultsPath(runId, type), 'results', schemas));
  return { metadata, results };
}

async function read<K extends 'run' | 'results'>(store: ResultStore, path: string, kind: K, schemas: ResultSchemas) {
  const file = fileOf(store, path);
  const text = await store.read(path);
  if (text === undefined) throw new UsageError('file-missing', 'this file of the run is missing', { at: { file } });
  const value = decode(kind, text, file, schemas);
  const place = path.split('/')[1];
  if (value.runId === place) return value;
  throw new UsageError('run-mixed', `found the run id ${value.runId}, wanted ${place} as its directory says`, {
    at: { file },
    hint: 'files of different runs were mixed: restore the file, or measure again',
  });
}

const fileOf = (store: ResultStore, path: string) => `${store.location.replace(/\/$/, '')}/${path}`;

function order(metadata: RunMetadata, serviceType: string): number {
  const index = metadata.serviceTypes.indexOf(serviceType);
  return index === -1 ? metadata.serviceTypes.length : index;
}

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
