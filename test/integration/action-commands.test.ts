import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { NO_BUNDLE, runStep, type Step, startStep } from '../helpers/action-step.ts';
import { filesBelow, isOpen, newWorkspace, placeRepository, until } from '../helpers/cli.ts';
import { type GitHubFake, JOB_TOKEN, startGitHubFake } from '../helpers/github-fake.ts';

const workspace = newWorkspace();
const REPOSITORY = 'org/service';
const HEAD = 'a'.repeat(40);
const COMMON = { manifest: 'repo', config: 'perf.yaml', platform: 'local' };
const SMALL = { ...COMMON, implementation: 'right', iterations: '1', rounds: '1', results: 'results' };
let github: GitHubFake;

before(async () => {
  placeRepository(workspace, 'pipeline', 'right');
  const config = (requests: number) =>
    `version: "1.0"\nbenchmark: { warm_requests: { count: ${requests}, concurrency: 2 } }\nemulator: { runtime: process }\n`;
  writeFileSync(join(workspace.directory, 'perf.yaml'), config(40));
  writeFileSync(join(workspace.directory, 'endless.yaml'), config(1_000_000));
  github = await startGitHubFake({
    repository: REPOSITORY,
    pullRequests: [
      { number: 7, open: true, headSha: HEAD, baseSha: 'b'.repeat(40), headRepository: REPOSITORY, headBranch: 'x' },
    ],
    collaborators: { maintainer: { permission: 'write' } },
    comments: [{ number: 7, body: '/perf right', author: 'maintainer' }],
  });
});
after(async () => {
  await github?.close();
  workspace.remove();
});

const said = ({ ended }: Step) => `${ended.stdout}\n${ended.stderr}`;

/** The post step, as the runner has it after whatever the main step did. */
async function cleanAfter(step: Step): Promise<void> {
  const post = await runStep(workspace, COMMON, { state: step.state });
  assert.equal(post.ended.code, 0, said(post));
  assert.deepEqual(workspace.instances(), []);
}

