import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createDirectoryStore } from '../../../src/adapters/results/directory.ts';
import { resultStoreSuite } from '../result-store.suite.ts';

const temporary = () => mkdtemp(join(tmpdir(), 'perf-results-'));

resultStoreSuite('directory', async () => {
  const root = await temporary();
  return {
    store: createDirectoryStore(join(root, 'made', 'by-the-first-write')),
    close: () => rm(root, { recursive: true }),
  };
});

test('a failed write names the file and leaves nothing behind', async () => {
  const root = await temporary();
  try {
    await writeFile(join(root, 'in-the-way'), '');
    const store = createDirectoryStore(root);
    await assert.rejects(store.write('in-the-way/metadata.json', '{}'), {
      name: 'InfrastructureError',
      code: 'results-directory',
      message: /in-the-way/,
    });
    await writeFile(join(root, '.writing-left-by-a-kill'), '{"half');
    assert.deepEqual(await store.list(''), ['in-the-way']);
    await store.write('a/b.json', '{}');
    assert.deepEqual(await readdir(join(root, 'a')), ['b.json']);
  } finally {
    await rm(root, { recursive: true });
  }
});

test('a place that cannot be made fails at once, also where the recursive mkdir would never return', {
  skip: process.platform !== 'linux' && '/proc is needed',
}, async () => {
  const store = createDirectoryStore('/proc/no-such-place');
  await assert.rejects(store.write('runs/r/metadata.json', '{}'), { code: 'results-directory' });
});
