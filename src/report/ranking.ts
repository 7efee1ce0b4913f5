import { METRICS } from '../domain/metric.ts';
import type { ImplementationResult } from '../domain/run.ts';
import { normalQuantile } from '../stats/distributions.ts';
import { sorted } from '../stats/percentile.ts';

interface Interval {
  readonly name: string;
  readonly low: number;
  readonly high: number;
}

const COLD = METRICS.find((metric) => metric.id === 'cold-ttfb');

/** Order-statistic 95 % interval of the median; the whole range where the samples are too few. */
function medianInterval(result: ImplementationResult): Interval | undefined {
  const values = sorted(
    (result.measurement?.samples ?? [])
      .filter((sample) => sample.side === 'head')
      .map((sample) => COLD?.select(sample))
      .filter((value) => value !== undefined),
  );
  const n = values.length;
  const outside = Math.floor(n / 2 - (normalQuantile(0.975) * Math.sqrt(n)) / 2);
  const from = Math.max(0, outside - 1);
  const [low, high] = [values[from], values[n - 1 - from]];
  return low === undefined || high === undefined ? undefined : { name: result.name, low, high };
}

/**
 * Ranks by cold start of the head side, from 1: one more than the number of those that are surely faster, whose whole
 * interval lies below. What cannot be told apart shares a rank.
 */
export function ranks(implementations: readonly ImplementationResult[]): ReadonlyMap<string, number> {
  const measured = implementations
    .filter((result) => result.state !== 'contract failed' && result.state !== 'not measured')
    .map(medianInterval)
    .filter((interval) => interval !== undefined);
  return new Map(measured.map(({ name, low }) => [name, 1 + measured.filter((other) => other.high < low).length]));
}
