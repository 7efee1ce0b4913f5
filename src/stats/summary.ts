import { mean, sampleStandardDeviation, sampleVariance as varianceOf } from 'simple-statistics';
import type { Summary } from '../domain/measurement.ts';
import { quantileSorted } from './order.ts';
import { sorted } from './percentile.ts';

/** Percentiles by R-7, standard deviation of the sample (n - 1; 0 for one value). Throws RangeError without values. */
export function summarize(values: readonly number[]): Summary {
  const ascending = sorted(values);
  return {
    n: ascending.length,
    p50: quantileSorted(ascending, 0.5),
    p90: quantileSorted(ascending, 0.9),
    p99: quantileSorted(ascending, 0.99),
    mean: mean(ascending),
    stddev: ascending.length < 2 ? 0 : sampleStandardDeviation(ascending),
    min: quantileSorted(ascending, 0),
    max: quantileSorted(ascending, 1),
  };
}

/** Variance with n - 1 in the denominator. Throws without at least two values. */
export function sampleVariance(values: readonly number[]): number {
  return varianceOf([...values]);
}
