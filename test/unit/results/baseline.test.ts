import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Baseline, BaselineRun } from '../../../src/domain/baseline.ts';
import { comparableRuns, mergeBaselines, updateBaseline } from '../../../src/results/baseline.ts';
import { decode } from '../../../src/results/codec.ts';
import {
  EXAMPLE_PROFILE,
  exampleComparison,
  exampleImplementation,
  exampleMetadata,
  exampleResults,
  exampleTags,
  variedRun,
} from '../../helpers/example-run.ts';
import { RESULT_SCHEMAS } from '../../helpers/result-schemas.ts';

const speed = { base: { coldMs: 90, warmMs: 1 }, head: { coldMs: 100, warmMs: 2 } };

function add(previous: Baseline | undefined, day: number, name = 'go-gin', tags = exampleTags()): Baseline {
  const startedAt = `2026-11-${String(day).padStart(2, '0')}T08:00:00.000Z`;
  const runId = `run-${day}`;
  const results = exampleResults([exampleImplementation(name, speed, { tags })], undefined, { runId });
  const { finishedAt: _, ...metadata } = exampleMetadata({ runId, startedAt });
  return updateBaseline(previous, results, metadata);
}
const entry = (baseline: Baseline | undefined, name = 'go-gin') =>
  baseline?.serviceTypes['discord-webhook']?.find((found) => found.name === name);
const ids = (baseline: Baseline | undefined, name = 'go-gin') => entry(baseline, name)?.runs.map((run) => run.runId);

test('a run holds the head side only: summaries and one value per instance', () => {
  const run = entry(add(undefined, 1))?.runs[0];
  assert.equal(run?.values['cold-ttfb']?.length, 20);
  assert.equal(run?.values['cold-ttfb']?.[0], 100);
  assert.equal(run?.summaries['cold-ttfb']?.n, 20);
  assert.equal(run?.digest, `sha256:${'a'.repeat(64)}`);
  assert.equal(run?.commit, exampleMetadata().commit);
  assert.equal(run?.date, '2026-11-01T08:00:00.000Z');
});

test('the last ten runs are kept, newest first, whatever the order they come in', () => {
  let baseline: Baseline | undefined;
  for (const day of [3, 1, 2, 4, 5, 6, 7, 8, 9, 10, 12, 11]) baseline = add(baseline, day);
  assert.deepEqual(
    ids(baseline),
    [12, 11, 10, 9, 8, 7, 6, 5, 4, 3].map((day) => `run-${day}`),
  );
});

test('the same run again replaces itself', () => {
  assert.deepEqual(ids(add(add(add(undefined, 1), 2), 1)), ['run-2', 'run-1']);
});

test('other implementations and service types stay', () => {
  const other = add(undefined, 1, 'rust-axum');
  const both = add({ ...other, serviceTypes: { ...other.serviceTypes, 'rest-crud': [] } }, 2);
  assert.deepEqual(ids(both, 'rust-axum'), ['run-1']);
  assert.deepEqual(Object.keys(both.serviceTypes).sort(), ['discord-webhook', 'rest-crud']);
  assert.equal(both.updatedAt, '2026-11-02T08:00:00.000Z');
});

for (const [title, tags] of [
  ['profile', exampleTags({ profile: { ...EXAMPLE_PROFILE, cpu: '2' } })],
  ['region', exampleTags({ region: 'europe-west1' })],
  ['driver', exampleTags({ driver: 'darwin arm64, 8 CPUs' })],
  ['runtime', exampleTags({ runtime: 'container' })],
] as const) {
  test(`another ${title} starts the history again, and what was measured before says so itself`, () => {
    const stored = add(add(undefined, 1), 2, 'go-gin', tags);
    assert.deepEqual(
      entry(stored)?.runs.map((run) => [run.runId, run.tags]),
      [
        ['run-2', tags],
        ['run-1', exampleTags()],
      ],
    );
    const baseline = comparableRuns(stored);
    assert.deepEqual(ids(baseline), ['run-2']);
    assert.deepEqual(entry(baseline)?.tags, tags);
  });

  test(`another ${title} of an older run that is stored later replaces nothing`, () => {
    const stored = add(add(undefined, 2), 1, 'go-gin', tags);
    assert.deepEqual(ids(stored), ['run-2', 'run-1']);
    assert.deepEqual(entry(stored)?.tags, exampleTags());
    assert.deepEqual(ids(comparableRuns(stored)), ['run-2']);
  });
}

