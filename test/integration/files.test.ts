import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createClock } from '../../src/adapters/system/clock.ts';
import { createFileTree } from '../../src/adapters/system/files.ts';

let base = '';
before(async () => {
  base = await mkdtemp(join(tmpdir(), 'cloudrun-perf-files-'));
  await mkdir(join(base, 'root/a/b'), { recursive: true });
  await mkdir(join(base, 'root/.git'), { recursive: true });
  await mkdir(join(base, 'outside'));
  await writeFile(join(base, 'root/a/b/deep.txt'), 'deep');
  await writeFile(join(base, 'root/a/x.txt'), 'x');
  await writeFile(join(base, 'root/.git/config'), 'hidden');
  await writeFile(join(base, 'outside/secret.txt'), 'secret');
  await symlink('../../outside/secret.txt', join(base, 'root/a/leak.txt'));
  await symlink('../outside', join(base, 'root/door'));
  await symlink('x.txt', join(base, 'root/a/same.txt'));
  await symlink('nowhere', join(base, 'root/a/broken.txt'));
});
after(() => rm(base, { recursive: true, force: true }));

test('files below the root are read, what leads out of it is not there', async () => {
  const tree = createFileTree(join(base, 'root'));
  const texts: [string, string | undefined][] = [
    ['a/x.txt', 'x'],
    ['./a//x.txt', 'x'],
    ['a/same.txt', 'x'],
    ['a/b/../x.txt', 'x'],
    ['a', undefined],
    ['a/none.txt', undefined],
    ['a/broken.txt', undefined],
    ['a/leak.txt', undefined],
    ['door/secret.txt', undefined],
    ['../outside/secret.txt', undefined],
    [join(base, 'outside/secret.txt'), undefined],
    ['a/x.txt\u0000', undefined],
  ];
  for (const [path, expected] of texts) assert.equal(await tree.read(path), expected, path);
  assert.equal(await tree.exists('a/b'), true);
  assert.equal(await tree.exists('door'), false);
  assert.equal(await tree.exists('..'), false);
  assert.deepEqual(await tree.list('.'), ['a/b/deep.txt', 'a/same.txt', 'a/x.txt']);
  assert.deepEqual(await tree.list('a/b'), ['a/b/deep.txt']);
  assert.deepEqual(await tree.list('none'), []);
  assert.deepEqual(await tree.list('door'), []);
});

test('the clock', async () => {
  const clock = createClock();
  assert.ok(Math.abs(clock.epochMs() - Date.now()) < 5000);
  const before = clock.monotonicMs();
  await clock.sleep(5);
  assert.ok(clock.monotonicMs() - before >= 4);
  const stop = new AbortController();
  const slept = clock.sleep(60_000, stop.signal);
  stop.abort(new Error('enough'));
  await assert.rejects(slept, /enough/);
  await assert.rejects(clock.sleep(1, stop.signal), /enough/);
});
