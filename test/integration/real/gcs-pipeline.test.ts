import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createBucketStore } from '../../../src/adapters/results/bucket.ts';
import { runIds } from '../../../src/results/layout.ts';
import { loadBaseline, loadRun } from '../../../src/results/runs.ts';
import { newWorkspace, placeRepository, runTool } from '../../helpers/cli.ts';
import { type GcsServer, withGcsServer } from '../../helpers/gcs-server.ts';
import { RESULT_SCHEMAS } from '../../helpers/result-schemas.ts';

withGcsServer('runs in a bucket', (start) => {
  const workspace = newWorkspace();
  let server: GcsServer;
  before(async () => {
    server = await start();
    await server.createBucket('team-results');
    placeRepository(workspace, 'pipeline', 'right');
    writeFileSync(
      join(workspace.directory, 'perf.yaml'),
      'version: "1.0"\nbenchmark: { warm_requests: { count: 40, concurrency: 2 } }\nemulator: { runtime: process }\nstorage: { results_bucket: gs://team-results/perf }\n',
    );
  });
  after(async () => {
    workspace.remove();
    await server?.close();
  });
  const tool = (...args: string[]) =>
    runTool(workspace, [...args, '--config', 'perf.yaml'], { env: { STORAGE_EMULATOR_HOST: server.origin } });

  test('a run makes the baseline, the next one is compared with it, and both can be read again', async () => {
    const small = ['--manifest', 'repo', '--impl', 'right', '--iterations', '2', '--rounds', '1'];
    for (const more of [['--baseline', 'none'], ['--save-baseline']]) {
      const { code, stdout, stderr } = await tool('benchmark', '--platform', 'local', ...small, ...more);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /gs:\/\/team-results\/perf\/baselines\/latest\.json \((the first one|updated)\)/);
    }
    const store = createBucketStore({ url: 'gs://team-results/perf', apiEndpoint: server.origin });
    const ids = runIds(await store.list('runs/'));
    assert.equal(ids.length, 2);
    const run = await loadRun(store, 'latest', RESULT_SCHEMAS);
    assert.deepEqual(run.metadata.baseline?.runIds, [ids[1]]);
    const baseline = await loadBaseline(store, RESULT_SCHEMAS);
    const [entry] = Object.values(baseline?.serviceTypes ?? {}).flat();
    assert.deepEqual(
      entry?.runs.map(({ runId, tags }) => [runId, tags?.platform]),
      ids.map((id) => [id, 'local']),
    );
    const again = await tool('report', '--run', ids[0] ?? '', '--format', 'markdown');
    assert.match(again.stdout, /right/);
    assert.deepEqual(
      (await store.list('')).filter((path) => !/^(runs|baselines|comparisons)\//.test(path)),
      [],
    );
  });

  test('a bucket that is not there fails before anything is built', async () => {
    const { code, stderr } = await tool(
      'benchmark',
      '--manifest',
      'repo',
      '--platform',
      'local',
      '--results',
      'gs://not-there',
    );
    assert.equal(code, 1, stderr);
    assert.match(stderr, /there is no bucket not-there.*\[bucket-missing\]/);
    assert.doesNotMatch(stderr, /build/i);
  });
});