describe('every command of the action, main step then post step', { skip: NO_BUNDLE, concurrency: 1 }, () => {
  let first = '';

  test('validate: all is right', async () => {
    const step = await runStep(workspace, { ...COMMON, command: 'validate', implementation: 'right' });
    assert.equal(step.ended.code, 0, said(step));
    assert.equal(step.outputs.get('verdict'), 'passed');
    assert.match(step.summary, /## Contract: 1 service checked, all conform/);
    await cleanAfter(step);
  });

  test('validate: a broken contract is exit code 3', async () => {
    const step = await runStep(workspace, { ...COMMON, command: 'validate', implementation: 'broken' });
    assert.equal(step.ended.code, 3, said(step));
    assert.equal(step.outputs.get('verdict'), 'contract failed');
    assert.match(step.summary, /broken/);
    await cleanAfter(step);
  });

  test('deploy: shows what it would do, and is refused where nothing would stay', async () => {
    const shown = await runStep(workspace, {
      ...COMMON,
      command: 'deploy',
      implementation: 'right',
      'dry-run': 'true',
    });
    assert.equal(shown.ended.code, 0, said(shown));
    assert.match(shown.ended.stdout, /right/);
    const job = { env: { GITHUB_RUN_ID: '1' } };
    const step = await runStep(workspace, { ...COMMON, command: 'deploy', implementation: 'right' }, job);
    assert.equal(step.ended.code, 2, said(step));
    assert.match(step.ended.stdout, /deploy-needs-cloud/);
    await cleanAfter(step);
  });

  test('benchmark, twice', async () => {
    const step = await runStep(workspace, SMALL);
    assert.equal(step.ended.code, 0, said(step));
    first = step.outputs.get('run-id') ?? '';
    assert.match(first, /^run-/);
    await cleanAfter(step);
    const second = await runStep(workspace, { ...SMALL, baseline: 'none', 'save-baseline': 'false' });
    assert.equal(second.ended.code, 0, said(second));
  });

  test('report: the run again, in the log, as outputs and as job summary', async () => {
    const step = await runStep(workspace, { command: 'report', 'run-id': first, results: 'results' });
    assert.equal(step.ended.code, 0, said(step));
    assert.equal(step.outputs.get('run-id'), first);
    assert.equal(step.outputs.get('verdict'), 'new');
    assert.match(step.summary, /right/);
    assert.match(step.ended.stdout, /right/);
    await cleanAfter(step);
  });

  test('report: a run that is not there is a mistake of the user', async () => {
    const step = await runStep(workspace, { command: 'report', 'run-id': 'run-none', results: 'results' });
    assert.equal(step.ended.code, 2, said(step));
    assert.match(step.ended.stdout, /holds no run "run-none"/);
  });

  test('compare: two runs', async () => {
    const inputs = { command: 'compare', baseline: first, 'run-id': 'latest', results: 'results' };
    const step = await runStep(workspace, inputs);
    assert.equal(step.ended.code, 0, said(step));
    assert.match(step.summary, /right/);
    await cleanAfter(step);
  });

  test('cleanup: nothing is left', async () => {
    const step = await runStep(workspace, { ...COMMON, command: 'cleanup' });
    assert.equal(step.ended.code, 0, said(step));
    assert.match(step.ended.stdout, /nothing was left/);
    await cleanAfter(step);
  });

  test('slash-command: what a comment asks for, as outputs for the jobs that follow', async () => {
    const [comment] = github.state.comments;
    const step = await runStep(
      workspace,
      { command: 'slash-command', 'github-token': JOB_TOKEN },
      {
        env: {
          GITHUB_API_URL: github.apiUrl,
          GITHUB_GRAPHQL_URL: github.graphqlUrl,
          GITHUB_REPOSITORY: REPOSITORY,
          GITHUB_RUN_ID: '77',
        },
        event: {
          name: 'issue_comment',
          payload: {
            action: 'created',
            repository: { full_name: REPOSITORY, default_branch: 'main' },
            issue: { number: 7, pull_request: {} },
            comment: { id: comment?.id, body: comment?.body, user: { login: 'maintainer' } },
          },
        },
      },
    );
    assert.equal(step.ended.code, 0, said(step));
    assert.equal(step.outputs.get('accepted'), 'true');
    assert.equal(step.outputs.get('head-sha'), HEAD);
    assert.equal(step.outputs.get('implementation'), 'right');
    assert.deepEqual(
      github.state.reactions.map(({ content }) => content),
      ['eyes'],
    );
    assert.match(github.state.comments.at(-1)?.body ?? '', /actions\/runs\/77/);
    await cleanAfter(step);
  });
});

describe('a run that is cancelled', { skip: NO_BUNDLE, concurrency: 1 }, () => {
  for (const [signals, code] of [
    [['SIGINT'], 130],
    [['SIGTERM'], 143],
    [['SIGINT', 'SIGTERM'], 130],
  ] as const)
    test(`by ${signals.join(' then ')} ends by itself, and its post step finds nothing`, async () => {
      const inputs = { ...SMALL, config: 'endless.yaml', results: `results-${signals.join('-')}` };
      const main = startStep(workspace, inputs);
      await main.tool.says('stdout', /measuring right \(1 of 1\)/);
      await until(() => workspace.records().length > 0, 'an instance runs');
      await sleep(300);
      const ports = workspace.records().map(({ port }) => port);
      for (const signal of signals) {
        main.tool.child.kill(signal);
        await sleep(20);
      }
      const step = await main.finish();
      assert.equal(step.ended.code, code, said(step));
      assert.match(step.ended.stdout, /^::error::cancelled \(SIG(?:INT|TERM)\): /m);
      assert.doesNotMatch(step.ended.stdout, /\n\s+at /);
      assert.deepEqual(workspace.instances(), []);
      assert.ok(ports.length > 0);
      assert.deepEqual(
        await Promise.all(ports.map(isOpen)),
        ports.map(() => false),
      );
      const [metadata = ''] = filesBelow(join(workspace.directory, inputs.results)).filter((path) =>
        path.endsWith('metadata.json'),
      );
      assert.match(metadata, /^runs\/run-/);
      const post = await runStep(workspace, inputs, { state: step.state });
      assert.equal(post.ended.code, 0, said(post));
      assert.match(post.ended.stdout, /nothing was left/);
    });
});
