import assert from 'node:assert/strict';
import { test } from 'node:test';
import { align, alignedRankTest, type Observation } from '../../../src/stats/aligned-rank.ts';
import { hodgesLehmann } from '../../../src/stats/hodges-lehmann.ts';
import { blockShift, moderatedT } from '../../../src/stats/moderated-t.ts';
import { seededRandom } from '../../../src/stats/random.ts';
import { digamma, moderate, trigamma, trigammaInverse, variancePrior } from '../../../src/stats/variance-prior.ts';

function near(actual: number | undefined, expected: number, tolerance = 1e-9): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);
}

function round(index: number, base: readonly number[], head: readonly number[]): Observation[] {
  return [
    ...base.map((value) => ({ side: 'base' as const, round: index, value })),
    ...head.map((value) => ({ side: 'head' as const, round: index, value })),
  ];
}

test('one round is the rank-sum test: three below three', () => {
  const result = alignedRankTest(round(0, [1, 2, 3], [4, 5, 6]));
  assert.equal(result.rankSum, 15);
  assert.equal(result.expected, 10.5);
  near(result.variance, 5.25);
  near(result.z, 4.5 / Math.sqrt(5.25));
  near(result.p, 0.0495346, 1e-6);
});

test('alignment removes what a round shares, and ties count as ties', () => {
  const shifted = [...round(0, [1, 2], [3, 4]), ...round(1, [101, 102], [103, 104])];
  assert.deepEqual(align(shifted), [-1.5, -0.5, 0.5, 1.5, -1.5, -0.5, 0.5, 1.5]);
  const result = alignedRankTest(shifted);
  assert.equal(result.rankSum, 26);
  assert.equal(result.expected, 18);
  near(result.variance, 40 / 3);
  near(result.z, 8 / Math.sqrt(40 / 3));
});

test('nothing varies: no evidence', () => {
  assert.deepEqual(alignedRankTest(round(0, [5, 5], [5, 5])), { rankSum: 5, expected: 5, variance: 0, z: 0, p: 1 });
});

test('the estimate is the median of all differences; its interval is read off them', () => {
  const [interval] = hodgesLehmann(round(0, [1, 2, 3], [4, 6, 8]), [0.8]);
  assert.equal(interval?.shift, 4);
  // V = 3 x 3 x 7 / 12 = 5.25, and a tie changes it little: 4.5 -+ 1.28 x 2.29 leaves the 2nd to the 8th of nine.
  assert.deepEqual([interval?.low, interval?.high], [2, 6]);
});

test('a constant added to head is added to the estimate, also in rounds of unequal sides', () => {
  const random = seededRandom(3);
  const draw = (count: number) => Array.from({ length: count }, () => random.normal());
  const [base, head] = [draw(11), draw(11)];
  const rounds = (shift: number) => {
    const moved = head.map((value) => value + shift);
    return [
      ...round(0, base.slice(0, 2), moved.slice(0, 8)),
      ...round(1, base.slice(2), moved.slice(8)).map((one) => ({ ...one, value: one.value + 40 })),
    ];
  };
  const [still] = hodgesLehmann(rounds(0), [0.95]);
  const [moved] = hodgesLehmann(rounds(10), [0.95]);
  for (const bound of ['shift', 'low', 'high'] as const) near((moved?.[bound] ?? 0) - (still?.[bound] ?? 0), 10);
});

test('too few for the confidence: the bounds are infinite, not invented', () => {
  const [interval] = hodgesLehmann(round(0, [1, 2], [3, 4]), [0.95]);
  assert.equal(interval?.low, Number.NEGATIVE_INFINITY);
  assert.equal(interval?.high, Number.POSITIVE_INFINITY);
});

type Noise = (random: ReturnType<typeof seededRandom>) => number;
const lognormal: Noise = (random) => 0.16 * random.normal();
const bimodal: Noise = (random) => 0.08 * random.normal() + (random.uniform() < 0.4 ? Math.log(3) : 0);

function trial(noise: Noise, shared: number, shift: number, random: ReturnType<typeof seededRandom>): Observation[] {
  return [0, 1].flatMap((index) => {
    const common = shared * random.normal();
    const draw = (more: number) => Array.from({ length: 10 }, () => common + more + noise(random));
    return round(index, draw(0), draw(shift));
  });
}

function rejections(noise: Noise, shared: number, shift: number, count: number): number {
  const random = seededRandom(11);
  let rejected = 0;
  for (let turn = 0; turn < count; turn += 1) {
    if (alignedRankTest(trial(noise, shared, shift, random)).p < 0.05) rejected += 1;
  }
  return rejected / count;
}

