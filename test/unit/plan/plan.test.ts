import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LEAST_SAMPLES } from '../../../src/compare/options.ts';
import { UsageError } from '../../../src/domain/errors.ts';
import type { Implementation, ServiceRepository } from '../../../src/domain/implementation.ts';
import type { Profile } from '../../../src/domain/profile.ts';
import { describePlan } from '../../../src/plan/describe.ts';
import { estimatePlan } from '../../../src/plan/estimate.ts';
import { selectImplementations, withDefaults } from '../../../src/plan/filter.ts';
import { createRunId, labelValue, ownerLabel, sampleTags, serviceName } from '../../../src/plan/naming.ts';
import { createPlan, type PlanInput } from '../../../src/plan/plan.ts';
import { pricesOf } from '../../../src/plan/prices.ts';
import type { SettingsOverrides } from '../../../src/plan/settings.ts';
import { checksFit } from '../../../src/plan/strata.ts';
import { PRICE_TABLE as TABLE } from '../../helpers/price-table.ts';

const PRICES = pricesOf('us-central1', TABLE);

const PROFILE: Profile = {
  name: 'default',
  cpu: '1',
  memory: '512Mi',
  concurrency: 80,
  minInstances: 0,
  maxInstances: 1,
  executionEnvironment: 'gen2',
  startupCpuBoost: true,
  cpuIdle: true,
  timeoutMs: 300_000,
};

function implementation(name: string, more: Partial<Implementation> = {}): Implementation {
  return {
    name,
    serviceType: 'discord-webhook',
    path: `implementations/${name}`,
    dockerfile: 'Dockerfile',
    buildArgs: {},
    supportedFeatures: [],
    ...more,
  };
}

function repository(names: readonly Implementation[], source = 'https://example.com/r'): ServiceRepository {
  const manifest = { serviceType: 'discord-webhook' as const, contractVersion: '1.0.0', implementations: names };
  return { source, root: '/r', manifestPath: 'manifest.yaml', manifest };
}

const REPOSITORY = repository([
  implementation('go-gin', { language: 'go', framework: 'gin' }),
  implementation('node-http', { language: 'node', local: { run: ['node', 'server.js'], requires: [] } }),
]);
const ALL = { types: [], languages: [], frameworks: [], implementations: [] };

function input(more: Partial<PlanInput> = {}): PlanInput {
  return {
    repositories: [REPOSITORY],
    selection: ALL,
    suite: 'quick',
    profiles: [PROFILE],
    platform: 'cloudrun',
    region: 'us-central1',
    project: 'my-project',
    runId: 'run-20261121-124800-x7k2q9',
    owner: 'Org/Repo',
    startedAtMs: Date.UTC(2026, 10, 21, 12, 48, 0, 1),
    baselineAvailable: () => true,
    ...more,
  };
}

test('what a contract is spoken over goes before what a profile says', () => {
  const grpc = { ...REPOSITORY, portProtocol: 'h2c' as const };
  const portsOf = (more: Partial<PlanInput>) =>
    createPlan(input(more)).implementations.map(({ profile }) => profile.port);
  assert.deepEqual(portsOf({}), [undefined, undefined]);
  assert.deepEqual(portsOf({ repositories: [grpc] })[0], { protocol: 'h2c', number: 8080 });
  const profile: Profile = { ...PROFILE, port: { protocol: 'http1', number: 50_051 } };
  assert.deepEqual(portsOf({ repositories: [grpc], profiles: [profile] })[0], { protocol: 'h2c', number: 50_051 });
  assert.match(describePlan(createPlan(input({ repositories: [grpc] })), PRICES), /gen2, HTTP\/2\)/);
});

test('a plan with a base beside the head', () => {
  const plan = createPlan(input({ baselineAvailable: (_, { name }) => name === 'go-gin' }));
  assert.deepEqual(
    plan.implementations.map(({ services }) => services.map(({ side }) => side)),
    [['base', 'head'], ['head']],
  );
  const first = plan.implementations[0]?.services[0];
  assert.equal(first?.sampleTags.length, 10);
  assert.equal(first?.checkTag, 'check');
  assert.deepEqual(plan.implementations[0]?.labels, {
    'managed-by': 'cloudrun-perf',
    'perf-run-id': 'run-20261121-124800-x7k2q9',
    'perf-owner': ownerLabel('org/repo'),
    'perf-expires': String(Date.UTC(2026, 10, 22, 12, 48, 1) / 1000),
    'perf-service-type': 'discord-webhook',
    'perf-implementation': 'go-gin',
    'perf-profile': 'default',
  });
  assert.deepEqual(createPlan(input()), createPlan(input()));
  assert.equal(JSON.stringify(JSON.parse(JSON.stringify(plan))), JSON.stringify(plan));
});

