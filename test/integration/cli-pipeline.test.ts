import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ImplementationResult, RunMetadata, ServiceTypeResults } from '../../src/domain/run.ts';
import { decode } from '../../src/results/codec.ts';
import { type Ended, filesBelow, newWorkspace, placeRepository, readJson, runTool } from '../helpers/cli.ts';
import { RESULT_SCHEMAS } from '../helpers/result-schemas.ts';

const workspace = newWorkspace();
let run: Ended;
let metadata: RunMetadata;
let results: ServiceTypeResults;
let runDirectory = '';

before(async () => {
  placeRepository(workspace, 'pipeline', 'right');
  writeFileSync(
    join(workspace.directory, 'perf.yaml'),
    `version: "1.0"
service_repositories: [{ url: repo, type: discord-webhook }]
benchmark: { warm_requests: { count: 40, concurrency: 2 } }
emulator: { startup_timeout: 2s, runtime: process }
`,
  );
  const args = ['benchmark', '--platform', 'local', '--config', 'perf.yaml', '--results', 'results'];
  run = await runTool(workspace, [...args, '--iterations', '2', '--rounds', '1']);
  const id = /^run (run-\S+) finished/m.exec(run.stdout)?.[1];
  assert.ok(id !== undefined, `${run.stdout}\n${run.stderr}`);
  runDirectory = join(workspace.results, 'runs', id);
  const read = (path: string) => readFileSync(join(runDirectory, path), 'utf8');
  metadata = decode('run', read('metadata.json'), 'metadata.json', RESULT_SCHEMAS);
  results = decode('results', read('discord-webhook/results.json'), 'results.json', RESULT_SCHEMAS);
});
after(() => workspace.remove());

function result(name: string): ImplementationResult {
  const found = results.implementations.find((one) => one.name === name);
  assert.ok(found !== undefined, `no result of ${name}`);
  return found;
}

test('the right implementation is measured, whatever becomes of the others', () => {
  const { measurement, conformance, sides, state } = result('right');
  assert.equal(conformance?.failed, 0);
  assert.equal(conformance?.notChecked, 0);
  assert.equal(measurement?.samples.length, 2);
  assert.ok(measurement.samples.every(({ cold }) => cold.proof.proven));
  assert.ok((sides[0]?.summaries['cold-ttfb']?.p50 ?? 0) > 0);
  assert.equal(state, undefined);
  assert.equal(
    results.comparison?.implementations.find(({ implementation }) => implementation === 'right')?.state,
    'new',
  );
});

const BROKEN = [
  { name: 'never-listens', state: 'not measured', says: /did not listen on port/ },
  { name: 'exits-at-once', state: 'not measured', says: /exited with code 7 .*no database is configured/s },
  { name: 'garbage', state: 'not measured', says: /HTTP response was malformed/ },
  { name: 'hangs', state: 'contract failed', says: /failed: ping/ },
  { name: 'broken', state: 'contract failed', says: /signature-missing/ },
] as const;

for (const { name, state, says } of BROKEN) {
  test(`${name} is told as what it is`, () => {
    const found = result(name);
    assert.equal(found.state, state);
    assert.match(found.reason ?? '', says);
    assert.equal(found.measurement, undefined);
    if (state === 'not measured') {
      const failure = metadata.failures.find(({ implementation }) => implementation === name);
      assert.equal(failure?.stage, 'deploy');
      assert.match(run.stdout.slice(run.stdout.indexOf('\nFailures')), new RegExp(`deploy ${name}: `));
    } else assert.match(run.stdout, new RegExp(`${name}: contract failed`));
  });
}

test('a service that hangs takes two time limits, not one for each vector', () => {
  const { conformance } = result('hangs');
  const timedOut = conformance?.vectors.filter(({ failures }) => failures.some(({ actual }) => /timeout/.test(actual)));
  assert.equal(timedOut?.length, 8);
  assert.match(conformance?.vectors.find(({ state }) => state === 'not-checked')?.reason ?? '', /8 requests before/);
});

test('a failure of the run outweighs a failure of the contract', () => {
  assert.equal(run.code, 1, run.stderr);
  assert.equal(metadata.state, 'finished');
  assert.equal(metadata.failures.length, 3);
});

test('results lie where the proposal says', () => {
  const day = metadata.startedAt.slice(0, 10);
  const at = `runs/${metadata.runId}`;
  assert.deepEqual(filesBelow(workspace.results), [
    `baselines/${day}/baseline.json`,
    'baselines/latest.json',
    `comparisons/${day}/comparison.json`,
    `comparisons/${day}/comparison.md`,
    `${at}/discord-webhook/results.json`,
    `${at}/metadata.json`,
    `${at}/report.json`,
    `${at}/report.md`,
  ]);
  const baseline = readFileSync(join(workspace.results, 'baselines/latest.json'), 'utf8');
  const { serviceTypes } = decode('baseline', baseline, 'latest.json', RESULT_SCHEMAS);
  assert.deepEqual(
    serviceTypes['discord-webhook']?.map(({ name }) => name),
    ['right'],
  );
  const markdown = readFileSync(join(runDirectory, 'report.md'), 'utf8');
  for (const { name } of results.implementations) assert.match(markdown, new RegExp(name));
  assert.equal(typeof readJson(join(runDirectory, 'report.json')), 'object');
});

test('nothing is left of it', () => {
  assert.deepEqual(workspace.instances(), []);
  assert.deepEqual(filesBelow(workspace.state), []);
});
