import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDirectoryStore } from '../../../src/adapters/results/directory.ts';
import { acquireLock, withLock } from '../../../src/adapters/results/lock.ts';
import { loadBaseline } from '../../../src/results/runs.ts';
import { assertAllRuns } from '../../helpers/baseline-runs.ts';
import { RESULT_SCHEMAS } from '../../helpers/result-schemas.ts';

const PROCESSES = join(import.meta.dirname, '..', '..', 'helpers', 'processes');
const PATIENCE_MS = 300;

async function temporary(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'perf-locks-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  return root;
}

const start = (program: string, ...args: string[]) =>
  spawn(process.execPath, [join(PROCESSES, program), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });

/** A process that held the lock of the file, and was killed before it wrote. */
async function killedHolder(file: string): Promise<void> {
  const child = start('lock-holder.ts', file);
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await ended;
}

test('twenty processes store their baselines at once, and one that was killed holds none up', async (t) => {
  const root = await temporary(t);
  await createDirectoryStore(root).write('baselines/.keep', '');
  await killedHolder(join(root, 'baselines', 'latest.json'));
  assert.ok((await readdir(join(root, 'baselines'))).includes('.lock-latest.json'), 'the killed process left its lock');
  const children = Array.from({ length: 20 }, (_, index) => start('baseline-writer.ts', root, String(index)));
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]));
  assert.deepEqual(
    codes,
    children.map(() => 0),
  );
  const store = createDirectoryStore(root);
  assertAllRuns(await loadBaseline(store, RESULT_SCHEMAS), 20);
  assert.deepEqual(await store.list(''), [
    'baselines/.keep',
    'baselines/2026-11-21/baseline.json',
    'baselines/latest.json',
  ]);
});

test('a writer that was killed in the middle of its write leaves the old text, and the next one goes on', async (t) => {
  const root = await temporary(t);
  const store = createDirectoryStore(root);
  await store.write('a/latest.json', 'old');
  await killedHolder(join(root, 'a', 'latest.json'));
  await writeFile(join(root, 'a', '.writing-of-the-killed-one'), '{"half');
  const known = await store.readVersion('a/latest.json');
  assert.equal(known?.text, 'old');
  assert.equal(await store.writeIf('a/latest.json', 'new', known.version), true);
  assert.equal(await store.read('a/latest.json'), 'new');
});

test('those who find the same dead holder are never two at once', async (t) => {
  const file = join(await temporary(t), 'x');
  for (let round = 0; round < 3; round++) {
    await killedHolder(file);
    let [inside, most, done] = [0, 0, 0];
    await Promise.all(
      Array.from({ length: 20 }, () =>
        withLock(file, async () => {
          inside += 1;
          most = Math.max(most, inside);
          await sleep(2);
          inside -= 1;
          done += 1;
        }),
      ),
    );
    assert.deepEqual({ most, done }, { most: 1, done: 20 });
  }
});

test('the lock of a living process is waited for, and named when it stays', async (t) => {
  const file = join(await temporary(t), 'x');
  const held = await acquireLock(file);
  await assert.rejects(
    withLock(file, async () => {}, PATIENCE_MS),
    { code: 'results-locked', message: new RegExp(`process ${process.pid} of `) },
  );
  setTimeout(() => void held.release(), 100);
  assert.equal(await withLock(file, async () => 'free'), 'free');
});

const HOUR_S = 3600;
for (const [title, change, ageS, isTaken] of [
  ['a process id that was given again', { started: '1' }, 0, true],
  ['another machine, lately', { place: 'elsewhere' }, 0, false],
  ['another machine, long ago', { place: 'elsewhere' }, HOUR_S, true],
  ['a living process, long ago', {}, HOUR_S, false],
  ['no text of ours, lately', 'half', 0, false],
  ['no text of ours, long ago', 'half', HOUR_S, true],
  ['a process id that would mean a group', { pid: -1 }, HOUR_S, true],
] as const) {
  test(`the lock of ${title} is ${isTaken ? 'taken over' : 'kept'}`, {
    skip: process.platform !== 'linux' && 'start times are read from /proc',
  }, async (t) => {
    const root = await temporary(t);
    const [file, lock] = [join(root, 'x'), join(root, '.lock-x')];
    await acquireLock(file);
    const found: object = JSON.parse(await readFile(lock, 'utf8'));
    await writeFile(lock, change === 'half' ? '{"half' : JSON.stringify({ ...found, ...change }));
    const seconds = Date.now() / 1000 - ageS;
    await utimes(lock, seconds, seconds);
    const attempt = withLock(file, async () => 'taken', PATIENCE_MS).catch((error) => error.code);
    assert.equal(await attempt, isTaken ? 'taken' : 'results-locked');
    assert.deepEqual(await readdir(root), isTaken ? [] : ['.lock-x']);
  });
}

test('a lock that was taken over is not released by the one that had it', async (t) => {
  const root = await temporary(t);
  const file = join(root, 'x');
  const slow = await acquireLock(file);
  await rm(join(root, '.lock-x'));
  const next = await acquireLock(file);
  await slow.release();
  assert.deepEqual(await readdir(root), ['.lock-x']);
  await next.release();
  assert.deepEqual(await readdir(root), []);
});
