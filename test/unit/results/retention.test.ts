import assert from 'node:assert/strict';
import { test } from 'node:test';
import { updateBaseline } from '../../../src/results/baseline.ts';
import { BASELINE_LATEST } from '../../../src/results/layout.ts';
import { oldRuns, pruneRuns, type Retention } from '../../../src/results/retention.ts';
import { saveBaseline } from '../../../src/results/runs.ts';
import { exampleImplementation, exampleMetadata, exampleResults } from '../../helpers/example-run.ts';
import { createMemoryStore } from '../../helpers/memory-store.ts';
import { RESULT_SCHEMAS } from '../../helpers/result-schemas.ts';

const nowMs = Date.parse('2026-11-21T12:00:00Z');
const idOf = (day: number) => `run-202611${String(day).padStart(2, '0')}-080000-bcdfgh`;
const DAYS = [1, 2, 10, 15, 19, 20, 21];

async function filled() {
  const store = createMemoryStore();
  for (const day of DAYS)
    for (const file of ['metadata.json', 'discord-webhook/results.json', 'shards/01/metadata.json'])
      await store.write(`runs/${idOf(day)}/${file}`, '{}');
  return store;
}

const daysOf = (ids: readonly string[]) => ids.map((id) => Number(id.slice(10, 12)));

for (const [title, retention, removed] of [
  ['the newest runs stay', { keepRuns: 3 }, [1, 2, 10, 15]],
  ['the younger runs stay', { keepDays: 7 }, [1, 2, 10]],
  ['what one of both keeps stays', { keepRuns: 6, keepDays: 3 }, [1]],
  ['what the days keep stays', { keepRuns: 1, keepDays: 7 }, [1, 2, 10]],
  ['without either all stay', {}, undefined],
] satisfies readonly (readonly [string, Retention, readonly number[] | undefined])[]) {
  test(title, async () => {
    const store = await filled();
    const ids = await pruneRuns(store, { retention, nowMs, runId: idOf(21), schemas: RESULT_SCHEMAS });
    assert.deepEqual(daysOf(ids), removed ?? []);
    const left = DAYS.filter((day) => !removed?.includes(day));
    assert.deepEqual([...new Set([...store.texts.keys()].map((path) => path.split('/')[1]))], left.map(idOf));
    assert.equal(store.texts.size, left.length * 3);
  });
}

function baselineOf(day: number) {
  const runId = idOf(day);
  const { finishedAt: _, ...metadata } = exampleMetadata({
    runId,
    startedAt: `2026-11-${String(day).padStart(2, '0')}T08:00:00.000Z`,
  });
  const speed = { base: { coldMs: 90, warmMs: 1 }, head: { coldMs: 100, warmMs: 2 } };
  return updateBaseline(
    undefined,
    exampleResults([exampleImplementation('go-gin', speed)], undefined, { runId }),
    metadata,
  );
}

test('runs that a baseline names stay, and so does the run itself', async () => {
  const store = await filled();
  await saveBaseline(store, baselineOf(2), RESULT_SCHEMAS);
  // Only a dated copy names this one.
  await store.write('baselines/2026-11-10/baseline.json', JSON.stringify(baselineOf(10)));
  const ids = await pruneRuns(store, { retention: { keepRuns: 1 }, nowMs, runId: idOf(19), schemas: RESULT_SCHEMAS });
  assert.deepEqual(daysOf(ids), [1, 15, 20]);
});

test('runs that the baseline of another configuration names stay too', async () => {
  const store = await filled();
  await saveBaseline(store, baselineOf(2), RESULT_SCHEMAS);
  await saveBaseline(store, baselineOf(10), RESULT_SCHEMAS, { path: 'baselines/team/main.json' });
  await store.write('baselines/team/2026-11-15/main.json', JSON.stringify(baselineOf(15)));
  const ids = await pruneRuns(store, { retention: { keepRuns: 1 }, nowMs, runId: idOf(19), schemas: RESULT_SCHEMAS });
  assert.deepEqual(daysOf(ids), [1, 20]);
});

test('when a baseline cannot be read nothing is removed', async () => {
  const store = await filled();
  await store.write(BASELINE_LATEST, '{"half');
  const { size } = store.texts;
  await assert.rejects(
    pruneRuns(store, { retention: { keepRuns: 1 }, nowMs, runId: idOf(21), schemas: RESULT_SCHEMAS }),
    { name: 'UsageError' },
  );
  assert.equal(store.texts.size, size);
});

test('what has no id of ours is left alone and does not count', () => {
  const foreign = [
    'runs/mine/metadata.json',
    'runs/run-20261399-080000-bcdfgh/x',
    'runs/x.txt',
    'runs/run-20260101-000000-/y',
  ];
  assert.deepEqual(oldRuns([...foreign, `runs/${idOf(1)}/metadata.json`], { keepRuns: 1 }, nowMs), []);
  assert.deepEqual(oldRuns(foreign, { keepDays: 1 }, nowMs), []);
});

test('a removal that was cut short leaves no run, and is finished the next time', async () => {
  const store = await filled();
  let calls = 0;
  const failing = {
    ...store,
    remove: async (path: string) => {
      if (++calls > 1) throw new Error('cut short');
      return store.remove(path);
    },
  };
  const options = { retention: { keepRuns: 6 }, nowMs, runId: idOf(21), schemas: RESULT_SCHEMAS };
  await assert.rejects(pruneRuns(failing, options), /cut short/);
  assert.equal(store.texts.has(`runs/${idOf(1)}/metadata.json`), false);
  assert.equal(store.texts.has(`runs/${idOf(1)}/discord-webhook/results.json`), true);
  assert.deepEqual(daysOf(await pruneRuns(store, options)), [1]);
  assert.deepEqual(await store.list(`runs/${idOf(1)}/`), []);
});