test('suites, overrides and platforms', () => {
  const full = createPlan(input({ suite: 'full' })).settings;
  assert.ok(full.scaleToZeroTimeoutMs > 900_000);
  const quick = createPlan(input({ platform: 'local' })).settings;
  assert.equal(quick.scaleToZeroTimeoutMs, 0);
  const own = createPlan(input({ settings: { samplesPerRound: 3, rounds: undefined, requests: 7 } })).settings;
  assert.deepEqual([own.samplesPerRound, own.rounds, own.warm.requests], [3, 2, 7]);
});

/** Fresh instances that a plan measures a side, and revisions that it deploys for them. */
const freshOf = ({ settings, implementations: [one] }: ReturnType<typeof createPlan>) => [
  settings.samplesPerRound * settings.rounds,
  one?.services[0]?.sampleTags.length,
];

for (const { platform, suite, expected } of [
  { platform: 'cloudrun', suite: 'quick', expected: [8, 10] },
  { platform: 'cloudrun', suite: 'full', expected: [8, 10] },
  { platform: 'local', suite: 'quick', expected: [12, 18] },
  { platform: 'local', suite: 'full', expected: [20, 30] },
] as const) {
  test(`fresh instances of a ${suite} suite on ${platform}: at least as many as may be judged, and spares`, () => {
    const plan = createPlan(input({ platform, suite }));
    assert.deepEqual(freshOf(plan), expected);
    assert.ok((freshOf(plan)[0] ?? 0) >= LEAST_SAMPLES);
  });
}

test('jobs that work at the same time share the instances, and larger instances are fewer', () => {
  const share = (profile: Partial<Profile>, settings: SettingsOverrides) =>
    createPlan(input({ profiles: [{ ...PROFILE, ...profile }], settings })).settings.instancesAtOnce;
  assert.equal(share({}, { parallelJobs: 5 }), 4);
  assert.equal(share({ cpu: '2', memory: '1Gi' }, {}), 10);
  assert.equal(share({ cpu: '2', memory: '8Gi' }, {}), 5);
  assert.equal(share({ cpu: '4', memory: '2Gi' }, { parallelJobs: 8 }), 1);
  assert.equal(share({ cpu: '2', memory: '1Gi' }, { instancesAtOnce: 200, parallelJobs: 8 }), 25);
  const swept = ['1', '4'].map((cpu) => ({ ...PROFILE, name: `cpu${cpu}`, cpu, memory: '2Gi' }));
  assert.equal(createPlan(input({ profiles: swept })).settings.instancesAtOnce, 5);
});

test('what contracts were checked on may stay while there is room for it and for a round', () => {
  const fits = (instancesAtOnce: number | undefined, ...services: number[]) => {
    const { instancesAtOnce: _, ...settings } = createPlan(input()).settings;
    return checksFit({ ...settings, ...(instancesAtOnce === undefined ? {} : { instancesAtOnce }) }, services);
  };
  assert.deepEqual([fits(20, 2, 2, 2, 2, 2, 2), fits(20, 2, 2, 2, 2, 2, 2, 1)], [true, false]);
  assert.deepEqual([fits(4, 2), fits(4, 2, 2), fits(undefined, 2, 2, 2)], [true, false, true]);
});

/** What a plan adds to fresh revisions: forced starts, samples after idleness, instances at a time, judged stratum. */
const strataOf = (plan: ReturnType<typeof createPlan>) => {
  const { forcedZeroStarts, afterIdleSamples, instancesAtOnce, gateStratum } = plan.settings;
  return [forcedZeroStarts, afterIdleSamples, instancesAtOnce, gateStratum];
};
const headOnly = () => false;

