import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ResultStore } from '../../src/ports/result-store.ts';

export interface RunningStore {
  readonly store: ResultStore;
  close(): Promise<void>;
}

/** What every result store must do. `start` is called once and gives an empty store. */
export function resultStoreSuite(name: string, start: () => Promise<RunningStore>): void {
  describe(`result store: ${name}`, () => {
    let running: RunningStore;
    before(async () => {
      running = await start();
    });
    after(() => running?.close());

    test('an empty store has nothing', async () => {
      assert.deepEqual(await running.store.list(''), []);
      assert.deepEqual(await running.store.list('runs/'), []);
      assert.equal(await running.store.read('baselines/latest.json'), undefined);
      assert.notEqual(running.store.location, '');
    });

    test('what was written is read, and a second write replaces it', async () => {
      const text = `{"text":"grüße \u{1f600} \u2028"}\n${'x'.repeat(100_000)}`;
      await running.store.write('runs/r1/metadata.json', text);
      assert.equal(await running.store.read('runs/r1/metadata.json'), text);
      await running.store.write('runs/r1/metadata.json', 'short');
      assert.equal(await running.store.read('runs/r1/metadata.json'), 'short');
      await running.store.write('runs/r1/empty', '');
      assert.equal(await running.store.read('runs/r1/empty'), '');
    });

    test('lists are by prefix of the path, sorted', async () => {
      for (const path of ['list/b/2.json', 'list/a.json', 'list/b/1.json', 'listen/c.json']) {
        await running.store.write(path, path);
      }
      assert.deepEqual(await running.store.list('list/'), ['list/a.json', 'list/b/1.json', 'list/b/2.json']);
      assert.deepEqual(await running.store.list('list/b/'), ['list/b/1.json', 'list/b/2.json']);
      assert.deepEqual(await running.store.list('list/b'), ['list/b/1.json', 'list/b/2.json']);
      assert.deepEqual(await running.store.list('listen'), ['listen/c.json']);
      assert.deepEqual(await running.store.list('none/'), []);
    });

    test('a directory is not a text', async () => {
      await running.store.write('folder/file.json', '{}');
      assert.equal(await running.store.read('folder/file.json/below'), undefined);
    });

    test('a reader never sees half of a text', async () => {
      const texts = ['a', 'b'].map((letter) => letter.repeat(200_000));
      await running.store.write('atomic', texts[0] ?? '');
      let writing = true;
      const writes = (async () => {
        for (let round = 0; round < 10; round++) await running.store.write('atomic', texts[round % 2] ?? '');
        writing = false;
      })();
      let reads = 0;
      while (writing) {
        const seen = await running.store.read('atomic');
        assert.ok(seen !== undefined && texts.includes(seen), `${seen?.length} characters`);
        reads += 1;
      }
      await writes;
      assert.ok(reads > 0);
      assert.deepEqual(await running.store.list('atomic'), ['atomic']);
    });

    test('paths that leave the store are refused', async (t) => {
      for (const path of ['../x', 'a/../../x', '/etc/x', 'a//b', './a', 'a/', '', 'a\\b', 'a\0b']) {
        await t.test(JSON.stringify(path), async () => {
          await assert.rejects(running.store.write(path, 'x'), { name: 'UsageError', code: 'path-unsafe' });
          await assert.rejects(running.store.read(path), { name: 'UsageError', code: 'path-unsafe' });
        });
      }
      await assert.rejects(running.store.list('../'), { name: 'UsageError', code: 'path-unsafe' });
    });
  });
}
