import assert from 'node:assert/strict';
import { test } from 'node:test';
import { updateBaseline } from '../../../src/results/baseline.ts';
import { groupKey, severalProfiles } from '../../../src/results/groups.ts';
import { loadBaseline, loadRun, saveBaseline, saveMetadata, saveResults } from '../../../src/results/runs.ts';
import { exampleMetadata, exampleResults, variedRun } from '../../helpers/example-run.ts';
import { createMemoryStore } from '../../helpers/memory-store.ts';
import { RESULT_SCHEMAS } from '../../helpers/result-schemas.ts';

async function stored(...runIds: readonly string[]) {
  const store = createMemoryStore();
  for (const runId of runIds) {
    await saveMetadata(
      store,
      exampleMetadata({ runId, serviceTypes: ['rest-crud', 'discord-webhook'] }),
      RESULT_SCHEMAS,
    );
    await saveResults(store, exampleResults([], undefined, { runId }), RESULT_SCHEMAS);
    await saveResults(store, exampleResults([], undefined, { runId, serviceType: 'rest-crud' }), RESULT_SCHEMAS);
  }
  return store;
}

test('a run is loaded with its service types in the order of its metadata', async () => {
  const store = await stored('run-1', 'run-2');
  const run = await loadRun(store, 'run-1', RESULT_SCHEMAS);
  assert.equal(run.metadata.runId, 'run-1');
  assert.deepEqual(
    run.results.map((results) => results.serviceType),
    ['rest-crud', 'discord-webhook'],
  );
});

test('groups of several profiles are stored side by side and found again', async () => {
  const store = createMemoryStore();
  await saveMetadata(store, exampleMetadata({ runId: 'run-1', serviceTypes: ['b', 'a'] }), RESULT_SCHEMAS);
  for (const [serviceType, profile] of [
    ['a', 'cpu10'],
    ['a', 'cpu9'],
    ['b', 'default'],
    ['b', 'big'],
  ] as const)
    await saveResults(store, exampleResults([], undefined, { runId: 'run-1', serviceType, profile }), RESULT_SCHEMAS);
  assert.deepEqual(await store.list('runs/run-1/b'), [
    'runs/run-1/b.big/results.json',
    'runs/run-1/b.default/results.json',
  ]);
  const { results } = await loadRun(store, 'run-1', RESULT_SCHEMAS);
  assert.deepEqual(results.map(groupKey), ['b.big', 'b.default', 'a.cpu9', 'a.cpu10']);
});

test('results in the directory of another group are refused', async () => {
  const store = await stored('run-1');
  const text = store.texts.get('runs/run-1/rest-crud/results.json') ?? '';
  store.texts.set('runs/run-1/rest-crud.cpu2/results.json', text);
  await assert.rejects(loadRun(store, 'run-1', RESULT_SCHEMAS), {
    code: 'run-mixed',
    message: 'found results of rest-crud, wanted rest-crud.cpu2 as their directory says',
  });
});

test('a file of any size is not parsed', async () => {
  const store = await stored('run-1');
  store.texts.set('runs/run-1/rest-crud/results.json', ' '.repeat(64 * 1024 * 1024 + 1));
  await assert.rejects(loadRun(store, 'run-1', RESULT_SCHEMAS), { code: 'file-too-large' });
});

test('latest is the newest run; a prefix of another id is not that run', async () => {
  const store = await stored('run-1', 'run-10', 'run-2');
  assert.equal((await loadRun(store, 'latest', RESULT_SCHEMAS)).metadata.runId, 'run-2');
  assert.equal((await loadRun(store, 'run-1', RESULT_SCHEMAS)).results.length, 2);
});

test('an unknown run names what exists and the nearest id', async () => {
  const store = await stored(...Array.from({ length: 7 }, (_, index) => `20261121-13000${index}-abcd`));
  await assert.rejects(loadRun(store, '20261121-130003-abce', RESULT_SCHEMAS), {
    name: 'UsageError',
    code: 'run-unknown',
    message: /memory holds no run "20261121-130003-abce"; it holds 20261121-130006-abcd, .* and 2 older/,
    hint: 'Did you mean "20261121-130003-abcd"?',
  });
});

test('an id that would leave the store is an unknown run', async () => {
  const store = await stored('run-1');
  await assert.rejects(loadRun(store, '../../etc', RESULT_SCHEMAS), { code: 'run-unknown' });
});

test('an empty store says what to do', async () => {
  await assert.rejects(loadRun(createMemoryStore(), 'latest', RESULT_SCHEMAS), {
    code: 'run-unknown',
    message: /holds no runs/,
    hint: /benchmark/,
  });
});

test('results of another run in its directory are refused', async () => {
  const store = await stored('run-1', 'run-2');
  store.texts.set('runs/run-1/rest-crud/results.json', store.texts.get('runs/run-2/rest-crud/results.json') ?? '');
  await assert.rejects(loadRun(store, 'run-1', RESULT_SCHEMAS), { code: 'run-mixed', message: /run-2.*run-1/ });
});

test('a run that was cut short has what was written', async () => {
  const store = await stored('run-1');
  store.texts.delete('runs/run-1/rest-crud/results.json');
  assert.equal((await loadRun(store, 'run-1', RESULT_SCHEMAS)).results.length, 1);
});

test('what has no metadata is no run: it is skipped, and told where it would be the latest', async () => {
  const store = await stored('run-1', 'run-3');
  await store.write('runs/run-2/discord-webhook/results.json', '{}');
  await store.write('runs/run-4/plan.json', '{}');
  await store.write('runs/stray', '{}');
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  assert.equal((await loadRun(store, 'latest', RESULT_SCHEMAS, warn)).metadata.runId, 'run-3');
  assert.deepEqual(warnings, ['skipped what has no metadata, still running or cut short: run-4']);
  await loadRun(store, 'run-1', RESULT_SCHEMAS, warn);
  assert.equal(warnings.length, 1);
  await assert.rejects(loadRun(store, 'run-2', RESULT_SCHEMAS), {
    code: 'run-unknown',
    message: /it holds run-3, run-1; skipped what has no metadata, .*: run-4, run-2$/,
  });
});

test('a baseline is stored under its day and as the latest', async () => {
  const store = createMemoryStore();
  assert.equal(await loadBaseline(store, RESULT_SCHEMAS), undefined);
  const run = variedRun();
  const baseline = updateBaseline(undefined, run.results[0] ?? exampleResults([]), run.metadata);
  await saveBaseline(store, baseline, RESULT_SCHEMAS);
  assert.deepEqual(await store.list(''), ['baselines/2026-11-21/baseline.json', 'baselines/latest.json']);
  assert.deepEqual(await loadBaseline(store, RESULT_SCHEMAS), baseline);
});

for (const [title, items, several] of [
  ['nothing', [], false],
  ['one profile', ['a default', 'b default'], false],
  ['each its own', ['a default', 'b big'], false],
  ['the same twice', ['a default', 'a default'], false],
  ['two of one', ['a default', 'b default', 'a big'], true],
] as const) {
  test(`groups by profile: ${title}`, () => {
    const planned = items.map((item) => {
      const [implementation = '', profile = ''] = item.split(' ');
      return { type: 't', implementation, profile };
    });
    assert.equal(severalProfiles(planned), several);
  });
}