for (const { title, changes, expected } of [
  { title: 'quick in the cloud', changes: {}, expected: [2, undefined, 20, 'fresh-revision'] },
  {
    title: 'quick on this machine',
    changes: { platform: 'local' as const },
    expected: [undefined, undefined, undefined, 'fresh-revision'],
  },
  {
    title: 'full, two services that share twenty places',
    changes: { suite: 'full' as const, baselineAvailable: headOnly },
    expected: [10, 8, 20, 'after-idle'],
  },
  {
    title: 'full, four services: too few places for a verdict',
    changes: { suite: 'full' as const },
    expected: [5, 4, 20, 'fresh-revision'],
  },
  {
    title: 'full, with a larger quota',
    changes: { suite: 'full' as const, settings: { instancesAtOnce: 400 } },
    expected: [10, 8, 400, 'after-idle'],
  },
  {
    title: 'full, no place for anything to wait',
    changes: { suite: 'full' as const, settings: { instancesAtOnce: 3 } },
    expected: [1, undefined, 3, 'fresh-revision'],
  },
  {
    title: 'full, where another job waits for idleness',
    changes: { suite: 'full' as const, settings: { idleElsewhere: true, parallelJobs: 5 } },
    expected: [undefined, undefined, 4, 'fresh-revision'],
  },
  {
    title: 'full on this machine, where idle instances do not end in time',
    changes: { suite: 'full' as const, platform: 'local' as const, settings: { scaleToZeroTimeoutMs: 0 } },
    expected: [4, undefined, undefined, 'fresh-revision'],
  },
]) {
  test(`strata of a plan: ${title}`, () => assert.deepEqual(strataOf(createPlan(input(changes))), expected));
}

test('one wait for all, and the plan tells how long', () => {
  const plan = createPlan(input({ suite: 'full', baselineAvailable: headOnly }));
  const { idleMs, durationMs } = estimatePlan(plan, PRICES);
  assert.equal(idleMs, 960_000);
  assert.ok(durationMs > idleMs && durationMs < 2 * idleMs, 'the wait is paid once, not for each implementation');
  const text = describePlan(plan, PRICES);
  assert.match(
    text,
    /After idle: 8 cold starts per side, after everything was left alone for up to 16 min, once for all/,
  );
  assert.match(text, /Judged: cold starts after idle; the others are shown beside them/);
});

test('service names keep to the limits and differ wherever they must', () => {
  const base = { repository: 'r', implementation: 'a'.repeat(49), profile: 'p', side: 'head', runId: 'run-1' } as const;
  const names = [
    base,
    { ...base, repository: 's' },
    { ...base, implementation: `${'a'.repeat(48)}b` },
    { ...base, profile: 'q' },
    { ...base, side: 'base' as const },
    { ...base, runId: 'run-2' },
    { ...base, implementation: 'x' },
    { ...base, implementation: `${'a'.repeat(19)}-b` },
  ].map(serviceName);
  assert.equal(new Set(names).size, names.length);
  for (const name of names) assert.match(name, /^[a-z][a-z0-9-]{0,32}[a-z0-9]$/);
  assert.ok(names.every((name) => !name.includes('--')));
});

test('tags, run ids, labels', () => {
  assert.deepEqual(sampleTags(3), ['c01', 'c02', 'c03']);
  assert.ok(sampleTags(3000).every((tag) => tag.length <= 12));
  assert.equal(new Set(sampleTags(3000)).size, 3000);
  const runId = createRunId(Date.UTC(2026, 10, 21, 12, 48, 0, 123), 'entropy');
  assert.match(runId, /^run-20261121-124800-[a-z0-9]{6}$/);
  assert.notEqual(runId, createRunId(Date.UTC(2026, 10, 21, 12, 48), 'other'));
  const labels: [string, string][] = [
    ['Org/Repo Name', 'org-repo-name'],
    ['v1.2.0', 'v1-2-0'],
    ['x'.repeat(80), 'x'.repeat(63)],
    ['..a..', 'a'],
    ['Ä', ''],
  ];
  for (const [text, expected] of labels) assert.equal(labelValue(text), expected, text);
});

test('selection', () => {
  const names = (selection: Partial<typeof ALL>) =>
    selectImplementations([REPOSITORY], { ...ALL, ...selection }).map((one) => one.implementation.name);
  assert.deepEqual(names({}), ['go-gin', 'node-http']);
  assert.deepEqual(names({ languages: ['GO'] as never }), ['go-gin']);
  assert.deepEqual(names({ implementations: ['node-http', 'go-gin'] as never }), ['go-gin', 'node-http']);
  const cases: [object, string, RegExp][] = [
    [{ implementations: ['go-gn'] }, 'unknown-implementation', /Did you mean go-gin/],
    [{ implementations: ['go-gin', 'zzz'] }, 'unknown-implementation', /discover/],
    [{ languages: ['nod'] }, 'unknown-language', /Did you mean node/],
    [{ frameworks: ['x'] }, 'unknown-framework', /discover/],
    [{ languages: ['go'], implementations: ['node-http'] }, 'nothing-selected', /discover/],
  ];
  for (const [selection, code, hint] of cases)
    assert.throws(
      () => names(selection),
      (error) => error instanceof UsageError && error.code === code && hint.test(error.hint ?? ''),
      JSON.stringify(selection),
    );
  assert.throws(() => selectImplementations([], ALL), /no service repository/);
  const configured = { ...ALL, languages: ['go'], types: ['discord-webhook'] };
  assert.deepEqual(withDefaults({ ...ALL, languages: ['rust'] }, configured), { ...configured, languages: ['rust'] });
});

