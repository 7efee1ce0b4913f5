import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { newWorkspace, placeRepository, readJson, runTool, startTool, until } from '../helpers/cli.ts';

const workspace = newWorkspace();

before(() => {
  placeRepository(workspace, 'pipeline', 'right');
  writeFileSync(
    join(workspace.directory, 'perf.yaml'),
    `version: "1.0"
service_repositories: [{ url: repo }]
benchmark: { warm_requests: { count: 200, concurrency: 2 } }
emulator: { runtime: process }
`,
  );
});
after(() => workspace.remove());

const benchmark = [
  'benchmark',
  '--platform',
  'local',
  '--config',
  'perf.yaml',
  '--impl',
  'right',
  '--baseline',
  'none',
];
const short = ['--iterations', '2', '--rounds', '1'];

/** Killed at a moment of the pipeline that its log tells. `runs`: by then the machine has processes of it. */
const POINTS: readonly [name: string, wanted: RegExp, runs: boolean][] = [
  ['it builds', /building head/, false],
  ['it deploys', /deploying head/, false],
  ['the contract is checked', /contract \d+ of \d+ vectors passed/, true],
  ['it measures', /sample 2 of 2/, true],
];

describe('the command line, killed on this machine', () => {
  for (const [name, wanted, runs] of POINTS) {
    test(`cleanup after a kill when ${name}`, async () => {
      // Of JSON every line of progress is written.
      const told = ['--log-format', 'json', '--results', name.replaceAll(' ', '-')];
      const tool = startTool(workspace, [...benchmark, ...short, ...told]);
      await tool.says('stderr', wanted);
      if (runs) await until(() => workspace.instances().length > 0, 'an instance runs');
      tool.child.kill('SIGKILL');
      await tool.ended;
      if (runs) assert.ok(workspace.instances().length > 0, 'nothing was left: this point proves nothing');
      const cleanup = await runTool(workspace, ['cleanup', '--platform', 'local']);
      assert.equal(cleanup.code, 0, cleanup.stderr);
      assert.deepEqual(workspace.instances(), []);
      const work = join(workspace.state, 'work');
      assert.deepEqual(existsSync(work) ? readdirSync(work) : [], []);
      const again = await runTool(workspace, ['cleanup', '--platform', 'local']);
      assert.match(again.stdout, /nothing was left on this machine/);
    });
  }

  test('a run that comes to its end says that it has left nothing, and what it would have cost', async () => {
    const { code, stdout, stderr } = await runTool(workspace, [...benchmark, ...short, '--results', 'whole']);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^Resources: created 1 service, removed 1 service, left nothing$/m);
    assert.match(
      stdout.replaceAll('\n', ' '),
      /nothing was billed; on Cloud Run in us-central1 this run would have cost/,
    );
    const runs = join(workspace.directory, 'whole/runs');
    const { resources, cost } = readJson(join(runs, readdirSync(runs)[0] ?? '', 'metadata.json'));
    assert.deepEqual(resources.removed, resources.created);
    assert.equal(cost.hypothetical, true);
    assert.ok(cost.estimatedDollars > 0);
  });

  test('a run in the cloud above the cap is refused before it needs credentials', async () => {
    const cloud = ['--project', 'my-project-1', '--config', 'perf.yaml', '--impl', 'right', '--baseline', 'none'];
    const { code, stderr } = await runTool(workspace, ['benchmark', ...cloud, '--max-cost', '0.0001']);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /estimated at 0\.\d+ US dollars, wanted at most 0\.000 US dollars: nothing was started/);
    assert.match(stderr, /\[cost-over-limit\]/);
  });
});
