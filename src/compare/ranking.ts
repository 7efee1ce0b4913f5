import { METRICS, type MetricId } from '../domain/metric.ts';
import type { ImplementationResult } from '../domain/run.ts';
import { normalQuantile } from '../stats/distributions.ts';
import { median, sorted } from '../stats/percentile.ts';
import { stateOf } from './assemble.ts';
import { mainStratum, numbers, sideValues } from './values.ts';

export interface RankedImplementation {
  readonly implementation: string;
  /** From 1; those that cannot be told apart from the best of their group share it. */
  readonly rank: number;
  readonly tied: boolean;
  readonly n: number;
  readonly median: number;
  /** 95 % interval of the median, from order statistics; the full range where the samples are too few. */
  readonly low: number;
  readonly high: number;
}

/** Order-statistic interval of a median: no assumption about the shape of the distribution. */
export function medianInterval(values: readonly number[], confidence: number): { low: number; high: number } {
  const ascending = sorted(values);
  const n = ascending.length;
  const outside = Math.floor(n / 2 - (normalQuantile((1 + confidence) / 2) * Math.sqrt(n)) / 2);
  const from = Math.max(0, outside - 1);
  return { low: ascending[from] ?? Number.NaN, high: ascending[n - 1 - from] ?? Number.NaN };
}

/**
 * Head sides by the median of a metric, best first. An implementation's rank is one more than the number of those
 * whose whole interval is better than its whole interval: overlapping ones tie. Those that failed their contract or
 * were not measured are not in the list.
 */
export function rankImplementations(
  results: readonly ImplementationResult[],
  metricId: MetricId,
): readonly RankedImplementation[] {
  const metric = METRICS.find(({ id }) => id === metricId);
  if (metric === undefined) return [];
  const sign = metric.better === 'lower' ? 1 : -1;
  const entries = results.flatMap((result) => {
    const state = stateOf(result)?.state;
    if (result.measurement === undefined || state === 'contract failed' || state === 'not measured') return [];
    const stratum = mainStratum(result.measurement.samples);
    const values = numbers(sideValues(result.measurement, 'head', metric, stratum));
    if (values.length === 0) return [];
    return [{ implementation: result.name, n: values.length, median: median(values), ...medianInterval(values, 0.95) }];
  });
  const beats = (a: (typeof entries)[number], b: (typeof entries)[number]) =>
    sign === 1 ? a.high < b.low : a.low > b.high;
  const ranked = entries.map((entry) => ({
    ...entry,
    rank: 1 + entries.filter((other) => beats(other, entry)).length,
  }));
  return ranked
    .map((entry) => ({ ...entry, tied: ranked.filter(({ rank }) => rank === entry.rank).length > 1 }))
    .sort((a, b) => a.rank - b.rank || sign * (a.median - b.median) || (a.implementation < b.implementation ? -1 : 1));
}
