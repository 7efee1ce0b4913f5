import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createBucketStore } from '../../../src/adapters/results/bucket.ts';
import { BASELINE_LATEST } from '../../../src/results/layout.ts';
import { loadBaseline, loadRun, saveBaseline, saveMetadata } from '../../../src/results/runs.ts';
import { resultStoreSuite } from '../../conformance/result-store.suite.ts';
import { assertAllRuns, baselineOfRun } from '../../helpers/baseline-runs.ts';
import { exampleMetadata } from '../../helpers/example-run.ts';
import { type GcsServer, withGcsServer } from '../../helpers/gcs-server.ts';
import { RESULT_SCHEMAS } from '../../helpers/result-schemas.ts';

withGcsServer('Cloud Storage', (start) => {
  for (const prefix of ['', '/team/perf results']) {
    resultStoreSuite(`bucket${prefix}`, async () => {
      const server = await start();
      await server.createBucket('results');
      await server.put('results', 'team/perf results-of-others/x.json', '{}');
      // At the root of a bucket everything is the store's.
      const url = prefix === '' ? 'gs://empty' : `gs://results${prefix}`;
      if (prefix === '') await server.createBucket('empty');
      return { store: createBucketStore({ url, apiEndpoint: server.origin }), close: () => server.close() };
    });
  }

  let server: GcsServer;
  let buckets = 0;
  before(async () => {
    server = await start();
  });
  after(() => server?.close());
  const open = async (options: { readonly resumableBytes?: number } = {}) => {
    const bucket = `bucket-${++buckets}`;
    await server.createBucket(bucket);
    const url = `gs://${bucket}/perf/`;
    return { bucket, url, store: createBucketStore({ url, apiEndpoint: server.origin, ...options }) };
  };

  test('twenty jobs with clients of their own store their baselines at once', async () => {
    const { url, store } = await open();
    const pause = async () => {};
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => {
        const own = createBucketStore({ url, apiEndpoint: server.origin });
        return saveBaseline(own, baselineOfRun(index), RESULT_SCHEMAS, { pause });
      }),
    );
    assertAllRuns(await loadBaseline(store, RESULT_SCHEMAS), 20);
  });

  test('a large text is sent in parts, also on condition', async () => {
    const { store } = await open();
    const text = 'ä'.repeat(3_500_000);
    await store.write('large/a', text);
    assert.equal(await store.read('large/a'), text);
    assert.equal(await store.writeIf('large/b', text, 'absent'), true);
    assert.equal(await store.writeIf('large/b', `${text}!`, 'absent'), false);
    const found = await store.readVersion('large/b');
    assert.equal(found?.text, text);
    assert.equal(await store.writeIf('large/b', `${text}!`, found.version), true);
    assert.equal(await store.writeIf('large/b', text, found.version), false);
    assert.equal((await store.read('large/b'))?.length, text.length + 1);
  });

  test('of twenty large texts on the same condition one is stored', async () => {
    const { store } = await open({ resumableBytes: 10 });
    const texts = Array.from({ length: 20 }, (_, index) => `a text of more than ten bytes ${index}`);
    const won = await Promise.all(texts.map((text) => store.writeIf('race', text, 'absent')));
    assert.equal(won.filter(Boolean).length, 1);
    assert.equal(await store.read('race'), texts[won.indexOf(true)]);
  });

  test('more objects than a page holds are all listed', async () => {
    const { bucket, store } = await open();
    const names = Array.from({ length: 1100 }, (_, index) => `runs/r${String(index).padStart(4, '0')}/x`);
    for (let at = 0; at < names.length; at += 50)
      await Promise.all(names.slice(at, at + 50).map((name) => server.put(bucket, `perf/${name}`, 'x')));
    assert.deepEqual(await store.list('runs/'), names);
  });

  test('names of objects that are no paths are not listed, and stop nothing', async () => {
    const { bucket, store } = await open();
    const hostile = [
      '../../etc/passwd',
      'runs/../../x/metadata.json',
      'runs//metadata.json',
      'runs/a\nb/metadata.json',
      'runs/..',
      'folder/',
    ];
    for (const name of hostile) await server.put(bucket, `perf/${name}`, '{}');
    await server.put(bucket, 'perfect/metadata.json', '{}');
    await saveMetadata(store, exampleMetadata({ runId: 'run-1' }), RESULT_SCHEMAS);
    assert.deepEqual(await store.list(''), ['runs/run-1/metadata.json']);
    assert.equal((await loadRun(store, 'latest', RESULT_SCHEMAS)).metadata.runId, 'run-1');
  });

  test('a baseline of a wrong form is refused and not overwritten', async () => {
    const { bucket, store } = await open();
    for (const text of [
      '{"format":"baseline/1","serviceTypes":{"x":[{}]}}',
      'no JSON',
      '{"format":"baseline/2"}',
      '[]',
    ]) {
      await server.put(bucket, `perf/${BASELINE_LATEST}`, text);
      await assert.rejects(loadBaseline(store, RESULT_SCHEMAS), { name: 'UsageError' });
      await assert.rejects(saveBaseline(store, baselineOfRun(1), RESULT_SCHEMAS), { name: 'UsageError' });
      assert.equal(await store.read(BASELINE_LATEST), text);
    }
  });

  test('a huge object is refused before it is downloaded', async () => {
    const { bucket, store } = await open();
    await server.put(bucket, `perf/${BASELINE_LATEST}`, Buffer.alloc(64 * 1024 * 1024 + 1, ' '));
    const before = process.memoryUsage.rss();
    await assert.rejects(loadBaseline(store, RESULT_SCHEMAS), { code: 'file-too-large', message: /67108865 bytes/ });
    assert.ok(process.memoryUsage.rss() - before < 60_000_000);
  });

  test('a packed object is not unpacked', async () => {
    const { bucket, store } = await open();
    const bomb = gzipSync(Buffer.alloc(100 * 1024 * 1024, ' '));
    await server.put(bucket, `perf/${BASELINE_LATEST}`, bomb, { 'content-encoding': 'gzip' });
    await assert.rejects(loadBaseline(store, RESULT_SCHEMAS), { name: 'UsageError' });
  });

  test('a bucket that is not there is named, whatever is done', async () => {
    const store = createBucketStore({ url: 'gs://no-such-bucket', apiEndpoint: server.origin });
    const attempts = [
      () => store.read('a'),
      () => store.readVersion('a'),
      () => store.list(''),
      () => store.write('a', 'x'),
      () => store.write('a', 'x'.repeat(6_000_000)),
      () => store.writeIf('a', 'x', 'absent'),
    ];
    for (const attempt of attempts)
      await assert.rejects(attempt, { code: 'bucket-missing', message: /no bucket no-such-bucket/ });
  });
});
