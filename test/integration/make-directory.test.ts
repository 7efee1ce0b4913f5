import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { rmdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeDirectory } from '../../src/adapters/system/make-directory.ts';

test('many that make the same missing parents at once all succeed', async () => {
  const root = mkdtempSync(join(tmpdir(), 'make-directory-'));
  try {
    for (let round = 0; round < 40; round += 1) {
      const paths = Array.from({ length: 16 }, (_, index) => join(root, `${round}`, 'a', 'b', `${index}`));
      await Promise.all(paths.map((path) => makeDirectory(path)));
      for (const path of paths) assert.ok((await stat(path)).isDirectory());
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

test('a parent that is removed meanwhile is made again', async () => {
  const root = mkdtempSync(join(tmpdir(), 'make-directory-'));
  try {
    for (let round = 0; round < 40; round += 1) {
      const parent = join(root, 'parent');
      const removing = makeDirectory(parent).then(() => rmdir(parent).catch(() => undefined));
      await Promise.all([makeDirectory(join(parent, `${round}`)), removing]);
      assert.ok((await stat(join(parent, `${round}`))).isDirectory());
      rmSync(parent, { recursive: true });
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

test('a place where nothing can be made is refused, and soon', async () => {
  await assert.rejects(makeDirectory('/proc/no-such-directory/inside'), { code: 'ENOENT' });
});
