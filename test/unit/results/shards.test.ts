import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadRun, saveMetadata, saveResults } from '../../../src/results/runs.ts';
import { shardIds, shardPath, withinShard } from '../../../src/results/shards.ts';
import { exampleMetadata, exampleResults } from '../../helpers/example-run.ts';
import { createMemoryStore } from '../../helpers/memory-store.ts';
import { RESULT_SCHEMAS } from '../../helpers/result-schemas.ts';

const RUN = exampleMetadata().runId;

test('a run that is stored within a shard is a whole run there and none outside', async () => {
  const store = createMemoryStore();
  const own = withinShard(store, RUN, '02');
  await saveMetadata(own, exampleMetadata(), RESULT_SCHEMAS);
  await saveResults(own, exampleResults([]), RESULT_SCHEMAS);
  assert.deepEqual(
    [...store.texts.keys()],
    [`runs/${RUN}/shards/02/metadata.json`, `runs/${RUN}/shards/02/discord-webhook/results.json`],
  );
  assert.equal((await loadRun(own, RUN, RESULT_SCHEMAS)).results.length, 1);
  await assert.rejects(loadRun(store, RUN, RESULT_SCHEMAS), { code: 'run-unknown' });
  await assert.rejects(loadRun(withinShard(store, RUN, '01'), RUN, RESULT_SCHEMAS), { code: 'run-unknown' });
});

test('a shard sees its own files, other runs and baselines, and no other shard', async () => {
  const store = createMemoryStore();
  const paths = ['runs/0/metadata.json', `runs/${RUN}/plan.json`, 'runs/z/metadata.json', 'baselines/latest.json'];
  for (const path of [...paths, `runs/${RUN}/shards/01/x.json`, `runs/${RUN}/shards/02/y.json`])
    await store.write(path, path);
  const own = withinShard(store, RUN, '02');
  assert.equal(own.location, store.location);
  assert.deepEqual(await own.list('runs/'), ['runs/0/metadata.json', `runs/${RUN}/y.json`, 'runs/z/metadata.json']);
  assert.deepEqual(await own.list(''), [
    'baselines/latest.json',
    'runs/0/metadata.json',
    `runs/${RUN}/y.json`,
    'runs/z/metadata.json',
  ]);
  assert.deepEqual(await own.list(`runs/${RUN}/`), [`runs/${RUN}/y.json`]);
  assert.deepEqual(await own.list(`runs/${RUN}/x`), []);
  assert.deepEqual(await own.list('runs/z'), ['runs/z/metadata.json']);
  assert.deepEqual(await own.list('baselines/'), ['baselines/latest.json']);
  assert.equal(await own.read(`runs/${RUN}/y.json`), `runs/${RUN}/shards/02/y.json`);
  assert.equal(await own.read(`runs/${RUN}/plan.json`), undefined);
  assert.equal(await own.read('baselines/latest.json'), 'baselines/latest.json');
});

test('a shard writes nothing but its own part of the run', async () => {
  const store = createMemoryStore();
  const own = withinShard(store, RUN, '01');
  for (const path of [
    'baselines/latest.json',
    'baselines/2026-11-21/baseline.json',
    'comparisons/2026-11-21/comparison.md',
    'runs/other/metadata.json',
    `runs/${RUN}`,
    `runs/${RUN}-2/metadata.json`,
  ])
    await assert.rejects(own.write(path, 'x'), { code: 'shard-outside' }, path);
  assert.equal(store.texts.size, 0);
});

test('shards of a run', () => {
  const paths = [
    `runs/${RUN}/shards/10/metadata.json`,
    `runs/${RUN}/shards/02/metadata.json`,
    `runs/${RUN}/shards/02/discord-webhook/results.json`,
    `runs/${RUN}/shards/x/metadata.json`,
    `runs/${RUN}/shards/03`,
    `runs/${RUN}/plan.json`,
    'runs/other/shards/04/metadata.json',
  ];
  assert.deepEqual(shardIds(paths, RUN), ['02', '10']);
  assert.deepEqual(shardIds([], RUN), []);
  assert.equal(shardPath(RUN, '01', 'metadata.json'), `runs/${RUN}/shards/01/metadata.json`);
  for (const shard of ['..', '1', '01/..', '', '00001', '0a'])
    assert.throws(() => shardPath(RUN, shard, 'x'), { code: 'path-unsafe' }, shard);
});
