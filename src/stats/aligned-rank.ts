import type { Side } from '../domain/deployment.ts';
import { normalTwoSidedP } from './distributions.ts';
import { midranks } from './order.ts';

/** One number of one fresh instance. */
export interface Observation {
  readonly side: Side;
  readonly round: number;
  /** On the scale of the test: the logarithm of a measured value. */
  readonly value: number;
}

export interface RankTest {
  /** Sum of head's ranks among all aligned values, with its mean and variance when the sides are exchangeable. */
  readonly rankSum: number;
  readonly expected: number;
  readonly variance: number;
  /** Positive when head's values are larger; 0 when nothing varies. */
  readonly z: number;
  readonly p: number;
}

function groupByRound(observations: readonly Observation[]): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  observations.forEach(({ round }, index) => {
    const group = groups.get(round);
    if (group === undefined) groups.set(round, [index]);
    else group.push(index);
  });
  return groups;
}

/** Values less their round's mean: what two sides of one round share (a slow minute, a busy host) is gone. */
export function align(observations: readonly Observation[]): number[] {
  const aligned = observations.map(({ value }) => value);
  for (const members of groupByRound(observations).values()) {
    const mean = members.reduce((sum, index) => sum + (aligned[index] ?? 0), 0) / members.length;
    for (const index of members) aligned[index] = (aligned[index] ?? 0) - mean;
  }
  return aligned;
}

/**
 * Hodges and Lehmann's aligned rank-sum test. Sides are exchangeable inside a round only, so mean and variance are
 * those of drawing head's ranks from the ranks of its own round; ties are right without a correction.
 */
export function alignedRankTest(observations: readonly Observation[]): RankTest {
  const ranks = midranks(align(observations));
  let rankSum = 0;
  let expected = 0;
  let variance = 0;
  for (const members of groupByRound(observations).values()) {
    const size = members.length;
    const heads = members.filter((index) => observations[index]?.side === 'head');
    const mean = members.reduce((sum, index) => sum + (ranks[index] ?? 0), 0) / size;
    const squares = members.reduce((sum, index) => sum + ((ranks[index] ?? 0) - mean) ** 2, 0);
    rankSum += heads.reduce((sum, index) => sum + (ranks[index] ?? 0), 0);
    expected += heads.length * mean;
    if (size > 1) variance += (heads.length * (size - heads.length) * squares) / (size * (size - 1));
  }
  const z = variance > 0 ? (rankSum - expected) / Math.sqrt(variance) : 0;
  return { rankSum, expected, variance, z, p: z === 0 ? 1 : normalTwoSidedP(z) };
}
