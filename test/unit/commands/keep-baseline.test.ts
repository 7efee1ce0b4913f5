import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepBaseline } from '../../../src/commands/keep-baseline.ts';
import { changeOf } from '../../../src/commands/plan-run.ts';
import type { Verdict } from '../../../src/domain/comparison.ts';
import type { Job } from '../../../src/domain/job.ts';
import type { RunMetadata } from '../../../src/domain/run.ts';
import { updateBaseline } from '../../../src/results/baseline.ts';
import { loadBaseline, saveBaseline } from '../../../src/results/runs.ts';
import {
  exampleComparison,
  exampleImplementation,
  exampleMetadata,
  exampleResults,
  exampleRun,
} from '../../helpers/example-run.ts';
import { exampleJob, HEAD } from '../../helpers/job-ports.ts';
import { runPorts } from '../../helpers/run-ports.ts';

const speed = { base: { coldMs: 100, warmMs: 2 }, head: { coldMs: 100, warmMs: 2 } };

function runOf(verdict: Verdict = 'no change', changes: Partial<RunMetadata> = {}) {
  const comparison = exampleComparison([
    { implementation: 'a', verdict, metrics: [] },
    { implementation: 'b', verdict: 'no change', metrics: [] },
  ]);
  const implementations = ['a', 'b'].map((name) => exampleImplementation(name, speed));
  return exampleRun([exampleResults(implementations, comparison)], changes);
}

function jobOf(changes: Partial<Job>): Job {
  const { pullRequest: _, ...job } = exampleJob({ ref: 'refs/heads/main', ...changes });
  return changes.pullRequest === undefined ? job : { ...job, pullRequest: changes.pullRequest };
}

async function kept(
  job: Job | undefined,
  options: {
    readonly save?: boolean;
    readonly accept?: boolean;
    readonly first?: boolean;
    readonly run?: ReturnType<typeof runOf>;
  } = {},
) {
  const { ports } = runPorts(job === undefined ? {} : { job });
  const earlier = exampleMetadata({ runId: 'run-1', startedAt: '2026-11-01T00:00:00.000Z' });
  const [old] = runOf().results;
  assert.ok(old !== undefined);
  if (options.first !== true)
    await saveBaseline(ports.store, updateBaseline(undefined, { ...old, runId: 'run-1' }, earlier), ports.schemas);
  const { save: saveBaselineOption, accept = false, run = runOf() } = options;
  const asked = saveBaselineOption === undefined ? {} : { saveBaseline: saveBaselineOption };
  const note = await keepBaseline({ ...asked, acceptRegressions: accept }, run, ports);
  const stored = await loadBaseline(ports.store, ports.schemas);
  const runs = (name: string) =>
    stored?.serviceTypes['discord-webhook']?.find((entry) => entry.name === name)?.runs.map(({ runId }) => runId);
  return { note, a: runs('a'), b: runs('b'), written: note !== undefined };
}

const pullRequest = exampleJob().pullRequest;
assert.ok(pullRequest !== undefined);
for (const [title, job, options, written] of [
  ['outside CI, the first run ever', undefined, { first: true }, true],
  ['outside CI, a later run', undefined, {}, false],
  ['outside CI, a later run, asked for', undefined, { save: true }, true],
  ['outside CI, the first run ever, a regression', undefined, { first: true, run: runOf('regression') }, false],
  ['outside CI, the first run ever, unwanted', undefined, { first: true, save: false }, false],
  ['a push to the default branch', jobOf({ event: 'push' }), {}, true],
  ['a push to the default branch, unwanted', jobOf({ event: 'push' }), { save: false }, false],
  ['a schedule', jobOf({ event: 'schedule' }), {}, true],
  ['a dispatch on the default branch', jobOf({ event: 'workflow_dispatch' }), {}, true],
  ['a push to another branch', jobOf({ event: 'push', ref: 'refs/heads/topic' }), {}, false],
  [
    'a push to another branch, the first run ever',
    jobOf({ event: 'push', ref: 'refs/heads/topic' }),
    { first: true },
    false,
  ],
  ['a tag called as the branch', jobOf({ event: 'push', ref: 'refs/tags/main' }), {}, false],
  ['a pull request', jobOf({ event: 'pull_request', pullRequest, ref: 'refs/pull/7/merge' }), {}, false],
  ['a pull request, the first run ever', jobOf({ event: 'pull_request', pullRequest }), { first: true }, false],
  ['a pull request measured on dispatch', jobOf({ event: 'workflow_dispatch', pullRequest }), {}, false],
  ['a comment', jobOf({ event: 'issue_comment' }), {}, false],
  ['a run after another', jobOf({ event: 'workflow_run' }), {}, false],
  [
    'a dispatch whose run says that it is of a pull request',
    jobOf({ event: 'workflow_dispatch' }),
    { run: runOf('no change', { change: { repository: 'o/r', pullRequest: 7, runUrl: 'https://x/1' } }) },
    false,
  ],
] as const) {
  test(`${title}: ${written ? 'makes' : 'does not make'} the baseline`, async () => {
    assert.equal((await kept(job, options)).written, written);
  });
}

const now = exampleMetadata().runId;

test('a regression keeps the old baseline, the others get the new one, and the report says so', async () => {
  const { a, b, note } = await kept(jobOf({ event: 'push' }), { run: runOf('regression') });
  assert.deepEqual([a, b], [['run-1'], [now, 'run-1']]);
  assert.equal(note, 'updated, without a: what regressed keeps the baseline it had');
});

test('an accepted regression replaces it', async () => {
  const { a, note } = await kept(jobOf({ event: 'push' }), { run: runOf('regression'), accept: true });
  assert.deepEqual(a, [now, 'run-1']);
  assert.equal(note, 'updated');
});

const url = 'https://github.com/org/services/actions/runs/100';
const sha = 'd'.repeat(40);
for (const [title, job, given, expected] of [
  ['outside CI', undefined, {}, undefined],
  ['a push', jobOf({ event: 'push', sha }), {}, { headSha: sha }],
  ['a pull request', exampleJob({ sha }), {}, { pullRequest: 7, headSha: HEAD }],
  ['a named pull request', jobOf({ event: 'workflow_dispatch', sha }), { pullRequest: 9 }, { pullRequest: 9 }],
  [
    'a named pull request and commit',
    jobOf({ event: 'workflow_dispatch', sha }),
    { pullRequest: 9, headSha: HEAD },
    { pullRequest: 9, headSha: HEAD },
  ],
  ['another one than the event is about', exampleJob({ sha }), { pullRequest: 9 }, { pullRequest: 9 }],
] as const) {
  test(`the change that is measured: ${title}`, () => {
    const change = changeOf(job, given);
    const repository = exampleJob().repository;
    const runUrl = url.replace('org/services', repository);
    assert.deepEqual(change, expected === undefined ? undefined : { repository, ...expected, runUrl });
  });
}
