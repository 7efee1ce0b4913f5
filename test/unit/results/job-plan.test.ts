import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobPlan } from '../../../src/domain/job-plan.ts';
import { encode } from '../../../src/results/codec.ts';
import { loadPlan, planPath, savePlan } from '../../../src/results/job-plan.ts';
import { examplePlan, planned } from '../../helpers/example-plan.ts';
import { createMemoryStore } from '../../helpers/memory-store.ts';
import { RESULT_SCHEMAS } from '../../helpers/result-schemas.ts';

const PLAN = examplePlan();
const PATH = 'runs/run-20261121-124800-x7k2q9/plan.json';

test('a plan is stored beside the run and read again', async () => {
  const store = createMemoryStore();
  assert.equal(planPath(PLAN.runId), PATH);
  assert.equal(await loadPlan(store, PLAN.runId, RESULT_SCHEMAS), undefined);
  await savePlan(store, PLAN, RESULT_SCHEMAS);
  assert.deepEqual([...store.texts.keys()], [PATH]);
  assert.deepEqual(await loadPlan(store, PLAN.runId, RESULT_SCHEMAS), PLAN);
});

test('the plan of another run is refused', async () => {
  const store = createMemoryStore();
  await store.write(PATH, encode('plan', examplePlan({ runId: 'run-other' }), RESULT_SCHEMAS));
  await assert.rejects(loadPlan(store, PLAN.runId, RESULT_SCHEMAS), { code: 'run-mixed' });
  await assert.rejects(loadPlan(store, '../x', RESULT_SCHEMAS), { code: 'path-unsafe' });
});

const many = Array.from({ length: 257 }, (_, index) => ({ id: String(index + 1), items: [planned('a')] }));
const wrong: readonly [string, object][] = [
  ['more jobs than GitHub starts', { shards: many.map((shard) => ({ ...shard, id: shard.id.padStart(3, '0') })) }],
  ['a job of nothing', { shards: [{ id: '01', items: [] }] }],
  ['a job with a path for an id', { shards: [{ id: '../1', items: [planned('a')] }] }],
  ['a job after the others with a path for an id', { idle: { id: '../1' } }],
  ['an implementation that is no safe name', { shards: [{ id: '01', items: [planned('a,b')] }] }],
  ['an implementation that is an option', { shards: [{ id: '01', items: [planned('-a')] }] }],
  ['a profile that is no name', { shards: [{ id: '01', items: [planned('a', 'x\ny')] }] }],
  ['a baseline that git would take for an option', { baseline: 'git:--upload-pack=x' }],
  ['a baseline that is a range', { baseline: 'git:a..b' }],
  ['a baseline that is a path', { baseline: 'run-../../x' }],
  ['a reason of several lines', { reason: 'a\n::set-output name=x::y' }],
  ['an endless reason', { reason: 'x'.repeat(601) }],
  ['a commit that is none', { commit: 'main' }],
];
for (const [what, more] of wrong) {
  test(`a plan with ${what} is refused`, async () => {
    const store = createMemoryStore();
    await store.write(PATH, JSON.stringify({ ...PLAN, ...more }));
    await assert.rejects(loadPlan(store, PLAN.runId, RESULT_SCHEMAS), { code: 'document-invalid' });
    assert.throws(() => encode('plan', { ...PLAN, ...more } as JobPlan, RESULT_SCHEMAS), { code: 'result-invalid' });
  });
}
