import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Baseline } from '../../src/domain/baseline.ts';
import type { RunMetadata, ServiceTypeResults } from '../../src/domain/run.ts';
import { runActionStep, type Step } from '../helpers/action-step.ts';
import { git, newWorkspace, readJson } from '../helpers/cli.ts';
import { commitAll, placeThree } from '../helpers/three-implementations.ts';

const workspace = newWorkspace();
const SMALL = { config: 'perf.yaml', results: '../results', platform: 'local', iterations: '3', rounds: '2' };
const REPOSITORY = 'someone/services';
let repository = '';
let elsewhere = '';
let main = '';

before(() => {
  repository = placeThree(workspace);
  main = git(repository, 'rev-parse', 'HEAD');
  // The job that puts a run together has no sources.
  elsewhere = join(workspace.directory, 'elsewhere');
  mkdirSync(elsewhere);
});
after(() => workspace.remove());

interface Job {
  readonly event: { readonly name: string; readonly payload: object };
  readonly env: Readonly<Record<string, string>>;
}

/** All jobs of a workflow run, but for those that are lost. */
async function workflow({ event, env }: Job, inputs: Readonly<Record<string, string>>, lost: readonly string[] = []) {
  const options = { cwd: repository, event, env };
  const planned = await runActionStep(workspace, { ...SMALL, command: 'discover', ...inputs }, options);
  assert.equal(planned.ended.code, 0, said(planned));
  const runId = planned.outputs.get('run-id') ?? '';
  const { include } = JSON.parse(planned.outputs.get('matrix') ?? '') as { include: Record<string, string>[] };
  for (const { shard = '' } of include) {
    if (lost.includes(shard)) continue;
    const measured = await runActionStep(workspace, { ...SMALL, 'run-id': runId, shard }, options);
    assert.equal(measured.ended.code, 0, said(measured));
  }
  const publish = { results: '../results', command: 'report', 'run-id': runId, 'fail-on': 'contract' };
  const report = () => runActionStep(workspace, publish, { cwd: elsewhere, event, env });
  return { runId, shards: include.map(({ shard }) => shard), report };
}

const said = ({ ended }: Step) => `${ended.stdout}\n${ended.stderr}`;
const stored = <T>(path: string) => readJson(join(workspace.results, path)) as T;
const baselineRuns = () =>
  stored<Baseline>('baselines/latest.json').serviceTypes['discord-webhook']?.map(({ name, runs }) => [
    name,
    runs.map(({ runId }) => runId),
  ]);

let firstRun = '';
let secondRun = '';

test('on the default branch the jobs become one run and the baseline; a lost job is a failure by name', async () => {
  const event = { name: 'push', payload: { repository: { default_branch: 'main' } } };
  const env = { GITHUB_REF: 'refs/heads/main', GITHUB_SHA: main };
  const { runId, shards, report } = await workflow({ event, env }, {}, ['03']);
  firstRun = runId;
  assert.deepEqual(shards, ['01', '02', '03']);
  const whole = await report();
  assert.equal(whole.ended.code, 1, said(whole));
  assert.match(said(whole), /its job left no results \(shard 03\)/);
  assert.equal(whole.outputs.get('run-id'), runId);
  const { implementations } = stored<ServiceTypeResults>(`runs/${runId}/discord-webhook/results.json`);
  assert.deepEqual(
    implementations.map(({ name, state, reason }) => [name, state, reason]),
    [
      ['alpha', undefined, undefined],
      ['beta', undefined, undefined],
      ['gamma', 'not measured', 'its job left no results'],
    ],
  );
  const { state, change, failures } = stored<RunMetadata>(`runs/${runId}/metadata.json`);
  assert.equal(state, 'finished');
  assert.equal(failures.length, 1);
  assert.deepEqual([change?.repository, change?.headSha, change?.pullRequest], [REPOSITORY, main, undefined]);
  assert.deepEqual(baselineRuns(), [
    ['alpha', [runId]],
    ['beta', [runId]],
  ]);
});

test('a pull request: what it changes is compared, the rest is carried, and the baseline stays', async () => {
  appendFileSync(join(repository, 'implementations/beta/server.js'), '\n// Another one.\n');
  const headSha = commitAll(repository, 'two');
  const payload = {
    repository: { default_branch: 'main' },
    pull_request: {
      number: 7,
      state: 'open',
      head: { sha: headSha, repo: { full_name: REPOSITORY } },
      base: { sha: main },
    },
  };
  const env = { GITHUB_REF: 'refs/pull/7/merge', GITHUB_SHA: headSha };
  const { runId, shards, report } = await workflow({ event: { name: 'pull_request', payload }, env }, {});
  secondRun = runId;
  assert.deepEqual(shards, ['01']);
  const whole = await report();
  assert.equal(whole.ended.code, 0, said(whole));
  const { implementations, comparison } = stored<ServiceTypeResults>(`runs/${runId}/discord-webhook/results.json`);
  assert.equal(comparison?.mode, 'side-by-side');
  assert.match(comparison.modeReason, /base is commit [0-9a-f]{12} of the stored baseline, measured beside the head/);
  assert.deepEqual(comparison.baseline?.runIds, [firstRun]);
  const [alpha, beta, gamma] = implementations;
  assert.equal(alpha?.state, 'carried');
  assert.match(alpha.reason ?? '', new RegExp(`^unchanged .*; numbers of run ${firstRun} of \\d{4}-\\d\\d-\\d\\d$`));
  assert.equal(alpha.sides[0]?.summaries['cold-ttfb']?.n, 6);
  assert.deepEqual(
    beta?.sides.map(({ side, artifact }) => [side, artifact.sourceCommit]),
    [
      ['head', undefined],
      ['base', main],
    ],
  );
  assert.match(gamma?.reason ?? '', /; the baseline has no numbers of it$/);
  assert.deepEqual(
    comparison.implementations.map(({ state, metrics }) => [state, metrics.length > 0]),
    [
      ['carried', false],
      [undefined, true],
      ['carried', false],
    ],
  );
  assert.deepEqual(baselineRuns(), [
    ['alpha', [firstRun]],
    ['beta', [firstRun]],
  ]);
  const { change } = stored<RunMetadata>(`runs/${runId}/metadata.json`);
  assert.deepEqual([change?.pullRequest, change?.headSha], [7, headSha]);
});

test('a run that is whole is rendered, whatever became of its parts', async () => {
  const args = { results: '../results', command: 'report', 'run-id': secondRun, 'fail-on': 'never', format: 'json' };
  const event = { name: 'schedule', payload: {} };
  const again = await runActionStep(workspace, args, { cwd: elsewhere, event });
  assert.equal(again.ended.code, 0, said(again));
  assert.equal(again.outputs.get('run-id'), secondRun);
  assert.deepEqual(baselineRuns(), [
    ['alpha', [firstRun]],
    ['beta', [firstRun]],
  ]);
});
