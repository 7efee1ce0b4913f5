import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Comparison } from '../../src/domain/comparison.ts';
import { filesBelow, git, newWorkspace, placeRepository, readJson, runTool } from '../helpers/cli.ts';

const workspace = newWorkspace();
let server = '';
let source = '';

before(() => {
  const repository = placeRepository(workspace, 'pipeline', 'right');
  server = join(repository, 'implementations/right/server.js');
  source = readFileSync(server, 'utf8');
  git(repository, 'init', '-q', '-b', 'main');
  git(repository, 'add', '-A');
  git(repository, 'commit', '-qm', 'base');
  writeFileSync(
    join(workspace.directory, 'perf.yaml'),
    'version: "1.0"\nbenchmark: { warm_requests: { count: 40, concurrency: 2 } }\nemulator: { runtime: process }\n',
  );
});
after(() => workspace.remove());

/** Head, as it lies there, beside base, as it was committed. */
async function benchmark(results: string) {
  const args = ['benchmark', '--platform', 'local', '--manifest', 'repo', '--config', 'perf.yaml', '--impl', 'right'];
  const small = ['--baseline', 'git:HEAD', '--iterations', '4', '--rounds', '2', '--results', results];
  const ended = await runTool(workspace, [...args, ...small]);
  const place = join(workspace.directory, results);
  const [file = ''] = filesBelow(place).filter((path) => path.endsWith('/results.json'));
  const { comparison } = readJson(join(place, file)) as { readonly comparison: Comparison };
  assert.equal(comparison.mode, 'side-by-side');
  assert.deepEqual(workspace.instances(), []);
  return { ...ended, comparison, report: place };
}

test('a planted slowdown ends with 4, and the report begins with it', async () => {
  // A wait, not work: it is as long on a slow machine as on a fast one, and many times what a right service takes.
  const slow = source.replace('createServer(async (request, response) => {', '$&\n  await wait(20);');
  assert.notEqual(slow, source);
  const wait = 'const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));\nawait wait(250);\n';
  writeFileSync(server, slow.replace('const server =', `${wait}const server =`));
  try {
    const { code, comparison, stdout, stderr } = await benchmark('slow');
    assert.equal(code, 4, `${stdout}\n${stderr}`);
    assert.equal(comparison.verdict, 'regression');
    const [judged] = comparison.implementations;
    const metrics = new Map(judged?.metrics.map((metric) => [metric.metric, metric]));
    for (const id of ['cold-ttfb', 'warm-p50'] as const) {
      assert.equal(metrics.get(id)?.verdict, 'regression', id);
      assert.ok((metrics.get(id)?.estimate?.ratio ?? 0) > 2, id);
    }
    assert.ok(stdout.indexOf('regression') >= 0 && stdout.indexOf('regression') < 200, stdout.slice(0, 400));
    assert.deepEqual(
      filesBelow(join(workspace.directory, 'slow')).filter((path) => path.startsWith('baselines/')),
      [],
      'a known regression is no baseline',
    );
  } finally {
    writeFileSync(server, source);
  }
});

for (const run of ['first', 'second']) {
  test(`what did not change is no regression, ${run} time`, async () => {
    const { code, comparison, stdout, stderr } = await benchmark(run);
    assert.equal(code, 0, `${stdout}\n${stderr}`);
    assert.notEqual(comparison.verdict, 'regression');
  });
}
