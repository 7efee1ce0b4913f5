import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cleanup } from '../../../src/commands/cleanup.ts';
import type { CleanupRequest } from '../../../src/config/request.ts';
import { InfrastructureError } from '../../../src/domain/errors.ts';
import { NO_RESOURCES, withCreated, withRemoved } from '../../../src/domain/resources.ts';
import { ownedLabels, RUN_LABEL } from '../../../src/plan/naming.ts';
import type { DeployedJob, JobRunner } from '../../../src/ports/job-runner.ts';
import type { Platform } from '../../../src/ports/platform.ts';
import { leaks, resourcesSentence } from '../../../src/report/resources.ts';
import { loadRun, saveMetadata } from '../../../src/results/runs.ts';
import { exampleMetadata } from '../../helpers/example-run.ts';
import { RESULT_SCHEMAS } from '../../helpers/result-schemas.ts';
import { runPorts } from '../../helpers/run-ports.ts';

const RUN = 'run-20261121-124800-x7k2q9';
const NOW_MS = Date.parse('2026-11-21T15:00:00.000Z');
const HOUR_MS = 3_600_000;
const job = (name: string, ageMs = HOUR_MS, labels: Readonly<Record<string, string>> = {}): DeployedJob => ({
  name,
  createdAtMs: NOW_MS - ageMs,
  labels: { ...ownedLabels('org'), [RUN_LABEL]: RUN, ...labels },
});

interface World {
  readonly jobs: readonly DeployedJob[];
  readonly services?: readonly DeployedJob[];
  /** Names that cannot be removed. */
  readonly stuck?: readonly string[];
  /** Why jobs cannot be listed. */
  readonly listing?: string;
}

function world({ jobs, services = [job('svc')], stuck = [], listing }: World) {
  const calls: string[] = [];
  const place = (found: readonly DeployedJob[], kind: string) => ({
    list: async (labels: Readonly<Record<string, string>>) => {
      if (kind === 'job' && listing !== undefined) throw new InfrastructureError(listing, 'jobs cannot be listed');
      return found.filter((one) => Object.entries(labels).every(([key, value]) => one.labels[key] === value));
    },
    remove: async (name: string) => {
      calls.push(`${kind} ${name}`);
      if (stuck.includes(name)) throw new InfrastructureError('platform-failed', `no permission for ${name}`);
    },
  });
  const runner: Partial<JobRunner> = place(jobs, 'job');
  const platform: Partial<Platform> = { ...place(services, 'service'), jobs: runner as JobRunner };
  const made = runPorts({ platform: async () => platform as Platform, stopLeftovers: async () => [] });
  const run = (request: Partial<CleanupRequest>) =>
    cleanup(
      { command: 'cleanup', verbose: false, dryRun: false, all: false, ...request },
      'cloudrun',
      made.ports,
      new AbortController().signal,
    );
  return { ...made, calls, run };
}

test('jobs go before services, the newest first, and only those of the run', async () => {
  const jobs = [
    job('old', 3 * HOUR_MS),
    job('new'),
    job('of-another-run', HOUR_MS, { [RUN_LABEL]: 'run-x' }),
    job('of-another', HOUR_MS, ownedLabels('other')),
  ];
  const { run, calls, printed } = world({ jobs });
  assert.deepEqual((await run({ run: RUN })).exitCodes, []);
  assert.deepEqual(calls, ['job new', 'job old', 'service svc']);
  assert.deepEqual(printed, ['removed job new\n', 'removed job old\n', 'removed service svc\n']);
});

test('all jobs of the owner, those that are old and expired, or none in a dry run', async () => {
  const jobs = [
    job('expired', 25 * HOUR_MS),
    job('alive', 25 * HOUR_MS, { 'perf-expires': String(NOW_MS / 1000 + 60) }),
    job('young', HOUR_MS, { 'perf-expires': String(NOW_MS / 1000 - 60) }),
  ];
  const byAge = world({ jobs, services: [] });
  await byAge.run({ olderThanMs: 2 * HOUR_MS });
  assert.deepEqual(byAge.calls, ['job expired']);
  assert.match(byAge.printed.join(''), /left job alive: it has not expired\n/);
  const all = world({ jobs, services: [] });
  await all.run({ all: true });
  assert.equal(all.calls.length, 3);
  const dry = world({ jobs, services: [] });
  await dry.run({ all: true, dryRun: true });
  assert.deepEqual([dry.calls, dry.printed.length], [[], 3]);
});

test('a project without rights for jobs is cleaned up and told; other failures fail', async () => {
  const denied = world({ jobs: [], listing: 'jobs-denied' });
  assert.deepEqual((await denied.run({ run: RUN })).exitCodes, []);
  assert.deepEqual(denied.calls, ['service svc']);
  assert.deepEqual(denied.lines, ['warn jobs cannot be listed']);
  const nothing = world({ jobs: [], services: [], listing: 'jobs-denied' });
  await nothing.run({ run: RUN });
  assert.deepEqual(nothing.printed, [], 'that there is nothing to remove is not known');
  const failing = world({ jobs: [], listing: 'platform-failed' });
  await assert.rejects(failing.run({ run: RUN }), { code: 'platform-failed' });
  assert.deepEqual(failing.calls, ['service svc']);
});

test('a job that cannot be removed is named, fails, and stands in the record of its run and in the leak line', async () => {
  const { run, calls, lines, store } = world({ jobs: [job('a'), job('b', 2 * HOUR_MS)], stuck: ['a'] });
  const resources = ['a', 'b'].map((name) => ({ kind: 'job', name }) as const).reduce(withCreated, NO_RESOURCES);
  assert.equal(leaks({ resources }), true);
  await saveMetadata(store, exampleMetadata({ runId: RUN, state: 'failed', resources }), RESULT_SCHEMAS);
  assert.deepEqual((await run({ run: RUN })).exitCodes, [1]);
  assert.deepEqual(calls, ['job a', 'job b', 'service svc']);
  assert.deepEqual(lines, ['error could not remove job a: no permission for a']);
  const { metadata } = await loadRun(store, RUN, RESULT_SCHEMAS);
  const left = 'created 2 jobs, removed 1 job, left 1 job: job a (no permission for a)';
  assert.equal(resourcesSentence(metadata), left);
  const gone = withRemoved(metadata.resources ?? NO_RESOURCES, { kind: 'job', name: 'a' });
  assert.equal(leaks({ resources: gone }), false);
});
