import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareSideBySide } from '../../../src/compare/side-by-side.ts';
import { worstVerdict } from '../../../src/compare/worst.ts';
import type { Side } from '../../../src/domain/deployment.ts';
import type { MetricId } from '../../../src/domain/metric.ts';
import type { ImplementationResult } from '../../../src/domain/run.ts';
import { seededRandom } from '../../../src/stats/random.ts';
import { measurementOf, type Numbers, resultOf, roundsOf, warmBlock } from '../../helpers/measured-results.ts';

interface Change {
  readonly cold?: number;
  readonly p50?: number;
  readonly rps?: number;
}

function noisy(sigma: number, change: Change, seed: number, base: Numbers = { coldMs: 800, p50Ms: 20, rps: 400 }) {
  const random = seededRandom(seed);
  const draw = (value: number) => value * Math.exp(sigma * random.normal());
  return (side: Side): Numbers => {
    const factor = (value: number | undefined) => (side === 'head' ? (value ?? 1) : 1);
    return {
      coldMs: draw(base.coldMs * factor(change.cold)),
      p50Ms: draw(base.p50Ms * factor(change.p50)),
      rps: draw(base.rps * factor(change.rps)),
    };
  };
}

function compared(result: ImplementationResult, metric: MetricId) {
  const outcome = compareSideBySide([result]);
  const [implementation] = outcome.implementations;
  const row = implementation?.metrics.find((one) => one.metric === metric);
  assert.ok(implementation !== undefined && row !== undefined);
  return { outcome, implementation, row };
}

for (const { title, change, metric, verdict, ratio } of [
  { title: 'slower cold start', change: { cold: 1.5 }, metric: 'cold-ttfb', verdict: 'regression', ratio: 1.5 },
  { title: 'faster cold start', change: { cold: 0.6 }, metric: 'cold-ttfb', verdict: 'improvement', ratio: 0.6 },
  { title: 'fewer requests per second', change: { rps: 0.7 }, metric: 'warm-rps', verdict: 'regression', ratio: 0.7 },
  { title: 'more requests per second', change: { rps: 1.5 }, metric: 'warm-rps', verdict: 'improvement', ratio: 1.5 },
  { title: 'slower answers', change: { p50: 1.4 }, metric: 'warm-p50', verdict: 'regression', ratio: 1.4 },
  { title: 'nothing', change: {}, metric: 'warm-p50', verdict: 'no change', ratio: 1 },
] as const) {
  test(`${title}: ${verdict}`, () => {
    const { row, implementation, outcome } = compared(resultOf('one', roundsOf(2, 10, noisy(0.06, change, 5))), metric);
    assert.equal(row.verdict, verdict, row.reason);
    assert.equal(outcome.verdict, verdict);
    assert.equal(implementation.verdict, verdict);
    assert.ok(row.estimate !== undefined && row.estimate.low <= ratio && row.estimate.high >= ratio);
    assert.deepEqual([row.baseN, row.headN, row.estimate.confidence], [20, 20, 0.95]);
    // Holm over the three gate tests; metrics that do not gate are not among them.
    const [smallest] = implementation.metrics.filter(({ gate }) => gate).toSorted((a, b) => (a.p ?? 1) - (b.p ?? 1));
    assert.equal(smallest?.adjustedP, Math.min(1, 3 * (smallest?.p ?? 1)));
    assert.ok(row.adjustedP !== undefined && row.p !== undefined && row.adjustedP >= row.p);
  });
}

test('a significant change below the minimum effect is no change, and says so', () => {
  const { row } = compared(resultOf('one', roundsOf(2, 10, noisy(0.02, { cold: 1.07 }, 5))), 'cold-ttfb');
  assert.equal(row.verdict, 'no change');
  assert.match(row.reason ?? '', /^small shift \+[678](\.\d)? %$/);
});

test('noise that hides the minimum effect is inconclusive, with a size that would do', () => {
  const { row } = compared(resultOf('one', roundsOf(2, 10, noisy(0.5, {}, 6))), 'cold-ttfb');
  assert.equal(row.verdict, 'inconclusive');
  assert.match(row.reason ?? '', /^95 % interval -\d+ %\.\.\+\d+ % is wider than 15 %; about \d+ per side would do$/);
  assert.ok((row.detectable ?? 0) > 0.3);
});

