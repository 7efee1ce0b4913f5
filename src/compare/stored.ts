import type { BaselineImplementation } from '../domain/baseline.ts';
import { METRICS } from '../domain/metric.ts';
import type { ImplementationResult } from '../domain/run.ts';
import { median } from '../stats/percentile.ts';
import type { VarianceEstimate } from '../stats/variance-prior.ts';
import { assemble, type ComparisonOutcome, stateOf, type TestedGroup, type TestedImplementation } from './assemble.ts';
import { incomparable, incomparableLoad } from './comparable.ts';
import type { KnownMetric, MetricTest } from './decide.ts';
import { plainPercent } from './format.ts';
import { type CompareOptions, LEAST_SAMPLES, MOST_DROPPED, minimumEffect } from './options.ts';
import { runToRunFloor } from './run-to-run.ts';
import { type StoredPair, storedTest, withinVariance } from './stored-test.ts';
import { isOfWarmBlock, numbers, type SideValues, STORED_STRATUM, sideValues } from './values.ts';

/** More old runs add little, and drift with the platform. */
const MOST_RUNS = 10;
const CONFIDENCES = [0.95, 0.9] as const;

interface Candidate {
  readonly result: ImplementationResult;
  readonly baseline: BaselineImplementation;
}

function headOf({ measurement }: ImplementationResult, metric: KnownMetric): SideValues {
  return measurement === undefined
    ? { values: [], missing: 0, taken: 0 }
    : sideValues(measurement, 'head', metric, STORED_STRATUM);
}

function pairOf({ result, baseline }: Candidate, metric: KnownMetric): StoredPair {
  const runs = baseline.runs
    .slice(0, MOST_RUNS)
    .map((run) => (run.values[metric.id] ?? []).filter((value) => value > 0))
    .filter((values) => values.length > 0);
  return { head: numbers(headOf(result, metric)), runs };
}

/** Why numbers of this metric must not be compared: cold starts do not depend on how warm load is made. */
function differenceOf({ baseline, result }: Candidate, metric: KnownMetric): string | undefined {
  const different = incomparable(baseline.tags, result.tags);
  if (different !== undefined) return different;
  const isWarm = isOfWarmBlock(metric, result.measurement?.samples ?? []);
  return isWarm ? incomparableLoad(baseline.tags, result.tags) : undefined;
}

function blockedBy(candidate: Candidate, metric: KnownMetric, pair: StoredPair): string | undefined {
  const different = differenceOf(candidate, metric);
  if (different !== undefined) return different;
  const lost = headOf(candidate.result, metric);
  const baseN = pair.runs.flat().length;
  if (Math.min(baseN, pair.head.length) < LEAST_SAMPLES) {
    const counts = `${baseN} stored and ${pair.head.length} fresh samples`;
    return `only ${counts}, at least ${LEAST_SAMPLES} of either are needed`;
  }
  return lost.taken > 0 && lost.missing / lost.taken > MOST_DROPPED
    ? `${lost.missing} of ${lost.taken} samples were dropped, more than ${plainPercent(MOST_DROPPED)}: what is left may be a selection`
    : undefined;
}

function testOf(
  candidate: Candidate,
  metric: KnownMetric,
  fleet: readonly VarianceEstimate[],
  options: CompareOptions,
): MetricTest | undefined {
  const { result } = candidate;
  const pair = pairOf(candidate, metric);
  const stored = pair.runs.flat();
  if (pair.head.length + stored.length === 0) return undefined;
  const usable = pair.head.length > 0 && pair.runs.length > 0;
  const floor = runToRunFloor(result.tags.platform, metric.id);
  const test = usable ? storedTest(pair, fleet, floor, CONFIDENCES) : undefined;
  const [wide, narrow] = test?.intervals ?? [];
  const blocked = blockedBy(candidate, metric, pair);
  return {
    metric,
    baseN: stored.length,
    headN: pair.head.length,
    minimumEffect: minimumEffect(metric, result.name, options),
    ...(stored.length > 0 && { baseMedian: median(stored) }),
    ...(pair.head.length > 0 && { headMedian: median(pair.head) }),
    ...(wide && { wide }),
    ...(narrow && { narrow }),
    ...(test && { p: test.p }),
    ...(blocked === undefined ? {} : { blocked }),
  };
}

/**
 * Compares this run with numbers of earlier runs. Runs differ though nothing changed, so these intervals are wide and
 * the outcome is for reading, not for gating. An implementation that the baseline lacks is `new`.
 */
export function compareStored(
  current: readonly ImplementationResult[],
  baseline: readonly BaselineImplementation[],
  options: CompareOptions = {},
): ComparisonOutcome {
  return assemble(testStored(current, baseline, options), options);
}

/** The tests of `compareStored`. */
export function testStored(
  current: readonly ImplementationResult[],
  baseline: readonly BaselineImplementation[],
  options: CompareOptions,
): TestedGroup {
  const find = (name: string) => baseline.find((one) => one.name === name && one.runs.length > 0);
  const candidates = current.flatMap((result): Candidate[] => {
    const stored = find(result.name);
    return stored === undefined || stateOf(result) !== undefined ? [] : [{ result, baseline: stored }];
  });
  const fleets = new Map(
    METRICS.map((metric: KnownMetric) => {
      const variances = candidates
        .filter((one) => differenceOf(one, metric) === undefined)
        .map((one) => withinVariance(pairOf(one, metric)));
      return [metric.id, variances] as const;
    }),
  );
  const tested = current.map((result): TestedImplementation => {
    const state = stateOf(result);
    if (state !== undefined) return { ...state, tests: [] };
    const candidate = candidates.find((one) => one.result === result);
    const { name } = result;
    if (candidate === undefined) return { name, state: 'new', reason: 'the baseline does not have it', tests: [] };
    const tests = METRICS.flatMap(
      (metric: KnownMetric) => testOf(candidate, metric, fleets.get(metric.id) ?? [], options) ?? [],
    );
    return { name, tests };
  });
  const reason = 'against stored numbers of earlier runs, which differ from run to run: report only, wide intervals';
  return { mode: 'stored', modeReason: reason, tested };
}
