import assert from 'node:assert/strict';
import { test } from 'node:test';
import { baselineOf, compareRuns } from '../../../src/compare/runs.ts';
import { compareStored } from '../../../src/compare/stored.ts';
import type { BaselineImplementation } from '../../../src/domain/baseline.ts';
import type { ImplementationResult, MeasurementTags } from '../../../src/domain/run.ts';
import { seededRandom } from '../../../src/stats/random.ts';
import { type Numbers, resultOf, roundsOf, TAGS } from '../../helpers/measured-results.ts';

const RUN = { runId: 'r1', date: '2026-01-01T00:00:00Z', commit: 'abc' };

function headRun(
  name: string,
  factor: number,
  seed: number,
  tags: Partial<MeasurementTags> = {},
): ImplementationResult {
  const random = seededRandom(seed);
  const draw = (value: number) => value * Math.exp(0.06 * random.normal());
  const numbers = (): Numbers => ({ coldMs: draw(800 * factor), p50Ms: draw(20 * factor), rps: draw(400 / factor) });
  return resultOf(name, roundsOf(2, 10, numbers, ['head']), { tags: { ...TAGS, implementation: name, ...tags } });
}

function baseline(name: string, runs: number, tags: Partial<MeasurementTags> = {}): BaselineImplementation {
  const entries = Array.from({ length: runs }, (_, index) => baselineOf([headRun(name, 1, 100 + index, tags)], RUN)[0]);
  const [first] = entries;
  assert.ok(first !== undefined);
  return { ...first, runs: entries.flatMap((entry) => entry?.runs ?? []) };
}

const verdictsOf = (outcome: ReturnType<typeof compareStored>) =>
  outcome.implementations[0]?.metrics.filter(({ gate }) => gate).map(({ verdict }) => verdict);

test('a run becomes a baseline with raw values and the head digest', () => {
  const [entry] = baselineOf([headRun('one', 1, 1)], RUN);
  assert.equal(entry?.name, 'one');
  assert.equal(entry?.runs[0]?.values['cold-ttfb']?.length, 20);
  assert.equal(entry?.runs[0]?.summaries['warm-p50']?.n, 20);
  assert.equal(entry?.runs[0]?.digest, entry?.artifact.digest);
  assert.equal(entry?.runs[0]?.commit, 'abc');
  assert.deepEqual(baselineOf([{ ...headRun('bad', 1, 1), state: 'contract failed' }], RUN), []);
});

test('stored numbers see a doubling and the intervals say how little else', () => {
  const doubled = compareStored([headRun('one', 2, 7)], [baseline('one', 5)]);
  assert.deepEqual(verdictsOf(doubled), ['regression', 'regression', 'regression']);
  assert.equal(doubled.mode, 'stored');
  assert.match(doubled.modeReason, /report only/);
  const others = Array.from({ length: 12 }, (_, index) => `other-${index}`);
  const slight = compareStored(
    [headRun('one', 1.2, 7), ...others.map((name, index) => headRun(name, 1, 20 + index))],
    ['one', ...others].map((name) => baseline(name, 1)),
  );
  const [cold] = slight.implementations[0]?.metrics ?? [];
  assert.equal(cold?.verdict, 'inconclusive');
  // sqrt(2) x 4.5 % run to run alone makes +-13 %.
  assert.ok((cold?.estimate?.high ?? 0) / (cold?.estimate?.low ?? 1) > 1.25);
});

test('one lucky run never makes stored cold starts on one machine "no change"', () => {
  const tags = { platform: 'local', runtime: 'process' } as const;
  const outcome = compareStored([headRun('one', 1, 7, tags)], [baseline('one', 10, tags)]);
  const verdicts = verdictsOf(outcome);
  assert.deepEqual([verdicts?.[0], verdicts?.[2]], ['inconclusive', 'inconclusive']);
});

for (const { title, tags, reason } of [
  {
    title: 'another region',
    tags: { region: 'us-east1' },
    reason: /not comparable: region europe-west1 against us-east1/,
  },
  { title: 'another machine', tags: { driver: 'linux x64, 8 CPUs' }, reason: /not comparable: driver/ },
  { title: 'another runtime', tags: { runtime: 'process' }, reason: /runtime container against process/ },
  { title: 'more CPU', tags: { profile: { ...TAGS.profile, cpu: '2' } }, reason: /cpu 1 against 2/ },
] as const) {
  test(`${title} is not comparable`, () => {
    const outcome = compareStored([headRun('one', 3, 7, tags)], [baseline('one', 5)]);
    assert.deepEqual(verdictsOf(outcome), ['inconclusive', 'inconclusive', 'inconclusive']);
    assert.match(outcome.implementations[0]?.metrics[0]?.reason ?? '', reason);
  });
}

test('an implementation that the baseline lacks is new; few stored samples say nothing', () => {
  assert.equal(compareStored([headRun('two', 1, 7)], [baseline('one', 1)]).implementations[0]?.state, 'new');
  const stored = baseline('one', 1);
  const short = { ...stored, runs: stored.runs.map((run) => ({ ...run, values: { 'cold-ttfb': [800, 810, 790] } })) };
  const outcome = compareStored([headRun('one', 3, 7)], [short]);
  assert.match(outcome.implementations[0]?.metrics[0]?.reason ?? '', /only 3 stored and 20 fresh samples/);
});

test('two stored runs compare by name', () => {
  const outcome = compareRuns([headRun('one', 2.5, 3)], { results: [headRun('one', 1, 4)], run: RUN });
  assert.equal(outcome.mode, 'stored');
  assert.equal(outcome.verdict, 'regression');
  const again = compareRuns([headRun('one', 2.5, 3)], { results: [headRun('one', 1, 4)], run: RUN });
  assert.equal(JSON.stringify(outcome), JSON.stringify(again));
});
