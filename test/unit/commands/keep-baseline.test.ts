import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepBaselineImages } from '../../../src/commands/baseline-images.ts';
import { keepBaseline } from '../../../src/commands/keep-baseline.ts';
import { changeOf } from '../../../src/commands/plan-run.ts';
import type { Verdict } from '../../../src/domain/comparison.ts';
import type { Job } from '../../../src/domain/job.ts';
import type { RunMetadata } from '../../../src/domain/run.ts';
import { baselineTag } from '../../../src/plan/baseline-tags.ts';
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
import { TagRegistry } from '../../helpers/tag-registry.ts';

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

const OLD = 'run-20200101-080000-bcdfgh';

for (const [title, job, retention, run, isRemoved] of [
  ['a push to the default branch', jobOf({ event: 'push' }), { keepDays: 1 }, runOf(), true],
  ['a push to the default branch without limits', jobOf({ event: 'push' }), {}, runOf(), false],
  ['a push to another branch', jobOf({ event: 'push', ref: 'refs/heads/topic' }), { keepDays: 1 }, runOf(), false],
  ['a pull request', jobOf({ event: 'pull_request', pullRequest }), { keepDays: 1 }, runOf(), false],
  ['a run outside CI', undefined, { keepDays: 1 }, runOf(), false],
  [
    'a dispatch whose run is of a pull request',
    jobOf({ event: 'workflow_dispatch' }),
    { keepDays: 1 },
    runOf('no change', { change: { repository: 'o/r', pullRequest: 7, runUrl: 'https://x/1' } }),
    false,
  ],
] as const) {
  test(`${title} ${isRemoved ? 'removes' : 'keeps'} old runs`, async () => {
    const { ports, store, lines } = runPorts({ retention, ...(job === undefined ? {} : { job }) });
    await store.write(`runs/${OLD}/metadata.json`, '{}');
    await keepBaseline({ saveBaseline: false, acceptRegressions: false }, run, ports);
    assert.equal(store.texts.has(`runs/${OLD}/metadata.json`), !isRemoved);
    assert.deepEqual(lines, isRemoved ? [`info removed 1 old runs, ${OLD} to ${OLD}`] : []);
  });
}

test('old runs that cannot be removed are a warning', async () => {
  const { ports, store, lines } = runPorts({ retention: { keepRuns: 1 }, job: jobOf({ event: 'push' }) });
  const failing = {
    ...store,
    list: async () => {
      throw new Error('no permission to list');
    },
  };
  const note = await keepBaseline({ acceptRegressions: false }, runOf(), { ...ports, store: failing });
  assert.equal(note, 'the first one');
  assert.deepEqual(lines, ['warn old runs were not removed: no permission to list']);
});

test('a run that others were faster than waits a little and merges again', async () => {
  const { ports, store } = runPorts({ job: jobOf({ event: 'push' }) });
  const waits: number[] = [];
  let lost = 0;
  const contended = {
    ...store,
    writeIf: async (path: string, text: string, version: string) => {
      if (path !== 'baselines/latest.json' || lost === 3) return store.writeIf(path, text, version);
      lost += 1;
      const [results] = runOf().results;
      assert.ok(results !== undefined);
      const other = exampleMetadata({ runId: `other-${lost}`, startedAt: `2026-10-0${lost}T00:00:00.000Z` });
      const baseline = updateBaseline(undefined, { ...results, runId: other.runId }, other);
      await saveBaseline(store, baseline, ports.schemas);
      return false;
    },
  };
  const clock = { ...ports.clock, sleep: async (durationMs: number) => void waits.push(durationMs) };
  await keepBaseline({ acceptRegressions: false }, runOf(), { ...ports, store: contended, clock });
  const stored = await loadBaseline(store, ports.schemas);
  const ids = stored?.serviceTypes['discord-webhook']?.[0]?.runs.map(({ runId }) => runId);
  assert.deepEqual(ids, [now, 'other-3', 'other-2', 'other-1']);
  assert.equal(waits.length, 3);
  assert.ok(waits.every((waitMs, index) => waitMs >= 0 && waitMs < 50 * 2 ** (index + 1)));
  assert.equal(new Set(waits).size, 3);
});

test('images of the baseline are tagged as such, and what it has moved on from is not any more', async () => {
  const { serviceTypes } = updateBaseline(undefined, runOf().results[0] ?? assert.fail(), exampleMetadata());
  const named = serviceTypes['discord-webhook']?.[0]?.artifact.digest ?? '';
  assert.match(named, /^sha256:/);
  const entry = (name: string, digest: string, ...tags: string[]) => ({ repository: `r/${name}`, digest, tags });
  const forgotten = `sha256:${'9'.repeat(64)}`;
  const { ports } = runPorts();
  const { owner } = ports.tool;
  const ofOther = entry('other', forgotten, baselineTag(owner, forgotten));
  const registry = new TagRegistry([entry('a', named, 'run-2-head'), ofOther]);
  const withRegistry = { ...ports, imageRegistry: async () => registry };
  await keepBaseline({ saveBaseline: true, acceptRegressions: true }, runOf(), withRegistry);
  const tags = async (name: string, digest: string) => [...(await registry.tags(`r/${name}`, digest))].sort();
  assert.deepEqual(await tags('a', named), [baselineTag(owner, named), 'run-2-head']);
  assert.deepEqual(await tags('other', forgotten), ofOther.tags, 'perhaps of another store: not ours to take');

  const before = await loadBaseline(ports.store, ports.schemas);
  await ports.store.write('baselines/latest.json', JSON.stringify({ ...before, serviceTypes: {} }));
  await keepBaselineImages(before, withRegistry);
  assert.deepEqual(await tags('a', named), ['run-2-head']);
  assert.deepEqual(await tags('other', forgotten), ofOther.tags);
});

test('a registry that cannot be reached does not keep the baseline from being stored', async () => {
  const { ports, lines } = runPorts();
  const imageRegistry = () => Promise.reject(new Error('no credentials here'));
  const note = await keepBaseline({ saveBaseline: true, acceptRegressions: true }, runOf(), {
    ...ports,
    imageRegistry,
  });
  assert.equal(note, 'the first one');
  assert.match(lines.join(), /info images of the baseline were not tagged, cleanup will do it: no credentials here/);
});
