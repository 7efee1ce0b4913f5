import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { readContract } from '../../../src/adapters/system/shipped-files.ts';
import { compareAll } from '../../../src/commands/compare-run.ts';
import { fanIn } from '../../../src/commands/fan-in.ts';
import { RunRecorder } from '../../../src/commands/recorder.ts';
import { report } from '../../../src/commands/report.ts';
import type { ReportRequest } from '../../../src/config/request.ts';
import type { Run, RunFailure, RunMetadata } from '../../../src/domain/run.ts';
import { savePlan } from '../../../src/results/job-plan.ts';
import { seededRandom } from '../../../src/stats/random.ts';
import { TAGS } from '../../helpers/measured-results.ts';
import { runPorts, testConfig } from '../../helpers/run-ports.ts';
import { dealt, fleet, leave, metadataOf, planOf, RUN_ID, record, storeBaseline } from '../../helpers/sharded-run.ts';

const config = testConfig();
const never = new AbortController().signal;
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

for (const profiles of [['default'], ['cpu1', 'cpu2']]) {
  test(`shards put together are the run that one job makes, ${profiles.length} profile(s)`, async () => {
    const verdicts = new Set<string>();
    for (let seed = 1; seed <= 12; seed += 1) {
      const random = seededRandom(seed);
      const members = fleet(profiles, random);
      const whole = runPorts();
      const stored = await storeBaseline(whole, members);
      const failures = members.flatMap((one) => one.failures);
      const recorder = new RunRecorder(metadataOf({ failures: [...new Set(failures)] }), whole.ports);
      await record(recorder, members, true);
      const trees = new Map([['/repo', new Map()]]);
      const { baseline: reference, baselineReason: reason } = metadataOf();
      assert.ok(reference !== undefined && reason !== undefined);
      await compareAll(config, { trees, stored, reference, reason }, recorder);

      const parts = runPorts();
      await storeBaseline(parts, members);
      const shards = dealt(members, random);
      assert.ok(shards.length > 2);
      const plan = planOf(shards);
      for (const [index, shard] of shards.entries()) await leave(parts, plan.shards[index]?.id ?? '', shard);
      const { run } = await fanIn(plan, config, parts.ports, never);

      assert.deepEqual(plain(run.results), plain(recorder.run.results));
      const sorted = (list: readonly RunFailure[]) => list.map((failure) => JSON.stringify(failure)).sort();
      assert.deepEqual(
        sorted(run.metadata.failures),
        sorted([...new Map(failures.map((failure) => [JSON.stringify(failure), failure])).values()]),
      );
      assert.deepEqual([...run.metadata.serviceTypes].sort(), ['discord-webhook', 'rest-crud']);
      assert.deepEqual(run.metadata.baseline, reference);
      for (const { comparison } of run.results)
        for (const { verdict, state } of comparison?.implementations ?? []) verdicts.add(state ?? verdict ?? '');
    }
    // The property means nothing where nothing is told apart.
    for (const wanted of ['regression', 'improvement', 'inconclusive', 'new', 'contract failed'])
      assert.ok(verdicts.has(wanted), `${wanted} of ${[...verdicts].join(', ')}`);
  });
}

let parts = runPorts();
const members = fleet(['default'], seededRandom(7)).filter(
  ({ serviceType, item }) => serviceType === 'discord-webhook' && ['a', 'b', 'c'].includes(item.implementation),
);
const [a, b, c] = members;
assert.ok(a !== undefined && b !== undefined && c !== undefined);
beforeEach(() => {
  parts = runPorts();
});

test('start and end are those of all jobs, and drivers are all named', async () => {
  await leave(parts, '01', [a], { startedAt: '2026-11-21T13:30:00.000Z', driver: 'two CPUs' });
  await leave(parts, '02', [b], { startedAt: '2026-11-21T13:10:00.000Z', driver: 'four CPUs' });
  const { run } = await fanIn(planOf([[a], [b]]), config, parts.ports, never);
  const { startedAt, finishedAt, driver } = run.metadata;
  assert.deepEqual(
    [startedAt, finishedAt, driver],
    ['2026-11-21T13:10:00.000Z', '2026-11-21T14:02:00.000Z', 'two CPUs; four CPUs'],
  );
});

