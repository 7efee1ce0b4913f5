import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordCarried } from '../../../src/commands/carried.ts';
import { compareAll } from '../../../src/commands/compare-run.ts';
import { keepBaseline } from '../../../src/commands/keep-baseline.ts';
import { RunRecorder } from '../../../src/commands/recorder.ts';
import type { Implementation, ServiceRepository } from '../../../src/domain/implementation.ts';
import type { RunMetadata } from '../../../src/domain/run.ts';
import { runToExit } from '../../../src/report/run-exit.ts';
import { updateBaseline } from '../../../src/results/baseline.ts';
import { loadBaseline, saveBaseline } from '../../../src/results/runs.ts';
import {
  EXAMPLE_PROFILE,
  exampleImplementation,
  exampleMetadata,
  exampleResults,
  exampleTags,
} from '../../helpers/example-run.ts';
import { runPorts, testConfig } from '../../helpers/run-ports.ts';

const speed = { head: { coldMs: 100, warmMs: 2 } };
const before = exampleMetadata({ runId: 'run-1', startedAt: '2026-11-19T08:00:00.000Z' });
const implementation = (name: string): Implementation => ({
  name,
  serviceType: 'discord-webhook',
  path: `implementations/${name}`,
  dockerfile: 'Dockerfile',
  buildArgs: {},
  language: 'go',
  supportedFeatures: [],
});
const repository: ServiceRepository = {
  source: './services',
  root: '/services',
  manifestPath: 'manifest.yaml',
  commit: 'e'.repeat(40),
  manifest: {
    serviceType: 'discord-webhook',
    contractVersion: '1.0.0',
    implementations: [implementation('kept'), implementation('unknown')],
  },
};
const carry = (name: string, profile = 'default') => ({
  type: 'discord-webhook',
  implementation: name,
  profile,
  contractVersion: '1.0.0',
  reason: 'unchanged by this pull request',
});

async function carried(
  items: readonly ReturnType<typeof carry>[],
  {
    metadata = {},
    profile = EXAMPLE_PROFILE,
  }: { metadata?: Partial<RunMetadata>; profile?: typeof EXAMPLE_PROFILE } = {},
) {
  const { ports } = runPorts();
  const groups = new Set(items.map((item) => item.profile)).size > 1 ? items.map((item) => item.profile) : [undefined];
  const stored = groups.reduce<ReturnType<typeof updateBaseline> | undefined>((baseline, group) => {
    const tags = exampleTags({ implementation: 'kept', profile: { ...profile, name: group ?? profile.name } });
    const changes = { runId: 'run-1', ...(group === undefined ? {} : { profile: group }) };
    return updateBaseline(
      baseline,
      exampleResults([exampleImplementation('kept', speed, { tags })], undefined, changes),
      before,
    );
  }, undefined);
  assert.ok(stored !== undefined);
  await saveBaseline(ports.store, stored, ports.schemas);
  const running = exampleMetadata({ serviceTypes: [], ...metadata });
  const recorder = new RunRecorder(running, ports);
  const baseline = { trees: new Map(), stored, reason: 'stored' };
  const config = testConfig();
  await recordCarried(items, { baseline, metadata: running, recorder, repositories: [repository], config });
  await compareAll(config, baseline, recorder);
  return { recorder, ports, rows: recorder.run.results.flatMap(({ implementations }) => implementations) };
}

test('a carried row has the numbers of the baseline, and says of which run', async () => {
  const { rows, recorder } = await carried([carry('kept')]);
  const [row] = rows;
  assert.equal(row?.state, 'carried');
  assert.equal(row.reason, 'unchanged by this pull request; numbers of run run-1 of 2026-11-19');
  assert.equal(row.sides[0]?.summaries['cold-ttfb']?.n, 20);
  assert.deepEqual(row.source, { repository: './services', path: 'implementations/kept', dockerfile: 'Dockerfile' });
  assert.equal(row.measurement, undefined);
  assert.deepEqual(recorder.run.metadata.serviceTypes, ['discord-webhook']);
  assert.equal(recorder.run.results[0]?.profile, undefined);
});

test('a carried row is never judged, never fails, and never becomes the baseline', async () => {
  const { recorder, ports } = await carried([carry('kept')]);
  const { run } = recorder;
  const [judged] = run.results[0]?.comparison?.implementations ?? [];
  assert.deepEqual([judged?.state, judged?.verdict, judged?.metrics], ['carried', undefined, []]);
  assert.deepEqual(runToExit(run, ['regression', 'contract', 'inconclusive']), []);
  const stored = await loadBaseline(ports.store, ports.schemas);
  await keepBaseline({ saveBaseline: true, acceptRegressions: true }, run, ports);
  const after = await loadBaseline(ports.store, ports.schemas);
  assert.deepEqual(after?.serviceTypes, stored?.serviceTypes);
});

for (const [title, options, reason] of [
  [
    'another platform',
    { metadata: { platform: 'cloudrun', region: 'us-east1' } },
    /^unchanged.*; the baseline's numbers are not comparable: platform local against cloudrun, region local against us-east1$/,
  ],
  [
    'another profile',
    { profile: { ...EXAMPLE_PROFILE, cpu: '4' } },
    /; the baseline's numbers are not comparable: cpu 4 against 1$/,
  ],
] as const) {
  test(`numbers of ${title} are not shown as if they were of this run`, async () => {
    const { rows } = await carried([carry('kept')], options);
    assert.match(rows[0]?.reason ?? '', reason);
    assert.deepEqual(rows[0]?.sides, []);
    assert.equal(rows[0]?.tags.profile.cpu, '1');
  });
}

test('what the baseline does not have is carried without numbers, and says so', async () => {
  const { rows } = await carried([carry('unknown')]);
  assert.deepEqual(rows[0]?.sides, []);
  assert.equal(rows[0]?.reason, 'unchanged by this pull request; the baseline has no numbers of it');
  const { language, commit, platform, runtime, profile } = rows[0]?.tags ?? {};
  assert.deepEqual([language, commit, platform, runtime], ['go', repository.commit, 'local', 'container']);
  assert.equal(profile?.name, 'default');
});

test('with several profiles each row takes the numbers of its own', async () => {
  const { recorder } = await carried([carry('kept', 'cpu1'), carry('kept', 'cpu2')]);
  assert.deepEqual(
    recorder.run.results.map(({ profile, implementations }) => [profile, implementations[0]?.tags.profile.name]),
    [
      ['cpu1', 'cpu1'],
      ['cpu2', 'cpu2'],
    ],
  );
  assert.ok(recorder.run.results.every(({ implementations }) => implementations[0]?.sides.length === 1));
});

test('what was measured after all is not written over', async () => {
  const { ports } = runPorts();
  const recorder = new RunRecorder(exampleMetadata(), ports);
  await recorder.record({ serviceType: 'discord-webhook' }, '1.0.0', exampleImplementation('kept', speed));
  const baseline = { trees: new Map(), reason: 'none' };
  const context = { baseline, metadata: exampleMetadata(), recorder, repositories: [], config: testConfig() };
  await recordCarried([carry('kept')], context);
  assert.equal(recorder.run.results[0]?.implementations[0]?.state, undefined);
});
