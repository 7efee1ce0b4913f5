/** The R-7 quantile of values that are in ascending order already; see `percentile`. */
export function quantileSorted(ascending: ArrayLike<number>, q: number): number {
  if (ascending.length === 0) throw new RangeError('a quantile of no values does not exist');
  if (!(q >= 0 && q <= 1)) throw new RangeError(`quantile ${q} is outside 0..1`);
  const position = q * (ascending.length - 1);
  const below = Math.floor(position);
  const low = ascending[below] ?? Number.NaN;
  const high = ascending[Math.min(below + 1, ascending.length - 1)] ?? Number.NaN;
  return low + (high - low) * (position - below);
}

/** Ranks from 1; equal values share the mean of their ranks. */
export function midranks(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const ranks = new Array<number>(values.length).fill(0);
  for (let start = 0; start < order.length; ) {
    const value = values[order[start] ?? 0];
    let end = start + 1;
    while (end < order.length && values[order[end] ?? 0] === value) end += 1;
    for (let index = start; index < end; index += 1) ranks[order[index] ?? 0] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}
