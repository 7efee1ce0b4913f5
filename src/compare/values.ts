import type { Side } from '../domain/deployment.ts';
import type { Measurement, Sample, Stratum } from '../domain/measurement.ts';
import type { Metric } from '../domain/metric.ts';

export interface RoundValue {
  readonly round: number;
  readonly value: number;
}

/** One metric of one side, one number per fresh instance. */
export interface SideValues {
  readonly values: readonly RoundValue[];
  /** Samples that were lost or have no usable number, out of all that were taken. */
  readonly missing: number;
  readonly taken: number;
}

/** The stratum that most samples belong to: samples of different strata are never pooled. */
export function mainStratum(samples: readonly Sample[]): Stratum | undefined {
  const counts = new Map<Stratum, number>();
  for (const { stratum } of samples) counts.set(stratum, (counts.get(stratum) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

/** Values fit for logarithms only: a zero or a negative number is no measurement of any metric here. */
export function sideValues(measurement: Measurement, side: Side, metric: Metric, stratum?: Stratum): SideValues {
  const own = measurement.samples.filter((sample) => sample.side === side);
  const dropped = measurement.dropped.filter((sample) => sample.side === side).length;
  const values: RoundValue[] = [];
  for (const sample of own) {
    const value = sample.stratum === stratum ? metric.select(sample) : undefined;
    if (value !== undefined && Number.isFinite(value) && value > 0) values.push({ round: sample.round, value });
  }
  return { values, missing: dropped + own.length - values.length, taken: dropped + own.length };
}

export const numbers = (side: SideValues) => side.values.map(({ value }) => value);

export const logs = (values: readonly number[]) => values.map((value) => Math.log(value));
