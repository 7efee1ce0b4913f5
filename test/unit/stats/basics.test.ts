import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalTwoSidedP, tQuantile, tTwoSidedP } from '../../../src/stats/distributions.ts';
import { decodeHistogram, latencyHistogram } from '../../../src/stats/histogram.ts';
import { holm } from '../../../src/stats/holm.ts';
import { midranks } from '../../../src/stats/order.ts';
import { median, percentile } from '../../../src/stats/percentile.ts';
import { seededRandom, shuffled } from '../../../src/stats/random.ts';
import { sampleVariance, summarize } from '../../../src/stats/summary.ts';

function near(actual: number, expected: number, tolerance = 1e-9): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);
}

for (const [values, q, expected] of [
  [[1, 2, 3, 4], 0.5, 2.5],
  [[4, 1, 3, 2], 0.25, 1.75],
  [[1, 2, 3, 4], 0.9, 3.7],
  [[1, 2, 3, 4], 0, 1],
  [[1, 2, 3, 4], 1, 4],
  [[7], 0.99, 7],
] as const) {
  test(`R-7 quantile ${q} of ${values.join(' ')} is ${expected}`, () => near(percentile(values, q), expected));
}

test('a quantile of nothing, or outside 0..1, is an error', () => {
  assert.throws(() => median([]), RangeError);
  assert.throws(() => percentile([1], 1.1), RangeError);
  assert.throws(() => percentile([1], Number.NaN), RangeError);
});

test('a summary in the definitions of the documentation', () => {
  const values = [9, 2, 4, 4, 4, 5, 5, 7];
  const summary = summarize(values);
  assert.deepEqual(
    { ...summary, stddev: 0 },
    { n: 8, p50: 4.5, p90: 7.6, p99: 8.86, mean: 5, stddev: 0, min: 2, max: 9 },
  );
  near(summary.stddev, Math.sqrt(32 / 7));
  near(sampleVariance(values), 32 / 7);
  assert.deepEqual(values, [9, 2, 4, 4, 4, 5, 5, 7]);
  assert.equal(summarize([3]).stddev, 0);
});

test('equal values share their rank', () => {
  assert.deepEqual(midranks([10, 20, 20, 5]), [2, 3.5, 3.5, 1]);
  assert.deepEqual(midranks([]), []);
});

test("Holm's correction keeps order and never falls", () => {
  const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
  for (const [index, expected] of [0.03, 0.06, 0.06, 0.02].entries()) near(adjusted[index] ?? 0, expected);
  assert.deepEqual(holm([0.9, 0.8]), [1, 1]);
  assert.deepEqual(holm([]), []);
});

test('tail probabilities as in the tables', () => {
  near(normalTwoSidedP(1.959963984540054), 0.05, 1e-12);
  near(normalTwoSidedP(-6), 1.97317529e-9, 1e-15);
  near(tTwoSidedP(2.228138851986273, 10), 0.05, 1e-8);
  near(tQuantile(0.975, 10), 2.228138851986273, 1e-6);
  near(tTwoSidedP(1.959963984540054, Number.POSITIVE_INFINITY), 0.05, 1e-12);
});

test('a histogram keeps three digits, merges exactly and survives its text form', () => {
  const [left, right, both] = [latencyHistogram(), latencyHistogram(), latencyHistogram()];
  for (let step = 1; step <= 2000; step += 1) {
    const latencyMs = 0.05 * step ** 1.3;
    (step % 3 === 0 ? left : right).record(latencyMs);
    both.record(latencyMs);
  }
  for (const q of [0.5, 0.9, 0.99, 0.999]) {
    const exact = 0.05 * Math.ceil(2000 * q) ** 1.3;
    near(both.quantileMs(q) / exact, 1, 0.001);
  }
  left.merge(right);
  assert.equal(left.count, 2000);
  assert.equal(left.encode(), both.encode());
  const read = decodeHistogram(left.encode());
  assert.equal(read.count, 2000);
  assert.equal(read.quantileMs(0.99), both.quantileMs(0.99));
  assert.equal(read.encode(), left.encode());
});

test('an empty histogram takes over what is merged into it; nonsense is refused', () => {
  const [empty, full] = [latencyHistogram(), latencyHistogram()];
  assert.equal(empty.maxMs, 0);
  full.record(60_000);
  full.record(0);
  full.merge(empty);
  empty.merge(full);
  assert.equal(empty.encode(), full.encode());
  for (const wrong of [-1, Number.NaN, Number.POSITIVE_INFINITY]) assert.throws(() => full.record(wrong), RangeError);
});

test('a seed decides the order, and nothing is lost', () => {
  const values = Array.from({ length: 50 }, (_, index) => index);
  const first = shuffled(values, seededRandom(7));
  assert.deepEqual(first, shuffled(values, seededRandom(7)));
  assert.notDeepEqual(first, shuffled(values, seededRandom(8)));
  assert.notDeepEqual(first, values);
  assert.deepEqual(
    first.toSorted((a, b) => a - b),
    values,
  );
});

test('seeds that lie close together have nothing in common', () => {
  for (const draws of [1, 2]) {
    const last = Array.from({ length: 400 }, (_, seed) => {
      const random = seededRandom(seed);
      return Array.from({ length: draws }, () => random.uniform()).at(-1) ?? Number.NaN;
    });
    const { mean, stddev } = summarize(last);
    near(mean, 0.5, 0.05);
    near(stddev, Math.sqrt(1 / 12), 0.03);
    const steps = last.slice(1).map((value, index) => (value - mean) * ((last[index] ?? 0) - mean));
    near(summarize(steps).mean, 0, 0.015);
  }
  assert.equal(
    new Set(Array.from({ length: 400 }, (_, seed) => seededRandom(seed - 200).integer(0, 2 ** 31))).size,
    400,
  );
});

test('seeded normal values are normal', () => {
  const random = seededRandom(1);
  const values = Array.from({ length: 4000 }, () => random.normal());
  const summary = summarize(values);
  near(summary.mean, 0, 0.05);
  near(summary.stddev, 1, 0.05);
  near(percentile(values, 0.975), 1.96, 0.12);
});
