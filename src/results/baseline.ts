import type { Baseline, BaselineImplementation, BaselineRun } from '../domain/baseline.ts';
import type { Sample } from '../domain/measurement.ts';
import { METRICS, type MetricId } from '../domain/metric.ts';
import type { ImplementationResult, MeasurementTags, RunMetadata, ServiceTypeResults } from '../domain/run.ts';
import { groupKey } from './groups.ts';

const KEPT_RUNS = 10;

export interface UpdateOptions {
  /** What regressed becomes the baseline too; else it keeps what it had, so that the regression stays visible. */
  readonly acceptRegressions?: boolean;
}

/**
 * The baseline with one more run. Of each implementation the head side of the last 10 runs is kept, newest first; the
 * same run again replaces itself. Implementations that failed their contract, were not measured, were carried over or
 * regressed keep what they had.
 */
export function updateBaseline(
  previous: Baseline | undefined,
  results: ServiceTypeResults,
  metadata: RunMetadata,
  { acceptRegressions = false }: UpdateOptions = {},
): Baseline {
  const key = groupKey(results);
  const known = new Map((previous?.serviceTypes[key] ?? []).map((entry) => [entry.name, entry]));
  const regressed = new Set(acceptRegressions ? [] : regressions(results));
  for (const result of results.implementations) {
    const measured = regressed.has(result.name) ? undefined : measuredRun(result, metadata);
    if (measured !== undefined) known.set(result.name, extend(known.get(result.name), measured));
  }
  const entries = [...known.values()].sort((a, b) => compareTexts(a.name, b.name));
  return {
    format: 'baseline/1',
    updatedAt: metadata.finishedAt ?? metadata.startedAt,
    serviceTypes: { ...previous?.serviceTypes, [key]: entries },
  };
}

/** Names of the implementations that the run's own comparison calls regressions. */
export function regressions({ comparison }: ServiceTypeResults): readonly string[] {
  const judged = comparison?.implementations ?? [];
  return judged.filter(({ verdict }) => verdict === 'regression').map(({ implementation }) => implementation);
}

type OneRun = Omit<BaselineImplementation, 'runs'> & { readonly run: BaselineRun };

function measuredRun(result: ImplementationResult, metadata: RunMetadata): OneRun | undefined {
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
    run: {
      runId: metadata.runId,
      date: metadata.startedAt,
      ...(commit !== undefined && { commit }),
      digest: head.artifact.digest,
      summaries: head.summaries,
      values,
    },
  };
}

function headValues(samples: readonly Sample[]): BaselineRun['values'] {
  const head = samples.filter((sample) => sample.side === 'head');
  const values: Partial<Record<MetricId, readonly number[]>> = {};
  for (const metric of METRICS) {
    const selected = head.map((sample) => metric.select(sample)).filter((value) => value !== undefined);
    if (selected.length > 0) values[metric.id] = selected;
  }
  return values;
}

function extend(entry: BaselineImplementation | undefined, { run, ...latest }: OneRun): BaselineImplementation {
  // Numbers of another environment cannot be compared with the new ones: the history starts again.
  const comparable = entry !== undefined && environment(entry.tags) === environment(latest.tags) ? entry : undefined;
  const others = (comparable?.runs ?? []).filter((other) => other.runId !== run.runId);
  const runs = [run, ...others].sort((a, b) => compareTexts(b.date, a.date)).slice(0, KEPT_RUNS);
  const newest = comparable !== undefined && runs[0] !== run ? comparable : latest;
  return { name: latest.name, artifact: newest.artifact, tags: newest.tags, runs };
}

function environment({ profile, platform, runtime, region, driver }: MeasurementTags): string {
  const facts = Object.entries(profile).sort(([a], [b]) => compareTexts(a, b));
  return JSON.stringify([facts, platform, runtime, region, driver]);
}

const compareTexts = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