test('the absolute floor: half a millisecond of one is not a regression', () => {
  const fast = { coldMs: 800, p50Ms: 1, rps: 400 };
  const { row } = compared(resultOf('one', roundsOf(2, 10, noisy(0.03, { p50: 1.3 }, 2, fast))), 'warm-p50');
  assert.equal(row.verdict, 'no change');
  assert.match(row.reason ?? '', /small shift \+\d+ %; changes below 0\.5 ms do not count, which is \d+ % here/);
});

test('minimum effects can be set per metric and per implementation', () => {
  const results = ['one', 'two'].map((name) => resultOf(name, roundsOf(2, 10, noisy(0.06, { cold: 1.3 }, 2))));
  const options = { minimumEffects: { 'cold-ttfb': 0.5 }, implementationEffects: { two: { 'cold-ttfb': 0.1 } } };
  const verdicts = compareSideBySide(results, options).implementations.map(({ metrics }) => metrics[0]?.verdict);
  assert.deepEqual(verdicts, ['no change', 'regression']);
});

for (const { count, verdict, reason } of [
  { count: 7, verdict: 'inconclusive', reason: /only 7 of base and 7 of head fresh instances, at least 8/ },
  { count: 8, verdict: 'regression', reason: /^$/ },
] as const) {
  test(`${count} samples a side: ${verdict}, and an interval`, () => {
    const { row } = compared(resultOf('one', roundsOf(1, count, noisy(0.05, { cold: 2 }, 2))), 'cold-ttfb');
    assert.equal(row.verdict, verdict);
    assert.match(row.reason ?? '', reason);
    assert.ok(row.estimate !== undefined);
  });
}

test('more than a quarter dropped on one side: inconclusive, however clear the rest is', () => {
  const samples = roundsOf(2, 10, noisy(0.05, { cold: 2 }, 2));
  const lost = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      side: 'head' as const,
      round: 0,
      tag: `x${index}`,
      reason: 'warm',
    }));
  const dropped = (count: number) => resultOf('one', samples, { measurement: measurementOf(samples, lost(count)) });
  assert.equal(compared(dropped(6), 'cold-ttfb').row.verdict, 'regression');
  const { row } = compared(dropped(7), 'cold-ttfb');
  assert.equal(row.verdict, 'inconclusive');
  assert.match(row.reason ?? '', /7 of 27 samples of head were dropped, more than 25 %/);
  assert.equal(row.adjustedP, undefined);
});

test('void blocks and other strata are never counted', () => {
  const samples = roundsOf(2, 10, noisy(0.05, {}, 2)).map((sample, index) => {
    const absurd = { coldMs: 1, p50Ms: 900, rps: 1 };
    if (index === 1) return { ...sample, warm: warmBlock(absurd, { void: 'instance changed' }) };
    if (index === 3) return { ...sample, stratum: 'after-idle' as const, cold: { ...sample.cold, ttfbMs: 1 } };
    return sample;
  });
  const { row: cold } = compared(resultOf('one', samples), 'cold-ttfb');
  const { row: warm } = compared(resultOf('one', samples), 'warm-p50');
  assert.deepEqual([cold.baseN, cold.headN, warm.baseN, warm.headN], [20, 19, 20, 18]);
  assert.equal(cold.verdict, 'no change');
});

test('metrics that do not gate have an interval and no say', () => {
  const { row, outcome } = compared(resultOf('one', roundsOf(2, 10, noisy(0.02, { p50: 1.01 }, 2))), 'warm-p99');
  assert.equal(row.gate, false);
  assert.equal(row.verdict, 'inconclusive');
  assert.match(row.reason ?? '', /not gated/);
  assert.ok(row.estimate !== undefined && row.adjustedP === undefined);
  assert.equal(outcome.verdict, 'no change');
});

