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

const FRESH: Stratum = 'fresh-revision';

/** Only fresh revisions get warm blocks: a metric that is gone without the block is one of them. */
export function isOfWarmBlock(metric: Metric, samples: readonly Sample[]): boolean {
  return samples.some(({ warm, ...coldOnly }) => {
    if (warm === undefined) return false;
    return metric.select({ ...coldOnly, warm }) !== undefined && metric.select(coldOnly) === undefined;
  });
}

/**
 * The one stratum that a metric is judged by: what the measurement says for cold starts, fresh revisions for the others.
 * A stratum that was to be judged and gave nothing is not replaced by another: they are different quantities.
 */
export function gateStratum(measurement: Measurement, metric: Metric): Stratum {
  return isOfWarmBlock(metric, measurement.samples) ? FRESH : (measurement.gateStratum ?? FRESH);
}

/**
 * Values of one stratum, fit for logarithms only: a zero or a negative number is no measurement of any metric here.
 * Samples of other strata neither count nor are missing.
 */
export function sideValues(measurement: Measurement, side: Side, metric: Metric, stratum: Stratum): SideValues {
  const own = measurement.samples.filter((sample) => sample.side === side && sample.stratum === stratum);
  const dropped = measurement.dropped.filter(
    (sample) => sample.side === side && (sample.stratum ?? FRESH) === stratum,
  ).length;
  const values: RoundValue[] = [];
  for (const sample of own) {
    const value = metric.select(sample);
    if (value !== undefined && Number.isFinite(value) && value > 0) values.push({ round: sample.round, value });
  }
  return { values, missing: dropped + own.length - values.length, taken: dropped + own.length };
}

/** Stored runs are compared by fresh revisions: every suite has them, whatever it is judged by. */
export const STORED_STRATUM = FRESH;

export const numbers = (side: SideValues) => side.values.map(({ value }) => value);

export const logs = (values: readonly number[]) => values.map((value) => Math.log(value));
