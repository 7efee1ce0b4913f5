import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { RunMetadata, ServiceTypeResults } from '../../src/domain/run.ts';
import { runActionStep, type Step } from '../helpers/action-step.ts';
import { filesBelow, git, newWorkspace, readJson } from '../helpers/cli.ts';
import { commitAll, placeThree } from '../helpers/three-implementations.ts';

const workspace = newWorkspace();
const HEAD_REPOSITORY = 'someone/services';
let checkout = '';
let event: { readonly name: string; readonly payload: object };
let baseSha = '';
let planned: Step;
const SMALL = { config: 'perf.yaml', results: '../results', platform: 'local', iterations: '2', rounds: '1' };

/** The pull request changes beta and gamma; the job has one commit of it, GitHub's test merge. */
before(async () => {
  const origin = placeThree(workspace);
  const first = git(origin, 'rev-parse', 'HEAD');
  git(origin, 'checkout', '-q', '-b', 'change');
  for (const name of ['beta', 'gamma'])
    appendFileSync(join(origin, 'implementations', name, 'server.js'), '\n// Another one.\n');
  const headSha = commitAll(origin, 'two');
  git(origin, 'checkout', '-q', 'main');
  appendFileSync(join(origin, 'implementations/alpha/server.js'), '\n// Merged meanwhile.\n');
  baseSha = commitAll(origin, 'three');
  git(origin, 'checkout', '-q', '--detach');
  git(origin, 'merge', '-q', '--no-ff', '-m', 'Merge', headSha);
  const merge = git(origin, 'rev-parse', 'HEAD');
  checkout = join(workspace.directory, 'checkout');
  mkdirSync(checkout);
  git(checkout, 'init', '-q');
  git(checkout, 'remote', 'add', 'origin', pathToFileURL(origin).href);
  git(checkout, 'fetch', '-q', '--no-tags', '--depth=1', 'origin', merge);
  git(checkout, 'checkout', '-q', '--detach', merge);
  const head = { sha: headSha, repo: { full_name: HEAD_REPOSITORY } };
  const pull_request = { number: 7, state: 'open', head, base: { sha: first } };
  event = { name: 'pull_request', payload: { pull_request } };
  planned = await runActionStep(workspace, { ...SMALL, command: 'discover' }, { cwd: checkout, event });
});
after(() => workspace.remove());

const runId = () => planned.outputs.get('run-id') ?? '';
const stored = (path: string) => readJson(join(workspace.results, 'runs', runId(), path));
const plannedFiles = () => filesBelow(workspace.results).filter((path) => path.endsWith('plan.json'));
const shard = (id: string, inputs: Readonly<Record<string, string>> = {}) => {
  const { include } = JSON.parse(planned.outputs.get('matrix') ?? '') as { include: Record<string, string>[] };
  const { implementation = '', type = '', profile = '' } = include.find((entry) => entry.shard === id) ?? {};
  const given = { ...SMALL, implementation, type, profile, 'run-id': runId(), shard: id, ...inputs };
  return runActionStep(workspace, given, { cwd: checkout, event });
};