for (const [title, state, reason, code] of [
  ['left nothing', undefined, 'its job left no results', 'job-lost'],
  ['was cancelled', 'cancelled', 'its job was cancelled', 'job-cancelled'],
  ['failed', 'failed', 'its job failed', 'job-failed'],
  ['was killed', 'running', 'its job ended before it was measured', 'job-lost'],
  ['forgot one', 'finished', 'its job finished without it', 'job-lost'],
] as const) {
  test(`a job that ${title}: what it measured counts, the rest is not measured and a failure`, async () => {
    await leave(parts, '01', [a]);
    if (state !== undefined) await leave(parts, '02', [b], {}, state);
    const { run } = await fanIn(planOf([[a], [b, c]]), config, parts.ports, never);
    const rows = run.results[0]?.implementations.map(({ name, state: own, reason: why }) => [name, own, why]);
    const lost = ['not measured', reason];
    assert.deepEqual(rows, [
      ['a', undefined, undefined],
      state === undefined ? ['b', ...lost] : ['b', undefined, undefined],
      ['c', ...lost],
    ]);
    assert.deepEqual(
      run.metadata.failures.map(({ implementation, stage, code: own, message }) => [
        implementation,
        stage,
        own,
        message,
      ]),
      (state === undefined ? ['b', 'c'] : ['c']).map((name) => [name, 'measure', code, `${reason} (shard 02)`]),
    );
    assert.deepEqual(run.results[0]?.implementations[2]?.tags.profile, TAGS.profile);
    assert.equal(run.results[0]?.comparison?.implementations[2]?.state, 'not measured');
  });
}

test('a run of which no job left anything is a run all the same', async () => {
  const contract = new Map([['contract.yaml', 'type: discord-webhook\nversion: 1.4.0\ndocument: x\n']]);
  const { ports } = runPorts({ contractFiles: async () => contract });
  await assert.rejects(fanIn(planOf([[a]]), config, ports, never), 'a contract that cannot be read is an error');
  const root = new URL('../../../contracts', import.meta.url).pathname;
  const real = runPorts({ contractFiles: (type, major) => readContract(root, type, major) });
  const { run } = await fanIn(planOf([[a], [b]]), config, real.ports, never);
  assert.deepEqual(
    run.results[0]?.implementations.map(({ name, state }) => [name, state]),
    [
      ['a', 'not measured'],
      ['b', 'not measured'],
    ],
  );
  assert.equal(run.results[0]?.contractVersion, '1.0.0');
  assert.equal(run.metadata.failures.length, 2);
  const named = { ...planOf([[a], [b]]), contractVersions: { 'discord-webhook': '2.0.0' } };
  const told = await fanIn(named, config, real.ports, never);
  assert.equal(told.run.results[0]?.contractVersion, '2.0.0', 'as the plan says');
});

const other = (changes: Partial<RunMetadata>) => () => leave(parts, '02', [b], changes);
const refusals: readonly [string, () => Promise<void>, RegExp][] = [
  ['platform', other({ platform: 'local' }), /shard 02 has the platform local, shard 01 has cloudrun/],
  ['region', other({ region: 'us-east1' }), /shard 02 has the region us-east1, shard 01 has europe-west1/],
  ['tool', other({ toolVersion: '0.2.0' }), /has the version of cloudrun-perf 0\.2\.0, shard 01 has 0\.1\.0/],
  ['commit', other({ commit: 'f'.repeat(40) }), /shard 02 has the commit f{40}, shard 01 has 4d5e6f/],
  ['suite', other({ suite: 'quick' }), /shard 02 has the suite quick/],
  [
    'unplanned',
    () => leave(parts, '02', [c]),
    /shard 02 has results of .*\/c with profile default, which the plan has not/,
  ],
  ['another job', () => leave(parts, '02', [a]), /shards 01 and 02 both have results of discord-webhook\/a/],
  ['more jobs', () => leave(parts, '03', [b]), /found shard 03, which the plan of run .* has not/],
  [
    'contract version',
    async () => {
      await leave(parts, '02', [b]);
      const path = `runs/${RUN_ID}/shards/02/discord-webhook/results.json`;
      const text = parts.store.texts.get(path) ?? '';
      parts.store.texts.set(path, text.replace('"contractVersion": "1.0.0"', '"contractVersion": "2.0.0"'));
    },
    /shard 02 has version 2\.0\.0 of the contract discord-webhook, shard 01 has 1\.0\.0/,
  ],
];
for (const [title, second, message] of refusals) {
  test(`parts that do not belong together are refused: ${title}`, async () => {
    await leave(parts, '01', [a]);
    await second();
    await assert.rejects(fanIn(planOf([[a], [b]]), config, parts.ports, never), { code: 'shards-mixed', message });
  });
}

