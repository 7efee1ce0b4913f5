import { METRICS } from '../domain/metric.ts';
import type { ImplementationResult } from '../domain/run.ts';
import { medianInterval } from '../stats/median-interval.ts';

const COLD = METRICS.find((metric) => metric.id === 'cold-ttfb');
const CONFIDENCE = 0.95;

function coldInterval(result: ImplementationResult) {
  const values = (result.measurement?.samples ?? [])
    .filter((sample) => sample.side === 'head')
    .map((sample) => COLD?.select(sample))
    .filter((value) => value !== undefined);
  const interval = medianInterval(values, CONFIDENCE);
  return interval === undefined ? undefined : { name: result.name, ...interval };
}

/**
 * Ranks by cold start of the head side, from 1: one more than the number of those that are surely faster, whose whole
 * interval lies below. What cannot be told apart shares a rank.
 */
export function ranks(implementations: readonly ImplementationResult[]): ReadonlyMap<string, number> {
  const measured = implementations
    .filter((result) => result.state !== 'contract failed' && result.state !== 'not measured')
    .map(coldInterval)
    .filter((interval) => interval !== undefined);
  return new Map(measured.map(({ name, low }) => [name, 1 + measured.filter((other) => other.high < low).length]));
}
