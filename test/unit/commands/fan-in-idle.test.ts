import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { fanIn } from '../../../src/commands/fan-in.ts';
import { shardWork } from '../../../src/commands/shard.ts';
import type { Side } from '../../../src/domain/deployment.ts';
import type { ScaleToZero, Stratum } from '../../../src/domain/measurement.ts';
import { summarizeStrata } from '../../../src/measure/strata.ts';
import { savePlan } from '../../../src/results/job-plan.ts';
import { seededRandom } from '../../../src/stats/random.ts';
import { measurementOf, resultOf, sampleOf } from '../../helpers/measured-results.ts';
import { runPorts, testConfig } from '../../helpers/run-ports.ts';
import { fleet, leave, type Measured, planOf, RUN_ID } from '../../helpers/sharded-run.ts';

const config = testConfig();
const never = new AbortController().signal;
const [a, b, fails] = ['a', 'b', 'fails'].map((name) =>
  fleet(['default'], seededRandom(7)).find(
    ({ serviceType, item }) => serviceType === 'discord-webhook' && item.implementation === name,
  ),
);
assert.ok(a !== undefined && b !== undefined && fails !== undefined);
const PLAN = planOf([[a], [b], [fails]], { idle: { id: '04' } });

let parts = runPorts();
beforeEach(async () => {
  parts = runPorts();
  await leave(parts, '01', [a]);
  await leave(parts, '02', [b]);
  await leave(parts, '03', [fails]);
});

const END: ScaleToZero = { side: 'head', lastSeenAliveMs: 800_000, firstSeenGoneMs: 800_000, observed: 'log' };

/** What the job after the others leaves of one implementation. */
function waited(of: Measured, count: number, sides: readonly Side[], stratum: Stratum = 'after-idle'): Measured {
  const samples = sides.flatMap((side) =>
    Array.from({ length: count }, (_, index) => {
      const { warm: _warm, ...sample } = sampleOf(side, 0, index, { coldMs: 9000 + index, p50Ms: 1, rps: 1 });
      return { ...sample, stratum };
    }),
  );
  const measurement = {
    ...measurementOf(samples),
    strata: summarizeStrata(samples, []),
    scaleToZero: [END],
    audit: ['a remark'],
  };
  const { conformance: _, ...result } = resultOf(of.result.name, samples, { tags: of.result.tags, measurement });
  return { ...of, result };
}

const fanned = () => fanIn(PLAN, config, parts.ports, never);
async function rowsOf() {
  const { run } = await fanned();
  const [results] = run.results;
  const of = (name: string) => results?.implementations.find((one) => one.name === name);
  return {
    run,
    of,
    compared: (name: string) => results?.comparison?.implementations.find((one) => one.implementation === name),
  };
}

test('cold starts after idleness stand beside what the others have measured, and change no verdict while they are few', async () => {
  const before = await rowsOf();
  await leave(parts, '04', [waited(a, 1, ['head'])]);
  const { run, of, compared } = await rowsOf();
  const [known, merged] = [before.of('a'), of('a')];
  assert.ok(known?.measurement !== undefined && merged?.measurement !== undefined);
  const { samples, strata, gateStratum, scaleToZero, audit } = merged.measurement;
  assert.equal(samples.length, known.measurement.samples.length + 1);
  assert.equal(
    new Set(samples.map(({ order }) => order)).size,
    new Set(known.measurement.samples.map(({ order }) => order)).size + 1,
  );
  const idle = strata?.find(({ stratum }) => stratum === 'after-idle');
  assert.deepEqual([idle?.side, idle?.ttfbMs?.n, idle?.ttfbMs?.p50], ['head', 1, 9000]);
  assert.deepEqual([gateStratum, scaleToZero, audit], ['fresh-revision', [END], ['a remark']]);
  const cold = merged.sides.map(({ summaries }) => summaries['cold-ttfb']);
  assert.ok(
    cold.every((summary) => summary?.n === 10 && summary.max < 9000),
    'summaries are of the judged stratum',
  );
  assert.deepEqual(compared('a'), before.compared('a'));
  assert.deepEqual([of('b'), of('fails')], [before.of('b'), before.of('fails')]);
  assert.deepEqual(run.metadata.failures, []);
});

test('eight of both sides are judged; eight of one are not', async () => {
  await leave(parts, '04', [waited(a, 8, ['head', 'base']), waited(b, 8, ['head'])]);
  const { of } = await rowsOf();
  const cold = (name: string) => of(name)?.sides.map(({ side, summaries }) => [side, summaries['cold-ttfb']?.n]);
  assert.deepEqual(
    [of('a')?.measurement?.gateStratum, cold('a')],
    [
      'after-idle',
      [
        ['base', 8],
        ['head', 8],
      ],
    ],
  );
  assert.deepEqual(
    [of('b')?.measurement?.gateStratum, cold('b')],
    [
      'fresh-revision',
      [
        ['base', 10],
        ['head', 10],
      ],
    ],
  );
  assert.equal(of('a')?.sides[0]?.summaries['warm-p50']?.n, 10, 'warm blocks are those of fresh revisions');
});

test('only what came after idleness is taken of that job, and nothing for what was not measured', async () => {
  await leave(parts, '04', [waited(a, 3, ['head'], 'fresh-revision'), waited(fails, 1, ['head'])]);
  const { of } = await rowsOf();
  assert.equal(of('a')?.measurement?.samples.length, a.result.measurement?.samples.length);
  assert.deepEqual([of('fails')?.state, of('fails')?.measurement], ['contract failed', undefined]);
});

for (const [title, state, reason, code] of [
  ['left nothing', undefined, 'its job left no results', 'job-lost'],
  ['failed', 'failed', 'its job failed', 'job-failed'],
] as const) {
  test(`the job after the others ${title}: that is said, and what was measured stays`, async () => {
    if (state !== undefined) await leave(parts, '04', [waited(a, 1, ['head'])], {}, state);
    const { run, of } = await rowsOf();
    assert.deepEqual(run.metadata.failures, [
      { stage: 'measure', code, message: `no cold starts after idleness: ${reason} (shard 04)` },
    ]);
    assert.equal(of('b')?.state, undefined);
    assert.equal(
      of('a')?.measurement?.samples.some(({ stratum }) => stratum === 'after-idle'),
      state !== undefined,
    );
  });
}

test('where nothing was measured nothing is missed after idleness either', async () => {
  parts = runPorts();
  await leave(parts, '03', [fails]);
  const { run } = await fanned();
  assert.ok(run.metadata.failures.every(({ message }) => !message.includes('idleness')));
});

test('what the plan has not is not taken from that job', async () => {
  const stranger = { ...a, item: { ...a.item, implementation: 'x' }, result: { ...a.result, name: 'x' } };
  await leave(parts, '04', [waited(stranger, 1, ['head'])]);
  await assert.rejects(fanned(), { code: 'shards-mixed' });
});

test('the shard of that job is its own work, and the others are told that idleness is not theirs', async () => {
  await savePlan(parts.ports.store, PLAN, parts.ports.schemas);
  const of = async (shard: string) =>
    (await shardWork({ runId: RUN_ID, shard, baseline: { kind: 'latest' } }, parts.ports))?.idle;
  assert.deepEqual(await of('04'), { plan: PLAN, isOwn: true });
  assert.equal((await of('01'))?.isOwn, false);
  await assert.rejects(of('05'), { code: 'shard-unknown' });
  const { idle: _, ...without } = PLAN;
  await savePlan(parts.ports.store, without, parts.ports.schemas);
  assert.equal(await of('01'), undefined);
});
