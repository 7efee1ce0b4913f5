import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endEvents, failedEvent, type NotifyPorts, startedEvent } from '../../../src/commands/notify.ts';
import type { ImplementationComparison } from '../../../src/domain/comparison.ts';
import { InfrastructureError } from '../../../src/domain/errors.ts';
import type { EventFinding } from '../../../src/domain/event.ts';
import type { Job } from '../../../src/domain/job.ts';
import type { Run, RunMetadata } from '../../../src/domain/run.ts';
import { createFakeClock } from './fakes.ts';

const METADATA: RunMetadata = {
  format: 'run/1',
  runId: 'run-20261121-130000-abcde',
  state: 'running',
  startedAt: '2026-11-21T13:00:00.000Z',
  toolVersion: '0.1.0',
  platform: 'local',
  region: 'local',
  project: 'local',
  suite: 'quick',
  seed: 1,
  commit: 'c0ffee',
  driver: 'linux x64, 2 CPUs',
  serviceTypes: ['discord-webhook'],
  failures: [],
};

const JOB: Job = {
  repository: 'org/service',
  serverUrl: 'https://github.com',
  event: 'pull_request',
  runId: 77,
  runAttempt: 1,
  sha: 'merge0',
  pullRequest: {
    number: 12,
    open: true,
    headSha: 'head00',
    headRepository: 'org/service',
    baseSha: 'base00',
  },
};

function portsOf(job?: Job): NotifyPorts {
  let number = 0;
  return {
    clock: createFakeClock(),
    randomText: () => `random${number++}`,
    tool: { version: '0.1.0', driver: 'x', cpus: 2, owner: 'ann-services' },
    ...(job === undefined ? {} : { job }),
  };
}

const REGRESSION: EventFinding = {
  serviceType: 't',
  implementation: 'a',
  kind: 'regression',
  text: 'starts 31 % slower',
};
const FAILURE: EventFinding = {
  serviceType: 't',
  implementation: 'b',
  kind: 'contract failed',
  text: '1 of 2 vectors failed',
};

function runOf(standings: readonly (readonly [string, Pick<ImplementationComparison, 'verdict' | 'state'>])[]): Run {
  const implementations = standings.map(([implementation, standing]) => ({ implementation, metrics: [], ...standing }));
  return {
    metadata: METADATA,
    results: [
      {
        format: 'results/1',
        runId: METADATA.runId,
        serviceType: 't',
        contractVersion: '1.0.0',
        implementations: [],
        comparison: { serviceType: 't', mode: 'side-by-side', modeReason: '', implementations, verdict: 'none' },
      },
    ],
  };
}

test('the start of a run in a job of a pull request', () => {
  assert.deepEqual(startedEvent(METADATA, portsOf(JOB)), {
    type: 'run.started',
    id: 'run-20261121-130000-abcde-run-started-random0',
    time: '2026-11-21T00:00:00.000Z',
    runId: METADATA.runId,
    repository: 'org/service',
    url: 'https://github.com/org/service/actions/runs/77',
    pullRequest: 12,
    commit: 'head00',
    platform: 'local',
    suite: 'quick',
  });
});

test('where the facts come from', () => {
  const change = { repository: 'fork/x', pullRequest: 99, headSha: 'other', runUrl: 'https://evil.example' };
  const { pullRequest: _none, ...onMain } = { ...JOB, event: 'push' };
  const { commit: _commit, ...withoutCommit } = METADATA;
  const cases: readonly [RunMetadata, Job | undefined, readonly unknown[]][] = [
    [METADATA, undefined, ['ann-services', undefined, undefined, 'c0ffee']],
    [METADATA, onMain, ['org/service', 'https://github.com/org/service/actions/runs/77', undefined, 'c0ffee']],
    [withoutCommit, onMain, ['org/service', 'https://github.com/org/service/actions/runs/77', undefined, 'merge0']],
    // What a stored run says about itself counts only where the job says nothing.
    [{ ...METADATA, change }, JOB, ['org/service', 'https://github.com/org/service/actions/runs/77', 12, 'head00']],
    [{ ...METADATA, change }, undefined, ['fork/x', 'https://evil.example', 99, 'other']],
  ];
  for (const [metadata, job, expected] of cases) {
    const { repository, url, pullRequest, commit } = startedEvent(metadata, portsOf(job));
    assert.deepEqual([repository, url, pullRequest, commit], expected);
  }
});

test('the end of a run', () => {
  const run = runOf([
    ['a', { verdict: 'regression' }],
    ['b', { state: 'contract failed' }],
    ['c', { verdict: 'no change' }],
    ['d', { verdict: 'no change' }],
    ['e', { state: 'carried' }],
  ]);
  const findings = [REGRESSION, FAILURE];
  const events = endEvents(run, { verdict: 'contract failed', findings }, portsOf());
  assert.deepEqual(
    events.map(({ type, findings: found, verdict, counts }) => ({ type, found, verdict, counts })),
    [
      { type: 'regression.found', found: [REGRESSION], verdict: undefined, counts: undefined },
      { type: 'contract.failed', found: [FAILURE], verdict: undefined, counts: undefined },
      {
        type: 'run.finished',
        found: findings,
        verdict: 'contract failed',
        counts: { regression: 1, 'contract failed': 1, 'no change': 2, carried: 1 },
      },
    ],
  );
  assert.equal(new Set(events.map(({ id }) => id)).size, 3);
  assert.deepEqual(Object.keys(events[2]?.counts ?? {}), ['regression', 'contract failed', 'no change', 'carried']);
});

test('a run without findings has one event at its end', () => {
  const conclusion = { verdict: 'no change', findings: [] };
  assert.deepEqual(
    endEvents(runOf([['a', { verdict: 'no change' }]]), conclusion, portsOf()).map(({ type }) => type),
    ['run.finished'],
  );
  const types = (findings: readonly EventFinding[]) =>
    endEvents(runOf([]), { ...conclusion, findings }, portsOf()).map(({ type }) => type);
  assert.deepEqual(types([REGRESSION]), ['regression.found', 'run.finished']);
  assert.deepEqual(types([FAILURE]), ['contract.failed', 'run.finished']);
});

test('a run that failed or was cancelled', () => {
  const failed = failedEvent(METADATA, new InfrastructureError('quota', 'no quota'), portsOf());
  assert.equal(failed.type, 'run.failed');
  assert.equal(failed.message, 'no quota');
  assert.equal(failedEvent(METADATA, 'thrown text', portsOf()).message, 'thrown text');
  const cancelled = failedEvent(METADATA, 'cancelled', portsOf());
  assert.equal(cancelled.type, 'run.cancelled');
  assert.equal(cancelled.message, undefined);
});
