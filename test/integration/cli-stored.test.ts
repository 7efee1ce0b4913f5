import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Ended, filesBelow, newWorkspace, placeRepository, readJson, runTool } from '../helpers/cli.ts';

const workspace = newWorkspace();
const runs: Ended[] = [];
const ids: string[] = [];

before(async () => {
  placeRepository(workspace, 'pipeline', 'right');
  writeFileSync(
    join(workspace.directory, 'perf.yaml'),
    'version: "1.0"\nbenchmark: { warm_requests: { count: 40, concurrency: 2 } }\nemulator: { runtime: process }\nstorage: { baseline_path: baselines/team/main.json }\n',
  );
  const args = ['benchmark', '--platform', 'local', '--manifest', 'repo', '--impl', 'right'];
  const small = ['--config', 'perf.yaml', '--results', 'results', '--iterations', '2', '--rounds', '1'];
  for (const more of [
    ['--log-format', 'json', '--format', 'json', '--baseline', 'none'],
    ['--format', 'markdown'],
  ])
    runs.push(await runTool(workspace, [...args, ...small, ...more]));
  for (const path of filesBelow(workspace.results)) {
    const id = /^runs\/([^/]+)\/metadata\.json$/.exec(path)?.[1];
    if (id !== undefined) ids.push(id);
  }
});
after(() => workspace.remove());

const stored = (...args: string[]) => runTool(workspace, [...args, '--config', 'perf.yaml', '--results', 'results']);

test('with --log-format json each line of standard error is an object, and standard output is the report alone', () => {
  const [first] = runs;
  assert.equal(first?.code, 0, first?.stderr);
  const report = JSON.parse(first.stdout);
  assert.equal(report.format, 'report/1');
  assert.equal(report.serviceTypes[0].implementations[0].name, 'right');
  const lines = first.stderr.trimEnd().split('\n');
  assert.ok(lines.length > 3);
  const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.ok(entries.every((entry) => typeof entry === 'object' && entry !== null && !Array.isArray(entry)));
  assert.match(JSON.stringify(entries), /contract \d+ of \d+ vectors passed/);
});

test('what the run cost is at most what was estimated before it', () => {
  const { cost } = JSON.parse(runs[0]?.stdout ?? '');
  const spent = cost.dollars.compute + cost.dollars.requests;
  assert.ok(spent > 0 && spent <= cost.estimatedDollars, `${spent} of ${cost.estimatedDollars}`);
});

test('with --log-format json an error is such an object as well', async () => {
  const { code, stderr } = await stored('report', '--run', 'run-1', '--log-format', 'json');
  assert.equal(code, 2);
  const lines = stderr.trimEnd().split('\n');
  const last = JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>;
  assert.deepEqual([last.severity, last.code], ['ERROR', 'run-unknown']);
  for (const line of lines) assert.doesNotThrow(() => JSON.parse(line), line);
});

test('a later run is compared with the stored numbers, and says what they are', () => {
  const [, second] = runs;
  assert.ok(second?.code === 0, second?.stderr);
  assert.match(second.stdout, /^# |^## /m);
  assert.match(second.stdout, /\| *right/);
  assert.equal(ids.length, 2);
  const { comparison } = readJson(join(workspace.results, 'runs', ids[1] ?? '', 'discord-webhook/results.json'));
  assert.match(comparison.mode, /stored/);
  assert.deepEqual(comparison.baseline.runIds, [ids[0]]);
});

test('a stored run is reported again, in every format and into a file', async () => {
  const markdown = await stored('report', '--run', 'latest', '--format', 'markdown');
  assert.equal(markdown.code, 0, markdown.stderr);
  assert.equal(markdown.stdout, readFileSync(join(workspace.results, 'runs', ids[1] ?? '', 'report.md'), 'utf8'));
  const json = await stored('report', '--run', ids[0] ?? '', '--format', 'json');
  assert.equal(json.stdout, readFileSync(join(workspace.results, 'runs', ids[0] ?? '', 'report.json'), 'utf8'));
  const terminal = await stored('report');
  assert.match(terminal.stdout, new RegExp(`right[\\s\\S]*run ${ids[1]} finished`));
  const file = await stored('report', '--format', 'json', '--output', 'out/report.json');
  assert.equal(file.code, 0, file.stderr);
  assert.equal(file.stdout, '');
  assert.equal(readJson(join(workspace.directory, 'out/report.json')).run.runId, ids[1]);
});

test('the baseline is where the configuration says, and nowhere else', () => {
  const baselines = filesBelow(workspace.results).filter((path) => path.includes('baselines/'));
  assert.deepEqual(baselines.map((path) => path.replace(/\d{4}-\d\d-\d\d/, 'DAY')).sort(), [
    'baselines/team/DAY/main.json',
    'baselines/team/main.json',
  ]);
});

test('two stored runs are compared, both ways of naming the baseline', async () => {
  const named = await stored(
    'compare',
    '--baseline',
    ids[0] ?? '',
    '--current',
    ids[1] ?? '',
    '--format',
    'json',
    '--fail-on',
    'never',
  );
  assert.equal(named.code, 0, named.stderr);
  const [comparison] = JSON.parse(named.stdout);
  assert.equal(comparison.serviceType, 'discord-webhook');
  assert.deepEqual(comparison.baseline.runIds, [ids[0]]);
  assert.equal(comparison.implementations[0].implementation, 'right');
  const latest = await stored('compare', '--format', 'markdown', '--fail-on', 'never');
  assert.equal(latest.code, 0, latest.stderr);
  assert.match(latest.stdout, /right/);
  const unknown = await stored('compare', '--baseline', 'run-20200101-000000-aaaaaa');
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, new RegExp(`holds no run "run-20200101-000000-aaaaaa"; it holds ${ids[1]}, ${ids[0]}`));
});

test('a damaged file is refused with its name, whatever reads it', async () => {
  const path = join(workspace.results, 'runs', ids[0] ?? '', 'metadata.json');
  const whole = readFileSync(path, 'utf8');
  writeFileSync(path, whole.replace('"state"', '"stat"'));
  try {
    const { code, stderr } = await stored('report', '--run', ids[0] ?? '');
    assert.ok(code === 1 || code === 2, `${code}`);
    assert.match(stderr, /metadata\.json/);
    assert.match(stderr, /stat/);
    assert.doesNotMatch(stderr, /\n\s+at /);
  } finally {
    writeFileSync(path, whole);
  }
});