test('a part of another run, or damaged, is refused', async () => {
  await leave(parts, '01', [a]);
  await leave(parts, '02', [b]);
  const path = `runs/${RUN_ID}/shards/02/metadata.json`;
  const text = parts.store.texts.get(path) ?? '';
  parts.store.texts.set(path, text.replace(RUN_ID, 'run-2'));
  await assert.rejects(fanIn(planOf([[a], [b]]), config, parts.ports, never), { code: 'run-mixed' });
  parts.store.texts.set(path, text.replace('"failures": []', '"failures": [], "evil": 1'));
  await assert.rejects(fanIn(planOf([[a], [b]]), config, parts.ports, never), { code: 'document-invalid' });
});

test('a job that left files in its checkout has measured the same commit', async () => {
  const { commit } = metadataOf();
  await leave(parts, '01', [a]);
  await leave(parts, '02', [b], { commit: `${commit}-dirty` });
  const { run } = await fanIn(planOf([[a], [b]], { commit: `${commit}` }), config, parts.ports, never);
  assert.equal(run.results[0]?.implementations.length, 2);
  await assert.rejects(fanIn(planOf([[a], [b]], { commit: 'd'.repeat(40) }), config, parts.ports, never), {
    message: /shard 01 has the commit 4d5e6f.*, the plan has d{40}/,
  });
});

const asked: ReportRequest = {
  command: 'report',
  run: RUN_ID,
  failOn: ['regression', 'contract'],
  format: 'json',
  acceptRegressions: false,
  issues: false,
  verbose: false,
  dryRun: false,
};

test('report puts a planned run together once, and renders it afterwards', async () => {
  const lone = { ...b, item: { ...b.item, implementation: 'quiet' } };
  const carried = { ...lone.item, contractVersion: '1.0.0', reason: 'unchanged by this pull request' };
  await savePlan(parts.store, planOf([[a], [b]], { carried: [carried] }), parts.ports.schemas);
  await leave(parts, '01', [a]);
  await leave(parts, '02', [b]);
  const before = parts.store.texts.has(`runs/${RUN_ID}/metadata.json`);
  const first = await report({ ...asked, run: 'latest' }, config, parts.ports, never);
  assert.equal(before, false);
  assert.deepEqual(first.exitCodes, [4]);
  assert.equal(first.outputs.verdict, 'regression');
  assert.deepEqual(first.states, { a: 'no change', b: 'regression', quiet: 'carried' });
  const stored = (path: string) => parts.store.texts.get(`runs/${RUN_ID}/${path}`);
  const { metadata, results } = { metadata: JSON.parse(stored('metadata.json') ?? ''), results: stored('report.md') };
  assert.deepEqual([metadata.state, metadata.finishedAt], ['finished', '2026-11-21T14:02:00.000Z']);
  assert.match(results ?? '', /regression/);
  const kept = new Map(parts.store.texts);
  const again = await report({ ...asked, failOn: ['never'] }, config, parts.ports, never);
  assert.deepEqual(again.exitCodes, []);
  assert.deepEqual((await report(asked, config, parts.ports, never)).exitCodes, [4]);
  assert.deepEqual(parts.store.texts, kept);
  assert.equal(parts.printed[1], parts.printed[0]);
  assert.equal((JSON.parse(parts.printed[0] ?? '') as Run & { format: string }).format, 'report/1');
});

test('a run with nothing to measure is a run of carried rows, and no failure', async () => {
  const item = { type: 'discord-webhook', implementation: 'a', profile: 'default', contractVersion: '1.0.0' };
  const carried = [{ ...item, reason: 'unchanged by this pull request' }];
  await savePlan(parts.store, planOf([], { carried }), parts.ports.schemas);
  const { exitCodes, outputs, states } = await report(asked, config, parts.ports, never);
  assert.deepEqual([exitCodes, outputs.verdict, states], [[], 'carried', { a: 'carried' }]);
});

test('with fail-on never only what broke the run fails it, and only while it is put together', async () => {
  await savePlan(parts.store, planOf([[a], [b]]), parts.ports.schemas);
  await leave(parts, '01', [a]);
  const request: ReportRequest = { ...asked, failOn: ['never'] };
  assert.deepEqual((await report(request, config, parts.ports, never)).exitCodes, [1]);
  assert.deepEqual((await report(request, config, parts.ports, never)).exitCodes, []);
});
