import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Baseline } from '../../src/domain/baseline.ts';
import type { RunMetadata, ServiceTypeResults } from '../../src/domain/run.ts';
import { type Ended, filesBelow, git, newWorkspace, placeRepository, readJson, runTool } from '../helpers/cli.ts';

const workspace = newWorkspace();
const runs: Ended[] = [];
const ids: string[] = [];
let commit = '';

const CONFIG = `version: "1.0"
benchmark: { warm_requests: { count: 40, concurrency: 2 } }
emulator: { runtime: process }
implementations: { right: { profile: big } }
deployment_profiles: { big: { cpu: "4", memory: 2Gi } }
sweep: { cpu: ["0.5", "1", "2"], concurrency: [80] }
`;

before(async () => {
  const repository = placeRepository(workspace, 'pipeline', 'right');
  git(repository, 'init', '-q', '-b', 'main');
  git(repository, 'add', '-A');
  git(repository, 'commit', '-qm', 'base');
  commit = git(repository, 'rev-parse', 'HEAD');
  writeFileSync(join(workspace.directory, 'perf.yaml'), CONFIG);
  const args = ['benchmark', '--platform', 'local', '--manifest', 'repo', '--config', 'perf.yaml', '--impl', 'right'];
  const small = ['--results', 'results', '--iterations', '1', '--rounds', '2', '--format', 'json'];
  for (const more of [
    ['--profile', 'sweep', '--baseline', 'none'],
    ['--profile', 'cpu1,cpu2', '--save-baseline'],
  ]) {
    runs.push(await runTool(workspace, [...args, ...small, ...more]));
    const known = filesBelow(workspace.results).flatMap((path) => /^runs\/([^/]+)\/metadata/.exec(path)?.[1] ?? []);
    ids.push(known.find((id) => !ids.includes(id)) ?? '');
  }
});
after(() => workspace.remove());

const stored = <T>(run: number, path: string) => readJson(join(workspace.results, 'runs', ids[run] ?? '', path)) as T;
const results = (run: number, profile: string) =>
  stored<ServiceTypeResults>(run, `discord-webhook.${profile}/results.json`);

test('a sweep measures every profile that Cloud Run would accept, and says which it would not', () => {
  const [first] = runs;
  assert.equal(first?.code, 0, `${first?.stdout}\n${first?.stderr}`);
  assert.match(first.stderr, /sweep leaves out cpu500m \(/);
  const groups = filesBelow(join(workspace.results, 'runs', ids[0] ?? '')).filter((path) =>
    path.endsWith('results.json'),
  );
  assert.deepEqual(groups, ['discord-webhook.cpu1/results.json', 'discord-webhook.cpu2/results.json']);
  for (const profile of ['cpu1', 'cpu2']) {
    const { implementations, profile: named, comparison } = results(0, profile);
    const [right] = implementations;
    assert.equal(named, profile);
    assert.equal(comparison?.profile, profile);
    assert.deepEqual([right?.name, right?.tags.profile.name, right?.tags.commit], ['right', profile, commit]);
    assert.equal(right?.tags.profile.cpu, profile.slice(3), 'not the profile of its own, nor that of the other');
    assert.equal(right?.measurement?.samples.length, 2);
    assert.ok((right?.conformance?.passed ?? 0) > 10, 'each profile has a topic of its own');
    assert.deepEqual(right?.source, { repository: 'repo', path: 'implementations/right', dockerfile: 'Dockerfile' });
  }
  assert.deepEqual(workspace.instances(), []);
});

test('both profiles run the same build on services of their own', () => {
  const [one, two] = ['cpu1', 'cpu2'].map((profile) => results(0, profile).implementations[0]);
  assert.deepEqual(
    one?.sides[0]?.artifact,
    two?.sides[0]?.artifact,
    'built once: even the time that it took is the same',
  );
  const services = [one, two].map((result) => result?.measurement?.samples[0]?.service);
  assert.equal(new Set(services).size, 2);
});

test('the baseline keeps profiles apart, and the next run finds its own', () => {
  const [, second] = runs;
  assert.equal(second?.code, 0, `${second?.stdout}\n${second?.stderr}`);
  const baseline = readJson(join(workspace.results, 'baselines/latest.json')) as Baseline;
  assert.deepEqual(Object.keys(baseline.serviceTypes).sort(), ['discord-webhook.cpu1', 'discord-webhook.cpu2']);
  for (const entries of Object.values(baseline.serviceTypes))
    assert.deepEqual(
      entries.map(({ name, runs: kept }) => [name, kept.map(({ runId }) => runId)]),
      [['right', [ids[1], ids[0]]]],
    );
  const { comparison } = results(1, 'cpu2');
  assert.equal(comparison?.mode, 'side-by-side');
  assert.equal(comparison.baseline?.commit, commit);
  assert.deepEqual(
    results(1, 'cpu2').implementations[0]?.sides.map(({ side, artifact }) => [side, artifact.sourceCommit]),
    [
      ['head', undefined],
      ['base', commit],
    ],
  );
  assert.match(
    stored<RunMetadata>(1, 'metadata.json').baselineReason ?? '',
    /^base is commit [0-9a-f]{12} of the stored/,
  );
});

test('a stored run of several profiles is reported again as it was', async () => {
  const { code, stdout, stderr } = await runTool(workspace, ['report', '--results', 'results', '--format', 'json']);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, runs[1]?.stdout);
  assert.equal(stdout, readFileSync(join(workspace.results, 'runs', ids[1] ?? '', 'report.json'), 'utf8'));
});

test('a dry run names each profile; an unknown one is refused before anything is done', async () => {
  const common = ['benchmark', '--platform', 'local', '--manifest', 'repo', '--config', 'perf.yaml', '--impl', 'right'];
  const dry = await runTool(workspace, [...common, '--profile', 'sweep,big', '--dry-run', '--results', 'results']);
  assert.equal(dry.code, 0, dry.stderr);
  for (const profile of ['cpu1', 'cpu2', 'big']) assert.match(dry.stdout, new RegExp(`profile ${profile}: cpu`));
  const own = await runTool(workspace, [...common, '--dry-run', '--results', 'results']);
  assert.match(own.stdout, /profile big: cpu 4/, 'one profile alone gives way to that of the implementation');
  const unknown = await runTool(workspace, [...common, '--profile', 'cpu3', '--results', 'results']);
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /no deployment profile "cpu3"; found are default, big, cpu1, cpu2/);
});
