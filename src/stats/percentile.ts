import { quantileSorted } from './order.ts';

/** A copy in ascending order; the input stays as it is. */
export function sorted(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b);
}

/**
 * The `q` quantile (0..1) by definition R-7 of Hyndman and Fan: linear interpolation at position `q * (n - 1)` of the
 * ascending values, as numpy, R and spreadsheets have it by default. Throws RangeError without values or outside 0..1.
 */
export function percentile(values: readonly number[], q: number): number {
  return quantileSorted(sorted(values), q);
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}
