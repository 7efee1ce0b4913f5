import { align, alignedRankTest, type Observation } from './aligned-rank.ts';
import { normalQuantile } from './distributions.ts';
import { blockShift } from './moderated-t.ts';
import { quantileSorted } from './order.ts';

/** Head less base on the scale of the observations. Bounds are infinite where the samples are too few for the confidence. */
export interface ShiftInterval {
  readonly shift: number;
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
}

// Rounds of unequal sides put a part of the shift into the round's mean. Passes start from the shift of least squares,
// which is free of that, and realign without the shift found so far.
const PASSES = 2;

function moved(observations: readonly Observation[], shift: number): Observation[] {
  return observations.map((one) => (one.side === 'head' ? { ...one, value: one.value - shift } : one));
}

function differences(observations: readonly Observation[], shift: number): Float64Array {
  const aligned = align(moved(observations, shift));
  const head = aligned.filter((_, index) => observations[index]?.side === 'head');
  const base = aligned.filter((_, index) => observations[index]?.side === 'base');
  const all = new Float64Array(head.length * base.length);
  head.forEach((one, row) => {
    base.forEach((other, column) => {
      all[row * base.length + column] = one - other + shift;
    });
  });
  return all.sort();
}

/**
 * Hodges-Lehmann estimate: the median of all differences of aligned values. The intervals are the shifts that the
 * aligned rank test would not reject, read off the ordered differences, with the variance taken after removing the
 * shift. Needs one observation of either side; throws RangeError otherwise.
 */
export function hodgesLehmann(observations: readonly Observation[], confidences: readonly number[]): ShiftInterval[] {
  let shift = blockShift(observations)?.shift ?? 0;
  for (let pass = 0; pass < PASSES; pass += 1) shift = quantileSorted(differences(observations, shift), 0.5);
  const ordered = differences(observations, shift);
  const centred = alignedRankTest(moved(observations, shift));
  const heads = observations.filter(({ side }) => side === 'head').length;
  // Pairs in which head is not larger, were the sides alike: the rank sum in Mann and Whitney's form.
  const expected = ordered.length - (centred.expected - (heads * (heads + 1)) / 2);
  return confidences.map((confidence) => {
    const spread = normalQuantile((1 + confidence) / 2) * Math.sqrt(centred.variance);
    const low = Math.ceil(expected - spread) - 1;
    const high = Math.floor(expected + spread);
    return {
      shift,
      low: Math.min(shift, low < 0 ? Number.NEGATIVE_INFINITY : (ordered[low] ?? shift)),
      high: Math.max(shift, high >= ordered.length ? Number.POSITIVE_INFINITY : (ordered[high] ?? shift)),
      confidence,
    };
  });
}
