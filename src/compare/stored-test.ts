import { type TTest, tTest } from '../stats/moderated-t.ts';
import { median } from '../stats/percentile.ts';
import { sampleVariance } from '../stats/summary.ts';
import { moderate, type VarianceEstimate, variancePrior } from '../stats/variance-prior.ts';
import { logs } from './values.ts';

/** One metric of one implementation: this run's values and those of earlier runs, at least one of them. */
export interface StoredPair {
  readonly head: readonly number[];
  readonly runs: readonly (readonly number[])[];
}

// The median of normal values varies by this much more than their mean.
const MEDIAN_VARIANCE = Math.PI / 2;
/** Fewer runs say nothing about how runs differ. */
const RUNS_TO_LEARN = 3;

/** Variance of one sample inside its run, pooled over this run and the stored ones. */
export function withinVariance({ head, runs }: StoredPair): VarianceEstimate {
  const groups = [head, ...runs].filter((values) => values.length > 1).map(logs);
  const degreesOfFreedom = groups.reduce((sum, values) => sum + values.length - 1, 0);
  const squares = groups.reduce((sum, values) => sum + sampleVariance(values) * (values.length - 1), 0);
  return { degreesOfFreedom, variance: degreesOfFreedom === 0 ? 0 : squares / degreesOfFreedom };
}

function betweenVariance(medians: readonly number[], withinOfMedians: number, floor: number): VarianceEstimate {
  const least = { variance: floor ** 2, degreesOfFreedom: Number.POSITIVE_INFINITY };
  if (medians.length < RUNS_TO_LEARN) return least;
  const learned = sampleVariance(medians) - withinOfMedians;
  return learned > least.variance ? { variance: learned, degreesOfFreedom: medians.length - 1 } : least;
}

/**
 * Moderated t on log medians. Its standard error holds what samples vary inside a run (shrunk towards the fleet) and
 * what runs vary among each other (learned from three runs on, never under the floor), for this run as well.
 */
export function storedTest(
  pair: StoredPair,
  fleet: readonly VarianceEstimate[],
  runToRunFloor: number,
  confidences: readonly number[],
): TTest {
  const count = pair.runs.length;
  const medians = pair.runs.map((values) => median(logs(values)));
  const within = moderate(withinVariance(pair), variancePrior(fleet), fleet);
  const perRun = pair.runs.map((values) => MEDIAN_VARIANCE / values.length);
  const meanPerRun = perRun.reduce((sum, one) => sum + one, 0) / count;
  const between = betweenVariance(medians, within.variance * meanPerRun, runToRunFloor);
  const fromSamples = within.variance * (MEDIAN_VARIANCE / pair.head.length + meanPerRun / count);
  const fromRuns = between.variance * (1 + 1 / count);
  const variance = fromSamples + fromRuns;
  // Satterthwaite: how well a sum of two estimated variances is known.
  const doubt = fromSamples ** 2 / within.degreesOfFreedom + fromRuns ** 2 / between.degreesOfFreedom;
  const degreesOfFreedom = doubt > 0 ? variance ** 2 / doubt : Number.POSITIVE_INFINITY;
  const base = medians.reduce((sum, one) => sum + one, 0) / count;
  return tTest(median(logs(pair.head)) - base, Math.sqrt(variance), degreesOfFreedom, confidences);
}
