import type { BaselineImplementation, BaselineRun } from '../domain/baseline.ts';
import { METRICS, type MetricId } from '../domain/metric.ts';
import type { ImplementationResult } from '../domain/run.ts';
import { summarize } from '../stats/summary.ts';
import { assemble, type ComparisonOutcome, stateOf, type TestedGroup } from './assemble.ts';
import type { KnownMetric } from './decide.ts';
import type { CompareOptions } from './options.ts';
import { testStored } from './stored.ts';
import { numbers, STORED_STRATUM, sideValues } from './values.ts';

/** Names the run that numbers come from. */
export interface RunReference {
  readonly runId: string;
  /** RFC 3339. */
  readonly date: string;
  readonly commit?: string;
}

/**
 * What a later comparison needs of a run's head sides, one entry per implementation that passed its contract and was
 * measured; the others are left out.
 */
export function baselineOf(
  results: readonly ImplementationResult[],
  run: RunReference,
): readonly BaselineImplementation[] {
  return results.flatMap((result): BaselineImplementation[] => {
    const artifact = result.sides.find(({ side }) => side === 'head')?.artifact;
    const { measurement, name, tags } = result;
    if (stateOf(result) !== undefined || artifact === undefined || measurement === undefined) return [];
    const values: Partial<Record<MetricId, readonly number[]>> = {};
    const summaries: Partial<Record<MetricId, ReturnType<typeof summarize>>> = {};
    METRICS.forEach((metric: KnownMetric) => {
      const own = numbers(sideValues(measurement, 'head', metric, STORED_STRATUM));
      if (own.length === 0) return;
      values[metric.id] = own;
      summaries[metric.id] = summarize(own);
    });
    const entry: BaselineRun = { ...run, digest: artifact.digest, summaries, values };
    return [{ name, artifact, tags, runs: [entry] }];
  });
}

/** `compare --baseline A --current B` on two stored runs: A's numbers as a baseline of one run. */
export function compareRuns(
  current: readonly ImplementationResult[],
  baseline: { readonly results: readonly ImplementationResult[]; readonly run: RunReference },
  options: CompareOptions = {},
): ComparisonOutcome {
  return assemble(testRuns(current, baseline, options), options);
}

/** The tests of `compareRuns`. */
export function testRuns(
  current: readonly ImplementationResult[],
  baseline: { readonly results: readonly ImplementationResult[]; readonly run: RunReference },
  options: CompareOptions,
): TestedGroup {
  return testStored(current, baselineOf(baseline.results, baseline.run), options);
}
