import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ResultStore } from '../../src/ports/result-store.ts';
import { BASELINE_LATEST } from '../../src/results/layout.ts';
import { loadAllBaselines, loadBaseline, saveBaseline } from '../../src/results/runs.ts';
import { shardIds, withinShard } from '../../src/results/shards.ts';
import { assertAllRuns, baselineOfRun } from '../helpers/baseline-runs.ts';
import { RESULT_SCHEMAS } from '../helpers/result-schemas.ts';

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

    test('a text is replaced only by those who know it', async () => {
      const { store } = running;
      assert.equal(await store.readVersion('cas/latest.json'), undefined);
      assert.equal(await store.writeIf('cas/latest.json', 'never', 'no-such-version'), false);
      assert.equal(await store.writeIf('cas/latest.json', 'one', 'absent'), true);
      assert.equal(await store.writeIf('cas/latest.json', 'never', 'absent'), false);
      const one = await store.readVersion('cas/latest.json');
      assert.equal(one?.text, 'one');
      assert.equal(await store.writeIf('cas/latest.json', 'two', one.version), true);
      assert.equal(await store.writeIf('cas/latest.json', 'never', one.version), false);
      assert.equal(await store.read('cas/latest.json'), 'two');
      const two = await store.readVersion('cas/latest.json');
      assert.ok(two !== undefined && two.version !== one.version);
      await store.write('cas/latest.json', 'three');
      assert.equal(await store.writeIf('cas/latest.json', 'never', two.version), false);
      assert.equal(await store.read('cas/latest.json'), 'three');
      assert.deepEqual(await store.list('cas/'), ['cas/latest.json']);
    });

    test('of twenty who replace the same text one does', async () => {
      const { store } = running;
      await store.write('cas/race', 'start');
      const start = await store.readVersion('cas/race');
      const texts = Array.from({ length: 20 }, (_, index) => `text ${index}`);
      const won = await Promise.all(texts.map((text) => store.writeIf('cas/race', text, start?.version ?? '')));
      assert.equal(won.filter(Boolean).length, 1);
      assert.equal(await store.read('cas/race'), texts[won.indexOf(true)]);
      const first = await Promise.all(texts.map((text) => store.writeIf('cas/first', text, 'absent')));
      assert.equal(first.filter(Boolean).length, 1);
      assert.equal(await store.read('cas/first'), texts[first.indexOf(true)]);
    });

    test('twenty baselines that are stored at once are all in it', async () => {
      const { store } = running;
      const pause = (attempt: number) => sleep(Math.min(attempt * 10, 200) * Math.random());
      await Promise.all(
        Array.from({ length: 20 }, (_, index) => saveBaseline(store, baselineOfRun(index), RESULT_SCHEMAS, { pause })),
      );
      assertAllRuns(await loadBaseline(store, RESULT_SCHEMAS), 20);
      const dated = await store.read('baselines/2026-11-21/baseline.json');
      assert.equal(dated, await store.read(BASELINE_LATEST), 'the dated copy is as whole as the latest one');
    });

    test('two baselines of one store know nothing of each other', async () => {
      const { store } = running;
      const [mine, other] = ['baselines/suite/latest.json', 'baselines/suite/main.json'];
      await saveBaseline(store, baselineOfRun(1), RESULT_SCHEMAS, { path: mine });
      await saveBaseline(store, baselineOfRun(2), RESULT_SCHEMAS, { path: other });
      await saveBaseline(store, baselineOfRun(3), RESULT_SCHEMAS, { path: mine });
      const ids = async (path: string) =>
        new Set(
          Object.values((await loadBaseline(store, RESULT_SCHEMAS, path))?.serviceTypes ?? {})
            .flat()
            .flatMap(({ runs }) => runs.map(({ runId }) => runId)),
        );
      assert.deepEqual([(await ids(mine)).size, (await ids(other)).size], [2, 1]);
      assert.equal(new Set([...(await ids(mine)), ...(await ids(other))]).size, 3);
      for (const [latest, dated] of [
        [mine, 'baselines/suite/2026-11-21/baseline.json'],
        [other, 'baselines/suite/2026-11-21/main.json'],
      ] as const)
        assert.equal(await store.read(dated), await store.read(latest));
      assert.ok((await loadAllBaselines(store, RESULT_SCHEMAS)).length >= 2);
    });

    test('twenty shards write beside each other, and each sees its own', async () => {
      const shards = Array.from({ length: 20 }, (_, index) => String(index + 1).padStart(2, '0'));
      await Promise.all(
        shards.map(async (shard) => {
          const own = withinShard(running.store, 'shared', shard);
          await own.write('runs/shared/metadata.json', shard);
          await own.write('runs/shared/type/results.json', `results ${shard}`);
          assert.equal(await own.read('runs/shared/metadata.json'), shard);
          assert.deepEqual(await own.list('runs/shared/'), [
            'runs/shared/metadata.json',
            'runs/shared/type/results.json',
          ]);
        }),
      );
      assert.deepEqual(shardIds(await running.store.list('runs/shared/'), 'shared'), shards);
      const texts = await Promise.all(
        shards.map((shard) => running.store.read(`runs/shared/shards/${shard}/type/results.json`)),
      );
      assert.deepEqual(
        texts,
        shards.map((shard) => `results ${shard}`),
      );
    });

    test('what is removed is gone, and what is not there is gone already', async () => {
      const { store } = running;
      for (const path of ['old/r1/a.json', 'old/r1/b/c.json', 'old/r2/a.json']) await store.write(path, path);
      await store.remove('old/r1/b/c.json');
      assert.deepEqual(await store.list('old/'), ['old/r1/a.json', 'old/r2/a.json']);
      await store.remove('old/r1/a.json');
      await store.remove('old/r1/a.json');
      await store.remove('old/r0/never/there.json');
      assert.equal(await store.read('old/r1/a.json'), undefined);
      assert.equal(await store.readVersion('old/r1/a.json'), undefined);
      assert.deepEqual(await store.list('old/'), ['old/r2/a.json']);
      assert.equal(await store.writeIf('old/r1/a.json', 'again', 'absent'), true);
    });

    test('names that a URL or a file system would read otherwise are names', async () => {
      const names = ['a b', 'a%2Fb', 'a%20b', 'a?b', 'a#b', 'a+b', 'ä', '\u{1f600}', 'a&b=c', "a'b", '...', '.hidden'];
      for (const name of names) await running.store.write(`names/${name}/x`, name);
      for (const name of names) assert.equal(await running.store.read(`names/${name}/x`), name);
      assert.deepEqual(await running.store.list('names/'), names.map((name) => `names/${name}/x`).sort());
    });

    test('paths that leave the store are refused', async (t) => {
      for (const path of ['../x', 'a/../../x', '/etc/x', 'a//b', './a', 'a/', '', 'a\\b', 'a\0b']) {
        await t.test(JSON.stringify(path), async () => {
          await assert.rejects(running.store.write(path, 'x'), { name: 'UsageError', code: 'path-unsafe' });
          await assert.rejects(running.store.read(path), { name: 'UsageError', code: 'path-unsafe' });
          await assert.rejects(running.store.readVersion(path), { name: 'UsageError', code: 'path-unsafe' });
          await assert.rejects(running.store.writeIf(path, 'x', 'absent'), { code: 'path-unsafe' });
          await assert.rejects(running.store.remove(path), { name: 'UsageError', code: 'path-unsafe' });
        });
      }
      await assert.rejects(running.store.list('../'), { name: 'UsageError', code: 'path-unsafe' });
    });
  });
}