test('a profile that Cloud Run would refuse stops before anything is deployed', () => {
  const bad: Profile = { ...PROFILE, name: 'constrained', cpu: '0.5', concurrency: 40, executionEnvironment: 'gen1' };
  assert.throws(() => createPlan(input({ profiles: [bad] })), /profile constrained: .*concurrency 1/);
  assert.equal(createPlan(input({ profiles: [bad], platform: 'local' })).implementations.length, 2);
  const own = createPlan(input({ platform: 'local', profileOf: { 'go-gin': bad } }));
  assert.deepEqual(
    own.implementations.map(({ profile }) => profile.name),
    ['constrained', 'default'],
  );
  const two = createPlan(input({ profiles: [PROFILE, { ...PROFILE, name: 'big' }] })).implementations;
  assert.equal(new Set(two.flatMap(({ services }) => services.map(({ name }) => name))).size, 8);
});

test('estimates', () => {
  const estimate = estimatePlan(createPlan(input()), PRICES);
  assert.equal(estimate.services, 4);
  assert.equal(estimate.revisions, 4 * 11);
  // Per service 11 revisions, a deletion, and a stop for the forced starts of two writes.
  assert.equal(estimate.adminWrites, 4 * 14);
  assert.equal(estimate.coldStarts, 32 + 4 * 2);
  assert.equal(estimate.requests, 32 * 221 + 4 * 2);
  assert.equal(estimate.idleMs, 0);
  assert.ok(estimate.durationMs > 60_000, 'the quota of Admin API writes takes a minute');
  // 2 implementations x 2 sides x (10 revisions x (10 s + 0.3 s + 5.5 s + 1 s) + 2 x (10 s + 1 s) + 15 s) of 1 vCPU and half a
  // GiB, and the request fee. As on this machine: 18 revisions, without forced starts, with as many requests as fit there.
  const dollarsOf = (seconds: number, requests: number) =>
    seconds * (0.000024 + 0.5 * 0.0000025) + (requests / 1e6) * 0.4;
  const most = dollarsOf(4 * (10 * 16.8 + 2 * 11 + 15), 4 * (10 * (1 + 1200 + 40 + 200) + 2));
  assert.ok(Math.abs(estimate.dollars - most) < 1e-9, `${estimate.dollars} ${most}`);
  const mostHere = dollarsOf(4 * (18 * 16.8 + 15), 4 * 18 * (1 + 6000 + 40 + 200));
  const local = estimatePlan(createPlan(input({ platform: 'local' })), PRICES);
  assert.ok(Math.abs(local.dollars - mostHere) < 1e-9, `${local.dollars} ${mostHere}`);
  assert.ok(local.durationMs < estimate.durationMs);
  const dearer = estimatePlan(createPlan(input()), pricesOf('australia-southeast1', TABLE));
  assert.ok(dearer.dollars > estimate.dollars);
});

test('a dry run names everything and tells the order of the calls', () => {
  const plan = createPlan(input());
  const text = describePlan(plan, PRICES, { artifactRegistry: 'us-central1-docker.pkg.dev/my-project/services' });
  for (const { services } of plan.implementations)
    for (const { name } of services) assert.ok(text.includes(name), name);
  for (const expected of [
    /nothing is built, deployed or measured/,
    /image us-central1-docker\.pkg\.dev\/my-project\/services\/go-gin:run-20261121-124800-x7k2q9-head-[a-z0-9]{8} from implementations\/go-gin\/Dockerfile/,
    /56 Admin API writes/,
    /Forced zero: 2 cold starts per side/,
    /At most 20 instances at a time/,
    /at most 0\.0\d+ US dollars \(tier 1 prices of 2026-11, cloud\.google\.com/,
    /managed-by=cloudrun-perf/,
  ])
    assert.match(text, expected);
  const calls = ['build ', 'create ', 'update ', 'validate ', 'measure ', 'delete '].map((call) =>
    text.lastIndexOf(`    ${call}`),
  );
  assert.deepEqual(
    calls,
    calls.toSorted((a, b) => a - b),
  );
  const local = describePlan(createPlan(input({ platform: 'local', baselineAvailable: () => false })), PRICES);
  assert.match(local, /a process: node server\.js/);
  assert.match(local, /head only/);
  assert.match(local, /cost {6}none, .* on Cloud Run in us-central1 at most 0\.\d+ US dollars \(tier 1 prices/);
});
