import type { Observation } from './aligned-rank.ts';
import { tQuantile, tTwoSidedP } from './distributions.ts';
import type { ShiftInterval } from './hodges-lehmann.ts';
import { moderate, type VarianceEstimate, variancePrior } from './variance-prior.ts';

/** Head less base with rounds as blocks: the shift, its residual variance, and what 1 / variance weighs. */
export interface BlockShift extends VarianceEstimate {
  readonly shift: number;
  /** Standard error squared is `variance / weight`. */
  readonly weight: number;
}

export interface TTest {
  readonly p: number;
  readonly intervals: readonly ShiftInterval[];
  readonly standardError: number;
}

const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;

/** Least squares of `value = round + side`. Undefined when no round holds both sides. */
export function blockShift(observations: readonly Observation[]): BlockShift | undefined {
  const rounds = [...new Set(observations.map(({ round }) => round))].map((round) => {
    const own = observations.filter((one) => one.round === round);
    return {
      head: own.filter(({ side }) => side === 'head').map(({ value }) => value),
      base: own.filter(({ side }) => side === 'base').map(({ value }) => value),
    };
  });
  const both = rounds.filter(({ head, base }) => head.length > 0 && base.length > 0);
  if (both.length === 0) return undefined;
  const weights = both.map(({ head, base }) => (head.length * base.length) / (head.length + base.length));
  const weight = weights.reduce((sum, one) => sum + one, 0);
  const shift =
    both.reduce((sum, { head, base }, index) => sum + (weights[index] ?? 0) * (mean(head) - mean(base)), 0) / weight;
  let squares = 0;
  for (const { head, base } of rounds) {
    const own = [...head.map((one) => one - shift), ...base];
    const centre = mean(own);
    squares += own.reduce((sum, one) => sum + (one - centre) ** 2, 0);
  }
  const degreesOfFreedom = Math.max(0, observations.length - rounds.length - 1);
  return { shift, weight, degreesOfFreedom, variance: degreesOfFreedom === 0 ? 0 : squares / degreesOfFreedom };
}

/** A t-test of a shift with its standard error known to `degreesOfFreedom`. */
export function tTest(
  shift: number,
  standardError: number,
  degreesOfFreedom: number,
  confidences: readonly number[],
): TTest {
  const usable = standardError > 0 && degreesOfFreedom > 0;
  return {
    standardError,
    p: usable ? tTwoSidedP(shift / standardError, degreesOfFreedom) : 1,
    intervals: confidences.map((confidence) => {
      const half = usable
        ? tQuantile((1 + confidence) / 2, degreesOfFreedom) * standardError
        : Number.POSITIVE_INFINITY;
      return { shift, low: shift - half, high: shift + half, confidence };
    }),
  };
}

/** The moderated t-test of one shift; `fleet` holds the variances of the same metric over all implementations, its own included. */
export function moderatedT(own: BlockShift, fleet: readonly VarianceEstimate[], confidences: readonly number[]): TTest {
  const { variance, degreesOfFreedom } = moderate(own, variancePrior(fleet), fleet);
  return tTest(own.shift, Math.sqrt(variance / own.weight), degreesOfFreedom, confidences);
}
