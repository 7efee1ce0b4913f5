import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BaselineSource } from '../../../src/commands/baseline-source.ts';
import { compareAll } from '../../../src/commands/compare-run.ts';
import { RunRecorder } from '../../../src/commands/recorder.ts';
import type { Comparison } from '../../../src/domain/comparison.ts';
import type { RunFailure } from '../../../src/domain/run.ts';
import { updateBaseline } from '../../../src/results/baseline.ts';
import { seededRandom } from '../../../src/stats/random.ts';
import { exampleMetadata, exampleResults } from '../../helpers/example-run.ts';
import { type Numbers, resultOf, roundsOf } from '../../helpers/measured-results.ts';
import { runPorts, testConfig } from '../../helpers/run-ports.ts';

function measured(name: string, seed: number, sides: readonly ('base' | 'head')[] = ['base', 'head']) {
  const random = seededRandom(seed);
  const draw = (): Numbers => ({
    coldMs: 800 * Math.exp(0.05 * random.normal()),
    p50Ms: 20 * Math.exp(0.05 * random.normal()),
    rps: 400 * Math.exp(0.05 * random.normal()),
  });
  return resultOf(name, roundsOf(2, 8, draw, sides));
}

type Groups = Readonly<Record<string, readonly ReturnType<typeof measured>[]>>;

/** Comparisons by group; a group is `type` or `type.profile`. */
async function compared(groups: Groups, baseline: BaselineSource, failures: readonly RunFailure[] = []) {
  const recorder = new RunRecorder(exampleMetadata({ failures, serviceTypes: [] }), runPorts().ports);
  for (const [key, results] of Object.entries(groups)) {
    const [serviceType = '', profile] = key.split('.');
    for (const result of results)
      await recorder.record({ serviceType, ...(profile === undefined ? {} : { profile }) }, '1.0.0', result);
  }
  await compareAll(testConfig(), baseline, recorder);
  return recorder.run.results.map(({ comparison }) => comparison).filter((one) => one !== undefined);
}

const gates = (comparisons: readonly Comparison[]) =>
  comparisons
    .flatMap(({ implementations }) => implementations)
    .flatMap(({ metrics }) => metrics.filter(({ gate }) => gate));

const NOTHING: BaselineSource = { trees: new Map(), reason: 'there is none' };
const BESIDE: BaselineSource = { trees: new Map([['/repo', new Map()]]), reason: 'base is a commit' };

test('the gate tests of all groups are corrected together', async () => {
  const comparisons = await compared(
    { 'web.cpu1': [measured('a', 1)], 'web.cpu2': [measured('a', 2)], queue: [measured('b', 3), measured('c', 4)] },
    BESIDE,
  );
  assert.deepEqual(
    comparisons.map(({ serviceType, profile }) => [serviceType, profile]),
    [
      ['web', 'cpu1'],
      ['web', 'cpu2'],
      ['queue', undefined],
    ],
  );
  const all = gates(comparisons);
  assert.equal(all.length, 12);
  const [smallest] = all.toSorted((x, y) => (x.p ?? 1) - (y.p ?? 1));
  assert.equal(smallest?.adjustedP, Math.min(1, 12 * (smallest?.p ?? 1)));
});

test('each group is compared by what it has: a base of this run, stored numbers of its own, or nothing', async () => {
  const results = exampleResults([measured('a', 5)], undefined, {
    runId: 'run-1',
    serviceType: 'web',
    profile: 'cpu2',
  });
  const stored = updateBaseline(undefined, results, exampleMetadata({ runId: 'run-1' }));
  const alone = [measured('a', 6, ['head'])];
  const fresh = await compared({ 'web.cpu1': alone, 'web.cpu2': alone }, { ...NOTHING, stored });
  assert.deepEqual(
    fresh.map(({ mode, modeReason }) => [mode, modeReason.replace(/^against.*; /, '')]),
    [
      ['none', 'the stored baseline has nothing of web.cpu1'],
      ['stored', 'there is none'],
    ],
  );
  const beside = await compared({ 'web.cpu1': [measured('a', 7)], 'web.cpu2': alone }, { ...BESIDE, stored });
  assert.deepEqual(
    beside.map(({ mode, modeReason }) => [mode, modeReason.split('; ').at(-1)]),
    [
      ['side-by-side', 'base is a commit'],
      ['stored', 'no base was measured beside the head'],
    ],
  );
  const [none] = await compared({ web: alone }, NOTHING);
  assert.deepEqual([none?.mode, none?.modeReason, none?.implementations[0]?.state], ['none', 'there is none', 'new']);
  const [all] = await compared({ web: alone }, BESIDE);
  assert.deepEqual([all?.mode, all?.implementations[0]?.state], ['side-by-side', 'new']);
});

test('a base that could not be measured is no news of a new implementation', async () => {
  const failure = { stage: 'build', code: 'build-failed', message: 'no' } as const;
  const failures = [{ ...failure, implementation: 'lost (cpu2) (base)' }];
  const group = [measured('kept', 8), measured('lost', 9, ['head']), measured('fresh', 10, ['head'])];
  const [first, second] = await compared({ 'web.cpu1': group, 'web.cpu2': group }, BESIDE, failures);
  const judged = (comparison: Comparison | undefined) =>
    comparison?.implementations.map(({ implementation, verdict, state }) => [implementation, state ?? verdict]);
  assert.deepEqual(judged(first)?.slice(0, 1), [['fresh', 'new']]);
  assert.deepEqual(judged(first)?.[2], ['lost', 'new']);
  assert.deepEqual(judged(second)?.[2], ['lost', 'inconclusive']);
  assert.match(second?.implementations[2]?.reason ?? '', /its base could not be measured/);
});