test('a baseline of before runs had tags of their own is read as measured like its newest run', () => {
  const stored = add(add(undefined, 1), 2);
  const old: Baseline = JSON.parse(
    JSON.stringify(stored, (key, value) => (key === 'runs' ? withoutTags(value) : value)),
  );
  assert.equal(entry(old)?.runs[0]?.tags, undefined);
  const read = decode('baseline', JSON.stringify(old), 'latest.json', RESULT_SCHEMAS);
  assert.deepEqual(ids(comparableRuns(read)), ['run-2', 'run-1']);
  const elsewhere = exampleTags({ region: 'europe-west1' });
  const next = add(read, 3, 'go-gin', elsewhere);
  assert.deepEqual(
    entry(next)?.runs.map((run) => run.tags?.region),
    ['europe-west1', exampleTags().region, exampleTags().region],
  );
  assert.deepEqual(ids(comparableRuns(next)), ['run-3']);
});

const withoutTags = (runs: readonly BaselineRun[]) => runs.map(({ tags: _, ...run }) => run);

test('merging gives the same in any order', () => {
  const days = Array.from({ length: 12 }, (_, index) => index + 1);
  const tagsOf = (day: number) => exampleTags(day % 3 === 0 ? { region: 'europe-west1' } : {});
  const merged = (order: readonly number[]) =>
    order.reduce<Baseline | undefined>((known, day) => add(known, day, `go-${day % 2}`, tagsOf(day)), undefined);
  const orders = [days, days.toReversed(), days.toSorted((a, b) => ((a * 7) % 13) - ((b * 7) % 13))];
  for (const order of orders) assert.deepEqual(merged(order), merged(days), order.join());
  const [left, right] = [merged(days.slice(0, 5)), merged(days.slice(5))];
  assert.ok(left !== undefined && right !== undefined);
  assert.deepEqual(mergeBaselines(left, right), mergeBaselines(right, left));
  assert.deepEqual(mergeBaselines(left, left), left);
});

test('an older run added later changes neither tags nor artifact', () => {
  const older = exampleTags({ toolVersion: '0.0.1' });
  const baseline = add(add(undefined, 5), 2, 'go-gin', older);
  assert.deepEqual(ids(baseline), ['run-5', 'run-2']);
  assert.equal(entry(baseline)?.tags.toolVersion, '0.1.0');
});

test('contract failures and what was not measured give no baseline', () => {
  const run = variedRun();
  const [results] = run.results;
  assert.ok(results !== undefined);
  const names = updateBaseline(undefined, results, run.metadata, { acceptRegressions: true }).serviceTypes[
    'discord-webhook'
  ]?.map(({ name }) => name);
  assert.deepEqual(names, ['go-gin', 'python-flask', 'ruby-rails', 'rust-axum']);
});

const judged = (runId: string, verdict: 'regression' | 'no change') =>
  exampleResults(
    [exampleImplementation('go-gin', speed), exampleImplementation('rust-axum', speed)],
    exampleComparison([
      { implementation: 'go-gin', verdict, metrics: [] },
      { implementation: 'rust-axum', verdict: 'improvement', metrics: [] },
    ]),
    { runId },
  );
const day2 = exampleMetadata({ runId: 'run-2', startedAt: '2026-11-02T08:00:00.000Z' });

test('what regressed keeps the baseline that it had, the others get the new one', () => {
  const before = add(add(undefined, 1), 1, 'rust-axum');
  const after = updateBaseline(before, judged('run-2', 'regression'), day2);
  assert.deepEqual(entry(after), entry(before));
  assert.deepEqual(ids(after, 'rust-axum'), ['run-2', 'run-1']);
  assert.deepEqual(ids(updateBaseline(before, judged('run-2', 'no change'), day2)), ['run-2', 'run-1']);
});

test('a regression that never had a baseline gets none; accepted ones replace', () => {
  assert.equal(entry(updateBaseline(undefined, judged('run-2', 'regression'), day2)), undefined);
  const accepted = updateBaseline(add(undefined, 1), judged('run-2', 'regression'), day2, { acceptRegressions: true });
  assert.deepEqual(ids(accepted), ['run-2', 'run-1']);
});

test('carried rows are not measured again by being stored', () => {
  const before = add(undefined, 1);
  const { measurement: _, ...carried } = exampleImplementation('go-gin', speed, { state: 'carried' });
  const after = updateBaseline(before, exampleResults([carried], undefined, { runId: 'run-2' }), day2);
  assert.deepEqual(ids(after), ['run-1']);
});

test('each profile of a run with several has a baseline of its own', () => {
  const before = add(undefined, 1);
  const small = exampleResults([exampleImplementation('go-gin', speed)], undefined, {
    runId: 'run-2',
    profile: 'cpu2',
  });
  const after = updateBaseline(before, small, day2);
  assert.deepEqual(Object.keys(after.serviceTypes), ['discord-webhook', 'discord-webhook.cpu2']);
  assert.deepEqual(ids(after), ['run-1']);
  assert.deepEqual(
    after.serviceTypes['discord-webhook.cpu2']?.[0]?.runs.map(({ runId }) => runId),
    ['run-2'],
  );
});

test('the previous baseline is not changed', () => {
  const before = add(undefined, 1);
  const copy = structuredClone(before);
  add(before, 2);
  assert.deepEqual(before, copy);
});
