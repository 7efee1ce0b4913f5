import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { NO_BUNDLE, runStep, startStep, TOKEN } from '../helpers/action-step.ts';
import { filesBelow, isOpen, newWorkspace, placeRepository, readJson, until } from '../helpers/cli.ts';

const workspace = newWorkspace();

before(() => {
  placeRepository(workspace, 'pipeline', 'right');
  writeFileSync(
    join(workspace.directory, 'perf.yaml'),
    'version: "1.0"\nbenchmark: { warm_requests: { count: 40, concurrency: 2 } }\nemulator: { runtime: process }\n',
  );
  writeFileSync(
    join(workspace.directory, 'endless.yaml'),
    'version: "1.0"\nbenchmark: { warm_requests: { count: 1000000, concurrency: 2 } }\nemulator: { runtime: process }\n',
  );
});
after(() => workspace.remove());

describe('the action, bundled', { skip: NO_BUNDLE }, () => {
  test('discover gives the job matrix', async () => {
    const { ended, outputs } = await runStep(workspace, { command: 'discover', manifest: 'repo' });
    assert.equal(ended.code, 0, ended.stderr + ended.stdout);
    const matrix = JSON.parse(outputs.get('matrix') ?? '') as { include: object[] };
    assert.equal(matrix.include.length, 6);
    assert.match(ended.stdout, new RegExp(`^::add-mask::${TOKEN}$`, 'm'));
  });

  test('benchmark gives run, verdict, paths and a summary', async () => {
    const { ended, outputs, state, summary } = await runStep(workspace, {
      manifest: 'repo',
      config: 'perf.yaml',
      implementation: 'right',
      platform: 'local',
      results: 'results',
      iterations: '2',
      rounds: '1',
      // Its tasks are this bundle, too.
      'load-from': 'job',
    });
    assert.equal(ended.code, 0, ended.stderr + ended.stdout);
    const runId = outputs.get('run-id') ?? '';
    assert.match(runId, /^run-\d{8}-\d{6}-[a-z0-9]+$/);
    assert.equal(outputs.get('verdict'), 'new');
    assert.equal(outputs.get('results-path'), join(workspace.results, 'runs', runId));
    const report = outputs.get('report-path') ?? '';
    assert.equal(report, join(workspace.results, 'runs', runId, 'report.md'));
    assert.equal(summary, readFileSync(report, 'utf8'));
    const told = JSON.parse(outputs.get('summary') ?? '');
    assert.deepEqual(told, { exitCode: 0, verdict: 'new', states: { right: 'new' } });
    assert.equal(state.get('run-id'), runId);
    assert.equal(state.get('isPost'), 'true');
    assert.deepEqual(workspace.instances(), []);
    const { resources } = readJson(join(workspace.results, 'runs', runId, 'metadata.json'));
    assert.deepEqual(
      resources.removed.map(({ kind }: { kind: string }) => kind),
      ['service', 'job'],
    );

    const post = await runStep(workspace, { platform: 'local' }, { state });
    assert.equal(post.ended.code, 0, post.ended.stderr + post.ended.stdout);
  });

  test('a contract that is broken fails the step with the code of the table, and still gives its outputs', async () => {
    const { ended, outputs, summary } = await runStep(workspace, {
      manifest: 'repo',
      config: 'perf.yaml',
      implementation: 'broken',
      platform: 'local',
      results: 'results-broken',
    });
    assert.equal(ended.code, 3, ended.stderr + ended.stdout);
    assert.match(ended.stdout, /^::error::cloudrun-perf ended with exit code 3: /m);
    assert.equal(outputs.get('verdict'), 'contract failed');
    assert.match(summary, /broken/);
    assert.equal(JSON.parse(outputs.get('summary') ?? '').exitCode, 3);
  });

  for (const [what, inputs, says] of [
    ['a command', { command: 'benchmrk' }, /input command is "benchmrk"; wanted is one of .*benchmark/],
    ['a number', { rounds: 'many', manifest: 'repo' }, /input rounds is "many"; wanted is a whole number/],
    ['an unused input', { command: 'report', baseline: 'git:--x' }, /input baseline is/],
    ['a boolean', { 'dry-run': 'yes' }, /input dry-run is "yes"; wanted is true or false/],
  ] as const) {
    test(`${what} that is wrong fails before anything starts`, async () => {
      const untouched = filesBelow(workspace.state);
      const { ended, outputs, state } = await runStep(workspace, {
        ...inputs,
        platform: 'local',
        results: 'results-wrong',
      });
      assert.equal(ended.code, 2, ended.stdout);
      assert.match(ended.stdout, /^::error/m);
      assert.match(ended.stdout, says);
      assert.equal(outputs.size, 0);
      assert.equal(state.get('run-id'), undefined);
      assert.deepEqual(filesBelow(workspace.state), untouched);
      assert.equal(existsSync(join(workspace.directory, 'results-wrong')), false);
    });
  }

  test('the post step ends what a killed main step left', async () => {
    const inputs = { manifest: 'repo', config: 'endless.yaml', implementation: 'right', platform: 'local' };
    const main = startStep(workspace, { ...inputs, results: 'results-killed' });
    await main.tool.says('stdout', /measuring right \(1 of 1\)/);
    await until(() => workspace.records().length > 0, 'an instance runs');
    main.tool.child.kill('SIGKILL');
    const { state } = await main.finish();
    const ports = workspace.records().map(({ port }) => port);
    assert.ok(workspace.instances().length > 0, 'a killed step leaves its instance: else this test proves nothing');

    const { ended } = await runStep(workspace, inputs, { state });
    assert.equal(ended.code, 0, ended.stderr + ended.stdout);
    assert.match(ended.stdout, /stopped process \d+ of right-head-/);
    assert.deepEqual(workspace.instances(), []);
    assert.deepEqual(
      await Promise.all(ports.map(isOpen)),
      ports.map(() => false),
    );
  });

  test('the token is in no file and in no line, but for the one that masks it', async () => {
    const { ended } = await runStep(workspace, {
      command: 'discover',
      manifest: `https://x:${TOKEN}@127.0.0.1:1/x.git`,
      verbose: 'true',
    });
    assert.notEqual(ended.code, 0);
    const lines = `${ended.stdout}\n${ended.stderr}`.split('\n').filter((line) => line.includes(TOKEN));
    assert.deepEqual([...new Set(lines)], [`::add-mask::${TOKEN}`]);
    const holding = filesBelow(workspace.directory).filter((path) =>
      readFileSync(join(workspace.directory, path), 'utf8').includes(TOKEN),
    );
    assert.deepEqual(holding, []);
  });
});
