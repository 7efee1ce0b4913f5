import type { Baseline, BaselineImplementation, BaselineRun } from '../domain/baseline.ts';
import { differences, loadDifferences } from '../domain/circumstances.ts';
import type { Sample, Stratum } from '../domain/measurement.ts';
import { METRICS, type MetricId } from '../domain/metric.ts';
import type { ImplementationResult, MeasurementTags, RunMetadata, ServiceTypeResults } from '../domain/run.ts';
import { groupKey } from './groups.ts';

const KEPT_RUNS = 10;
/** Strata are never pooled, and this one every suite has. */
const STORED_STRATUM: Stratum = 'fresh-revision';

export interface UpdateOptions {
  /** What regressed becomes the baseline too; else it keeps what it had, so that the regression stays visible. */
  readonly acceptRegressions?: boolean;
}

/**
 * The baseline with one more run, as `mergeBaselines`. Implementations that failed their contract, were not measured,
 * were carried over or regressed keep what they had.
 */
export function updateBaseline(
  previous: Baseline | undefined,
  results: ServiceTypeResults,
  metadata: RunMetadata,
  { acceptRegressions = false }: UpdateOptions = {},
): Baseline {
  const regressed = new Set(acceptRegressions ? [] : regressions(results));
  const added = results.implementations
    .filter(({ name }) => !regressed.has(name))
    .map((result) => measuredRun(result, metadata))
    .filter((entry) => entry !== undefined);
  return mergeBaselines(previous, {
    format: 'baseline/1',
    updatedAt: metadata.finishedAt ?? metadata.startedAt,
    serviceTypes: { [groupKey(results)]: added },
  });
}

/**
 * Both baselines as one. Of each implementation the last 10 runs are kept, newest first; a run that both have is taken from
 * `added`. Merging the same runs in any order gives the same, so that nothing is lost between those who store one at a time.
 */
export function mergeBaselines(previous: Baseline | undefined, added: Baseline): Baseline {
  const known = previous ?? { ...added, serviceTypes: {} };
  const keys = new Set([...Object.keys(known.serviceTypes), ...Object.keys(added.serviceTypes)]);
  const merged = [...keys].map((key) => [key, mergeEntries(entriesOf(known, key), entriesOf(added, key))]);
  return {
    format: 'baseline/1',
    updatedAt: Date.parse(added.updatedAt) >= Date.parse(known.updatedAt) ? added.updatedAt : known.updatedAt,
    serviceTypes: Object.fromEntries(merged),
  };
}

/**
 * The baseline without the runs that were measured elsewhere or as something else than the newest one of their
 * implementation: their numbers cannot be compared with each other.
 */
export function comparableRuns(baseline: Baseline): Baseline {
  const serviceTypes = Object.entries(baseline.serviceTypes).map(([key, entries]) => [
    key,
    entries.map((entry) => ({
      ...entry,
      runs: entry.runs.filter(({ tags = entry.tags }) => isSame(entry.tags, tags)),
    })),
  ]);
  return { ...baseline, serviceTypes: Object.fromEntries(serviceTypes) };
}

// A key may be any text that fits the schema, also one that every object has.
function entriesOf({ serviceTypes }: Baseline, key: string): readonly BaselineImplementation[] {
  return Object.hasOwn(serviceTypes, key) ? (serviceTypes[key] ?? []) : [];
}

function mergeEntries(
  previous: readonly BaselineImplementation[],
  added: readonly BaselineImplementation[],
): readonly BaselineImplementation[] {
  const known = new Map(previous.map((entry) => [entry.name, entry]));
  for (const entry of added) known.set(entry.name, mergeEntry(known.get(entry.name), entry));
  return [...known.values()].sort((a, b) => compareTexts(a.name, b.name));
}

function mergeEntry(
  previous: BaselineImplementation | undefined,
  added: BaselineImplementation,
): BaselineImplementation {
  const fresh = new Set(added.runs.map(({ runId }) => runId));
  const others = (previous?.runs ?? []).filter(({ runId }) => !fresh.has(runId));
  // Every run keeps its own tags before the entry gets those of another.
  const runs = [...withTags(added, added.runs), ...(previous === undefined ? [] : withTags(previous, others))]
    .toSorted(newestFirst)
    .slice(0, KEPT_RUNS);
  const newest = previous !== undefined && others.some(({ runId }) => runId === runs[0]?.runId) ? previous : added;
  return { name: added.name, artifact: newest.artifact, tags: newest.tags, runs };
}

const withTags = ({ tags }: BaselineImplementation, runs: readonly BaselineRun[]): readonly BaselineRun[] =>
  runs.map((run) => ({ ...run, tags: run.tags ?? tags }));

const newestFirst = (a: BaselineRun, b: BaselineRun) =>
  Date.parse(b.date) - Date.parse(a.date) || compareTexts(b.runId, a.runId);

/** Names of the implementations that the run's own comparison calls regressions. */
export function regressions({ comparison }: ServiceTypeResults): readonly string[] {
  const judged = comparison?.implementations ?? [];
  return judged.filter(({ verdict }) => verdict === 'regression').map(({ implementation }) => implementation);
}

function measuredRun(result: ImplementationResult, metadata: RunMetadata): BaselineImplementation | undefined {
  const head = result.sides.find((side) => side.side === 'head');
  if (head === undefined || result.measurement === undefined) return undefined;
  if (result.state === 'contract failed' || result.state === 'not measured' || result.state === 'carried')
    return undefined;
  const values = headValues(result.measurement.samples);
  if (Object.keys(values).length === 0) return undefined;
  const { commit } = result.tags;
  return {
    name: result.name,
    artifact: head.artifact,
    tags: result.tags,
    runs: [
      {
        runId: metadata.runId,
        date: metadata.startedAt,
        ...(commit !== undefined && { commit }),
        digest: head.artifact.digest,
        tags: result.tags,
        summaries: head.summaries,
        values,
      },
    ],
  };
}

function headValues(samples: readonly Sample[]): BaselineRun['values'] {
  const head = samples.filter(({ side, stratum }) => side === 'head' && stratum === STORED_STRATUM);
  const values: Partial<Record<MetricId, readonly number[]>> = {};
  for (const metric of METRICS) {
    const selected = head.map((sample) => metric.select(sample)).filter((value) => value !== undefined);
    if (selected.length > 0) values[metric.id] = selected;
  }
  return values;
}

const isSame = (newest: MeasurementTags, tags: MeasurementTags) =>
  [...differences(newest, tags), ...loadDifferences(newest, tags)].length === 0;

const compareTexts = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
