import { normalQuantile } from './distributions.ts';
import { sorted } from './percentile.ts';

/**
 * Order-statistic interval of a median: no assumption about the shape of the distribution. The whole range where the
 * values are too few for the confidence; undefined of none.
 */
export function medianInterval(
  values: readonly number[],
  confidence: number,
): { readonly low: number; readonly high: number } | undefined {
  const ascending = sorted(values);
  const n = ascending.length;
  const outside = Math.floor(n / 2 - (normalQuantile((1 + confidence) / 2) * Math.sqrt(n)) / 2);
  const from = Math.max(0, outside - 1);
  const [low, high] = [ascending[from], ascending[n - 1 - from]];
  return low === undefined || high === undefined ? undefined : { low, high };
}
