import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Sample } from '../../src/domain/measurement.ts';
import type { ServiceTypeResults } from '../../src/domain/run.ts';
import { type Ended, filesBelow, git, newWorkspace, placeRepository, readJson, runTool } from '../helpers/cli.ts';

/** Two profiles are two implementations to a run: both wait in the same window. */
const CONFIG = `version: "1.0"
benchmark: { warm_requests: { count: 20, concurrency: 2 } }
emulator: { runtime: process, idle_timeout: 2s }
sweep: { cpu: ["1", "2"], concurrency: [80] }
`;
const workspace = newWorkspace();
let run: Ended;
let groups: readonly ServiceTypeResults[] = [];

before(async () => {
  const repository = placeRepository(workspace, 'pipeline', 'right');
  git(repository, 'init', '-q', '-b', 'main');
  git(repository, 'add', '-A');
  git(repository, 'commit', '-qm', 'base');
  writeFileSync(join(workspace.directory, 'perf.yaml'), CONFIG);
  const args = ['benchmark', '--platform', 'local', '--manifest', 'repo', '--config', 'perf.yaml', '--impl', 'right'];
  const full = [
    '--suite',
    'full',
    '--profile',
    'sweep',
    '--baseline',
    'git:HEAD',
    '--iterations',
    '4',
    '--rounds',
    '2',
  ];
  run = await runTool(workspace, [...args, ...full, '--results', 'results']);
  const files = filesBelow(workspace.results).filter((path) => path.endsWith('/results.json'));
  groups = files.map((path) => readJson(join(workspace.results, path)) as ServiceTypeResults);
});
after(() => workspace.remove());

const measurements = () =>
  groups.flatMap(({ implementations }) => implementations.flatMap((one) => one.measurement ?? []));
const timeOf = ({ startedAt }: Sample) => Date.parse(startedAt);

test('a full suite takes all strata of all implementations, and leaves nothing behind', () => {
  assert.equal(groups.length, 2, `${run.stdout}\n${run.stderr}`);
  for (const { samples, strata, gateStratum } of measurements()) {
    assert.equal(gateStratum, 'after-idle');
    for (const stratum of ['fresh-revision', 'forced-zero', 'after-idle'])
      for (const side of ['base', 'head']) {
        const found = strata?.find((one) => one.stratum === stratum && one.side === side);
        assert.ok((found?.ttfbMs?.n ?? 0) + (found?.dropped ?? 0) >= 8, `${stratum} ${side}`);
      }
    assert.ok(
      samples.every(({ cold, stratum, warm }) => cold.proof.proven && (stratum === 'fresh-revision') === !!warm),
    );
    const instances = samples.map(({ cold }) => cold.proof.instanceId);
    assert.equal(new Set(instances).size, instances.length, 'each sample had an instance of its own');
  }
  assert.deepEqual(workspace.instances(), []);
});

test('all implementations wait in one window', () => {
  const samples = measurements().flatMap((one) => one.samples);
  const times = (idle: boolean) => samples.filter(({ stratum }) => (stratum === 'after-idle') === idle).map(timeOf);
  assert.ok(Math.max(...times(false)) < Math.min(...times(true)), 'nothing else is measured after the window');
});

test('cold starts are judged by the stratum after idleness, warm answers by fresh revisions', () => {
  for (const { comparison, implementations } of groups) {
    const [measured] = implementations;
    const kept = (side: string, stratum: string) =>
      measured?.measurement?.samples.filter(
        (one) => one.side === side && one.stratum === stratum && one.warm?.void === undefined,
      ).length;
    const [judged] = comparison?.implementations ?? [];
    const countsOf = (id: string) => {
      const metric = judged?.metrics.find((one) => one.metric === id);
      return [metric?.baseN, metric?.headN];
    };
    assert.deepEqual(countsOf('cold-ttfb'), [kept('base', 'after-idle'), kept('head', 'after-idle')]);
    assert.deepEqual(countsOf('warm-p99'), [kept('base', 'fresh-revision'), kept('head', 'fresh-revision')]);
    const head = measured?.sides.find(({ side }) => side === 'head');
    assert.equal(head?.summaries['cold-ttfb']?.n, kept('head', 'after-idle'));
  }
});