test('states in place of verdicts', () => {
  const samples = roundsOf(2, 10, noisy(0.05, {}, 2));
  const conformance = {
    serviceType: 'discord-webhook',
    contractVersion: '1.0.0',
    vectors: [],
    passed: 1,
    failed: 2,
    skipped: 0,
    notChecked: 0,
    missingFeatures: [],
    durationMs: 1,
  };
  const headOnly = samples.filter(({ side }) => side === 'head');
  const { measurement: _, ...unmeasured } = resultOf('lost', samples);
  const outcome = compareSideBySide([
    resultOf('broken', samples, { conformance }),
    unmeasured,
    resultOf('fresh', headOnly),
    resultOf('old', samples, { state: 'carried', reason: 'unchanged' }),
  ]);
  assert.deepEqual(
    outcome.implementations.map(({ implementation, state, verdict }) => [implementation, state, verdict]),
    [
      ['broken', 'contract failed', undefined],
      ['lost', 'not measured', undefined],
      ['fresh', 'new', undefined],
      ['old', 'carried', undefined],
    ],
  );
  assert.equal(outcome.verdict, 'none');
});

test('a process against a container is not comparable', () => {
  const result = resultOf('one', roundsOf(2, 10, noisy(0.05, { cold: 2 }, 2)));
  const sides = result.sides.map((side) =>
    side.side === 'base' ? { ...side, artifact: { ...side.artifact, kind: 'process' as const } } : side,
  );
  const { row } = compared({ ...result, sides }, 'cold-ttfb');
  assert.equal(row.verdict, 'inconclusive');
  assert.match(row.reason ?? '', /not comparable: process against container/);
});

test('wrong answers under load are told, though p50 hides them', () => {
  const samples = roundsOf(2, 10, noisy(0.05, {}, 2)).map((sample) =>
    sample.side === 'head' && sample.warm !== undefined
      ? { ...sample, warm: { ...sample.warm, errors: { 'status 500': 1 } } }
      : sample,
  );
  const { implementation } = compared(resultOf('one', samples), 'warm-p50');
  assert.match(implementation.reason ?? '', /head gave 20 wrong or missing answers under load, base 0/);
});

test('the same input gives the same bytes', () => {
  const results = () => ['a', 'b', 'c'].map((name, index) => resultOf(name, roundsOf(2, 10, noisy(0.2, {}, index))));
  assert.equal(JSON.stringify(compareSideBySide(results())), JSON.stringify(compareSideBySide(results())));
});

test('the worst verdict: an open question goes before a success', () => {
  assert.equal(worstVerdict(['no change', 'improvement']), 'improvement');
  assert.equal(worstVerdict(['improvement', 'inconclusive']), 'inconclusive');
  assert.equal(worstVerdict(['inconclusive', 'regression', 'no change']), 'regression');
  assert.equal(worstVerdict([]), undefined);
});

test('a stratum that is judged and gave nothing is not replaced by another', () => {
  const samples = roundsOf(2, 10, noisy(0.05, {}, 2));
  const result = resultOf('one', samples);
  const { measurement } = result;
  assert.ok(measurement !== undefined);
  const judged = { ...result, measurement: { ...measurement, gateStratum: 'after-idle' as const } };
  const { row: cold } = compared(judged, 'cold-ttfb');
  assert.deepEqual([cold?.baseN, cold?.headN, cold?.verdict], [0, 0, 'inconclusive']);
  const { row: warm } = compared(judged, 'warm-p50');
  assert.deepEqual([warm?.baseN, warm?.headN], [20, 20], 'warm blocks are those of fresh revisions');
});

test('what is lost in another stratum is no loss of the one that is judged', () => {
  const samples = roundsOf(2, 10, noisy(0.05, {}, 2));
  const lost = { side: 'head', round: 0, tag: 'c1', reason: 'r', stratum: 'forced-zero' } as const;
  const result = resultOf('one', samples);
  const dropped = Array.from({ length: 30 }, () => lost);
  const measurement = { ...measurementOf(samples, dropped) };
  const { row } = compared({ ...result, measurement }, 'cold-ttfb');
  assert.doesNotMatch(row?.reason ?? '', /dropped/);
  const fresh = {
    ...measurementOf(
      samples,
      dropped.map(({ stratum, ...rest }) => rest),
    ),
  };
  assert.match(compared({ ...result, measurement: fresh }, 'cold-ttfb').row?.reason ?? '', /30 of 50 samples/);
});