describe('a run of several jobs', () => {
  test('discover plans a job for each implementation that the pull request changes', () => {
    assert.equal(planned.ended.code, 0, planned.ended.stdout + planned.ended.stderr);
    assert.match(runId(), /^run-\d{8}-\d{6}-[a-z0-9]+$/);
    const common = { type: 'discord-webhook', profile: 'default', language: 'javascript', framework: 'node-http' };
    assert.deepEqual(JSON.parse(planned.outputs.get('matrix') ?? ''), {
      include: [
        { shard: '01', title: 'beta', implementation: 'beta', ...common },
        { shard: '02', title: 'gamma', implementation: 'gamma', ...common },
      ],
    });
    assert.equal(planned.outputs.get('jobs'), '2');
    assert.equal(planned.outputs.get('platform'), 'local');
    assert.equal(planned.outputs.get('results-path'), join(workspace.results, 'runs', runId()));
    assert.equal(planned.state.get('run-id'), undefined, 'nothing was deployed that a post step would remove');
    const item = { type: 'discord-webhook', profile: 'default' };
    assert.deepEqual(stored('plan.json'), {
      format: 'plan/1',
      runId: runId(),
      platform: 'local',
      suite: 'quick',
      baseline: `git:${baseSha}`,
      commit: git(checkout, 'rev-parse', 'HEAD'),
      reason: `2 of 3 implementations changed since ${baseSha.slice(0, 12)}`,
      shards: [
        { id: '01', items: [{ ...item, implementation: 'beta' }] },
        { id: '02', items: [{ ...item, implementation: 'gamma' }] },
      ],
      carried: [
        {
          ...item,
          implementation: 'alpha',
          contractVersion: '1.0.0',
          reason: `unchanged since ${baseSha.slice(0, 12)}`,
        },
      ],
    });
  });

  test('each job stores its part beside the base of the plan, and publishes nothing', async () => {
    const before = filesBelow(workspace.results);
    for (const [id, name] of [
      ['01', 'beta'],
      ['02', 'gamma'],
    ] as const) {
      const { ended, outputs, state, summary } = await shard(id);
      assert.equal(ended.code, 0, ended.stdout + ended.stderr);
      assert.equal(outputs.get('run-id'), runId());
      assert.equal(outputs.get('results-path'), join(workspace.results, 'runs', runId(), 'shards', id));
      assert.equal(outputs.get('report-path'), undefined);
      assert.equal(summary, '');
      assert.doesNotMatch(ended.stdout, /^::(?:warning|error|notice) /m);
      assert.equal(state.get('run-id'), runId(), 'what it leaves on this machine is cleaned up');
      const metadata = stored(`shards/${id}/metadata.json`) as RunMetadata;
      assert.deepEqual([metadata.runId, metadata.state], [runId(), 'finished']);
      const results = stored(`shards/${id}/discord-webhook/results.json`) as ServiceTypeResults;
      assert.deepEqual(
        results.implementations.map((one) => one.name),
        [name],
      );
      assert.deepEqual(results.implementations[0]?.sides.map(({ side }) => side).toSorted(), ['base', 'head']);
      assert.equal(results.comparison, undefined, 'verdicts are for all that the run measures');
    }
    const place = `runs/${runId()}/shards/`;
    const added = filesBelow(workspace.results).filter((path) => !before.includes(path));
    assert.ok(added.length > 0 && added.every((path) => path.startsWith(place)), added.join('\n'));
    assert.deepEqual(workspace.instances(), []);
  });

  test('a job measures what was planned, whatever its inputs select', async () => {
    const { ended } = await shard('01', { implementation: '', 'dry-run': 'true', 'changed-since': baseSha });
    assert.equal(ended.code, 0, ended.stdout + ended.stderr);
    assert.match(ended.stdout, /beta-head-/);
    assert.doesNotMatch(ended.stdout, /(?:alpha|gamma)-head-/);
  });

  test('a job that the plan does not know, or without its run, is refused', async () => {
    for (const [inputs, says] of [
      [{ shard: '03' }, /has no shard 03, it has shards 01 to 02/],
      [{ 'run-id': '' }, /found shard 01 and no run id/],
    ] as const) {
      const { ended } = await shard('01', inputs);
      assert.equal(ended.code, 2, ended.stdout);
      assert.match(ended.stdout, says);
    }
  });

  test('a plan that was tampered with is refused', async () => {
    const path = join(workspace.results, 'runs', runId(), 'plan.json');
    const plan = readJson(path);
    writeFileSync(path, JSON.stringify({ ...plan, baseline: 'git:--upload-pack=touch x' }));
    const { ended } = await shard('01');
    writeFileSync(path, JSON.stringify(plan));
    assert.equal(ended.code, 2, ended.stdout);
    assert.match(ended.stdout, /plan\.json/);
  });
});

describe('planning', () => {
  const plan = (inputs: Readonly<Record<string, string>>, about = event) =>
    runActionStep(workspace, { ...SMALL, command: 'discover', ...inputs }, { cwd: checkout, event: about });
  const reasonOf = ({ outputs }: Step) =>
    readJson(join(workspace.results, 'runs', outputs.get('run-id') ?? '', 'plan.json')).reason;

  test('everything is measured on request, when named, and where no change is known', async () => {
    for (const [inputs, about, jobs, says] of [
      [{ all: 'true' }, event, '3', 'everything was asked for'],
      [{ implementation: 'alpha' }, event, '1', 'these implementations were asked for'],
      [{}, { name: 'schedule', payload: {} }, '3', 'there is no pull request whose changes could be told'],
      [{ 'changed-since': '0'.repeat(40) }, event, '3', 'there is no commit to compare with'],
    ] as const) {
      const step = await plan(inputs, about);
      assert.equal(step.ended.code, 0, step.ended.stdout);
      assert.equal(step.outputs.get('jobs'), jobs);
      assert.equal(reasonOf(step), says);
    }
  });

  test('nothing changed gives no job, and a dry run stores nothing', async () => {
    const step = await plan({ 'changed-since': 'HEAD' });
    assert.equal(step.ended.code, 0, step.ended.stdout);
    assert.equal(step.outputs.get('jobs'), '0');
    assert.equal(step.outputs.get('matrix'), '{"include":[]}');
    assert.equal(reasonOf(step), 'nothing changed since HEAD');
    const files = plannedFiles();
    const dry = await plan({ 'dry-run': 'true' });
    assert.equal(dry.outputs.get('jobs'), '2');
    assert.equal(dry.outputs.get('run-id'), undefined);
    assert.deepEqual(plannedFiles(), files);
  });

  test('what is asked for as a baseline is kept', async () => {
    for (const baseline of ['none', 'git:HEAD', 'run-20260101-000000-abcdef']) {
      const step = await plan({ baseline });
      const { baseline: found } = readJson(
        join(workspace.results, 'runs', step.outputs.get('run-id') ?? '', 'plan.json'),
      );
      assert.equal(found, baseline);
    }
  });
});