// 800 trials: two standard errors of 5 % are 1.5 points.
for (const { name, noise, shared } of [
  { name: 'lognormal', noise: lognormal, shared: 0 },
  { name: 'lognormal with slow rounds', noise: lognormal, shared: 0.3 },
  { name: 'two modes', noise: bimodal, shared: 0.05 },
]) {
  test(`false positives at .05 are about 5 % (${name})`, () => {
    const rate = rejections(noise, shared, 0, 800);
    assert.ok(rate >= 0.03 && rate <= 0.07, `${rate}`);
  });
}

test('power at +20 %: above 85 % though rounds differ by 30 %, about a third with two modes', () => {
  assert.ok(rejections(lognormal, 0.3, Math.log(1.2), 200) >= 0.85);
  const twoModes = rejections(bimodal, 0.05, Math.log(1.2), 200);
  assert.ok(twoModes > 0.2 && twoModes < 0.65, `${twoModes}`);
});

test('the 95 % interval covers the truth in 92 to 98 % of trials', () => {
  const random = seededRandom(5);
  let covered = 0;
  for (let turn = 0; turn < 400; turn += 1) {
    const [interval] = hodgesLehmann(trial(lognormal, 0.15, 0.3, random), [0.95]);
    if (interval !== undefined && interval.low <= 0.3 && interval.high >= 0.3) covered += 1;
  }
  assert.ok(covered >= 368 && covered <= 392, `${covered}`);
});

test("without a fleet the moderated t is Student's", () => {
  const own = blockShift(round(0, [1, 2, 3, 4, 5], [2, 3, 4, 5, 6]));
  assert.ok(own !== undefined);
  near(own.shift, 1);
  near(own.variance, 2.5);
  assert.equal(own.degreesOfFreedom, 8);
  const { p, intervals, standardError } = moderatedT(own, [own], [0.95]);
  near(standardError, 1);
  near(p, 0.346594, 1e-5);
  near(intervals[0]?.high, 1 + 2.306004, 1e-5);
});

test('rounds are blocks: a slow round is no variance, an unpaired one no shift', () => {
  const rounds = [...round(0, [1, 2], [3, 4]), ...round(1, [51, 52], [53, 54]), ...round(2, [], [900])];
  const own = blockShift(rounds);
  near(own?.shift, 2);
  near(own?.variance, 2 / 5);
  assert.equal(own?.degreesOfFreedom, 5);
  assert.equal(blockShift([...round(0, [1], []), ...round(1, [], [2])]), undefined);
});

test('a fleet lends its variance: a lucky small one grows, an unlucky large one shrinks', () => {
  const fleet = [0.8, 1, 1.2, 0.9, 1.1, 0.05, 9].map((variance) => ({ variance, degreesOfFreedom: 9 }));
  const prior = variancePrior(fleet);
  assert.ok(prior !== undefined && prior.variance > 0.3 && prior.variance < 1.5, JSON.stringify(prior));
  const [lucky, unlucky] = [fleet[5], fleet[6]].map((one) =>
    moderate(one ?? { variance: 0, degreesOfFreedom: 0 }, prior, fleet),
  );
  assert.ok((lucky?.variance ?? 0) > 0.05 && (unlucky?.variance ?? 9) < 9);
  assert.ok((lucky?.degreesOfFreedom ?? 0) > 9);
  assert.equal(variancePrior(fleet.slice(0, 2)), undefined);
});

test('variances that differ by chance only get a prior of all weight, bounded by what was measured', () => {
  const fleet = [1, 1, 1, 1].map((variance) => ({ variance, degreesOfFreedom: 10 }));
  const prior = variancePrior(fleet);
  assert.equal(prior?.degreesOfFreedom, Number.POSITIVE_INFINITY);
  const moderated = moderate({ variance: 4, degreesOfFreedom: 10 }, prior, fleet);
  assert.equal(moderated.degreesOfFreedom, 40);
});

test('digamma and trigamma at known points', () => {
  near(digamma(1), -0.5772156649015329, 1e-9);
  near(digamma(0.5), -0.5772156649015329 - 2 * Math.LN2, 1e-9);
  near(trigamma(1), Math.PI ** 2 / 6, 1e-9);
  near(trigamma(0.5), Math.PI ** 2 / 2, 1e-9);
  near(trigammaInverse(trigamma(3.3)), 3.3, 1e-9);
});
