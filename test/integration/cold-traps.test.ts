import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Measurement, Stratum } from '../../src/domain/measurement.ts';
import type { RevisionFaults } from '../../src/emulator/faults.ts';
import { leaveAllAlone, type OpenMeasurement } from '../../src/measure/measure.ts';
import { type ColdCloudOptions, FIRST_MEASURED, openColdCloud } from '../helpers/cold-cloud.ts';

const BOUNDED = { timeout: 60_000 };
type Cloud = Awaited<ReturnType<typeof openColdCloud>>;

async function onCloud(options: ColdCloudOptions, run: (cloud: Cloud, first: OpenMeasurement) => Promise<void>) {
  const cloud = await openColdCloud(options);
  try {
    const [first] = cloud.measurements;
    assert.ok(first !== undefined);
    await run(cloud, first);
  } finally {
    await cloud.close();
  }
}

const of = (measurement: Measurement, stratum: Stratum) => ({
  kept: measurement.samples.filter((one) => one.stratum === stratum),
  lost: measurement.dropped.filter((one) => one.stratum === stratum),
  summary: measurement.strata?.find((one) => one.stratum === stratum),
});

/** What every kept sample must be, whatever went wrong with others: proven, on an instance of its own. */
function assertCold({ samples }: Measurement): void {
  for (const { cold } of samples) assert.equal(cold.proof.proven, true);
  const instances = samples.map(({ cold }) => cold.proof.instanceId);
  assert.equal(new Set(instances).size, instances.length);
}

const FRESH: readonly (readonly [title: string, fault: RevisionFaults, reason: RegExp, aborted: number])[] = [
  ['the deploy has started an instance', { startsAtDeploy: true }, /started by DEPLOYMENT_ROLLOUT/, 0],
  ['the log comes too late', { logDelayMs: 60_000 }, /the log says nothing about the revision: unknown/, 0],
  ['the log is lost', { logLoses: ['start', 'ready', 'request', 'stop'] }, /says nothing about the revision/, 0],
  ['the start is not logged', { logLoses: ['start'] }, /does not show a start of the instance/, 0],
  ['our request is not logged', { logLoses: ['request'] }, /does not show our request/, 0],
  ['two instances are started', { startsTwo: true }, /2 instances were started at once/, 0],
  ['aborted with 429', { abortsAtZero: 429 }, /aborted the request with no instance there: status 429/, 1],
  ['aborted with 500', { abortsAtZero: 500 }, /aborted the request with no instance there: status 500/, 1],
];
for (const [title, fault, reason, aborted] of FRESH) {
  test(`fresh revision, ${title}: dropped, counted, retaken`, BOUNDED, () =>
    onCloud({ faults: { one: { [FIRST_MEASURED]: fault } } }, async (_, measurement) => {
      await measurement.fresh();
      const result = measurement.result();
      const { kept, lost, summary } = of(result, 'fresh-revision');
      assert.equal(kept.length, 4);
      assert.equal(lost.length, 1);
      assert.match(lost[0]?.reason ?? '', reason);
      assert.ok(!kept.some(({ tag }) => tag === lost[0]?.tag));
      assert.deepEqual([summary?.ttfbMs?.n, summary?.dropped, summary?.aborted], [4, 1, aborted]);
      assertCold(result);
    }),
  );
}

test('fresh revision, an instance that ends early: the block is void, the sample is retaken', BOUNDED, () =>
  onCloud(
    {
      settings: { warm: { warmupRequests: 2, warmupMs: 400, requests: 20, connections: 1 } },
      faults: { one: { [FIRST_MEASURED]: { endsAfterMs: 150 } } },
    },
    async (_, measurement) => {
      await measurement.fresh();
      const { kept, lost } = of(measurement.result(), 'fresh-revision');
      assert.deepEqual([kept.length, lost.length], [4, 1]);
      assert.match(lost[0]?.reason ?? '', /^warm block void: /);
      assert.ok(kept.every(({ warm }) => warm !== undefined && warm.void === undefined));
    },
  ),
);

test('fresh revision, a log that is a little late is awaited', BOUNDED, () =>
  onCloud({ faults: { one: { [FIRST_MEASURED]: { logDelayMs: 300 } } } }, async (_, measurement) => {
    await measurement.fresh();
    assert.deepEqual(measurement.result().dropped, []);
    assert.equal(measurement.result().samples.length, 4);
  }),
);

test('fresh revision, the log is lost and the service says that it is new: kept, by its marker', BOUNDED, () => {
  const lost: RevisionFaults = { logLoses: ['start', 'ready', 'request', 'stop'] };
  const early = FIRST_MEASURED === 0 ? 1 : 0;
  // The second one is warm by the deploy, and neither the log nor a marker may make it cold.
  const faults = { one: { [FIRST_MEASURED]: lost, [early]: { ...lost, startsAtDeploy: true } } };
  return onCloud({ env: { PERF_MARKER: '1' }, faults }, async (_, measurement) => {
    await measurement.fresh();
    const result = measurement.result();
    const { kept, lost: dropped } = of(result, 'fresh-revision');
    assert.equal(kept.length, 4);
    assert.deepEqual(
      kept.map(({ cold: { proof } }) => proof.by).toSorted(),
      ['log', 'log', 'log', 'marker'],
      JSON.stringify(dropped),
    );
    assert.equal(dropped.length, 1);
    assert.match(dropped[0]?.reason ?? '', /unknown; the process was \d+ ms old when it answered/);
    assertCold(result);
  });
});

/** The revision that every later stratum asks, too. */
const victimOf = (measurement: OpenMeasurement) => measurement.result().samples[0]?.revision ?? '';
const FORCED = { settings: { forcedZeroStarts: 3 } };

test('forced zero: instances are proven gone, then each revision starts once more', BOUNDED, () =>
  onCloud(FORCED, async (cloud, measurement) => {
    await measurement.fresh();
    await measurement.forcedZero();
    const result = measurement.result();
    assert.deepEqual([of(result, 'fresh-revision').kept.length, of(result, 'forced-zero').kept.length], [4, 3]);
    assert.deepEqual(result.dropped, []);
    assertCold(result);
    const log = await cloud.ports.platform.instanceLog({ service: 'one', sinceMs: 0 });
    for (const { cold, revision } of of(result, 'forced-zero').kept) {
      const before = log.filter((event) => event.revision === revision && event.instanceId !== cold.proof.instanceId);
      assert.ok(before.some(({ kind, detail }) => kind === 'stop' && /manual scaling/.test(detail ?? '')));
    }
    assert.equal(result.gateStratum, 'fresh-revision');
    assert.deepEqual(
      result.strata?.map(({ stratum, ttfbMs }) => [stratum, ttfbMs?.n]),
      [
        ['fresh-revision', 4],
        ['forced-zero', 3],
      ],
    );
  }),
);

test('forced zero, one end is not logged: not proven gone, so nothing of the service counts', BOUNDED, () =>
  onCloud({ ...FORCED, faults: { one: { [FIRST_MEASURED]: { logLoses: ['stop'] } } } }, async (_, measurement) => {
    await measurement.fresh();
    await measurement.forcedZero();
    const result = measurement.result();
    const { kept, lost, summary } = of(result, 'forced-zero');
    assert.deepEqual(kept, []);
    assert.ok(lost.length >= 3);
    for (const { reason } of lost)
      assert.match(reason, /not proven gone after manual scaling to 0: .* the end of 1 inst/);
    assert.deepEqual([summary?.dropped, summary?.ttfbMs], [lost.length, undefined]);
    assert.equal(of(result, 'fresh-revision').kept.length, 4);
  }),
);

test('forced zero, aborted at zero: dropped, counted, retaken', BOUNDED, () =>
  onCloud(FORCED, async (cloud, measurement) => {
    await measurement.fresh();
    cloud.spoil(victimOf(measurement), { abortsAtZero: 500 });
    await measurement.forcedZero();
    const { kept, lost, summary } = of(measurement.result(), 'forced-zero');
    assert.deepEqual([kept.length, lost.length, lost[0]?.abortedStatus, summary?.aborted], [3, 1, 500, 1]);
    assertCold(measurement.result());
  }),
);

const IDLE_MS = 500;
const IDLE = {
  idleTimeoutMs: IDLE_MS,
  settings: { afterIdleSamples: 3, scaleToZeroTimeoutMs: 10_000, gateStratum: 'after-idle' },
} as const;

test('after idle: all revisions of all services end in one window, in which nothing is sent', BOUNDED, () =>
  onCloud({ ...IDLE, services: ['one', 'two'] }, async (cloud) => {
    const { measurements, ports, settings } = cloud;
    for (const measurement of measurements) await measurement.fresh();
    const idle = measurements.flatMap((one) => one.idle());
    assert.equal(idle.length, 8);
    const fromMs = ports.clock.epochMs();
    const ends = await leaveAllAlone(measurements, settings, ports);
    const toMs = ports.clock.epochMs();
    assert.deepEqual(new Set(ends.keys()), new Set(idle));
    for (const { end } of ends.values()) {
      assert.equal(end.observed, 'log');
      assert.ok(end.lastSeenAliveMs >= IDLE_MS * 0.9, `${end.lastSeenAliveMs}`);
    }
    for (const service of ['one', 'two']) {
      const log = await ports.platform.instanceLog({ service, sinceMs: fromMs });
      assert.deepEqual(
        log.filter(({ kind, atMs }) => kind === 'request' && atMs >= fromMs && atMs <= toMs),
        [],
      );
    }
    for (const measurement of measurements) {
      await measurement.afterIdle(ends);
      const result = measurement.result();
      assert.deepEqual([of(result, 'fresh-revision').kept.length, of(result, 'after-idle').kept.length], [4, 3]);
      assert.deepEqual(result.dropped, []);
      assert.equal(result.gateStratum, 'after-idle');
      assert.equal(result.scaleToZero[0]?.observed, 'log');
      assertCold(result);
    }
  }),
);

interface IdleTrap {
  readonly title: string;
  readonly cloud?: Partial<ColdCloudOptions>;
  /** Between the window and our request. */
  readonly after?: (cloud: Cloud, url: string, revision: string) => Promise<void>;
  readonly reason: RegExp;
  readonly aborted?: number;
}
const IDLE_TRAPS: readonly IdleTrap[] = [
  {
    title: 'an instance is kept longer than the idle time-out',
    cloud: {
      settings: { ...IDLE.settings, scaleToZeroTimeoutMs: 1_500 },
      faults: { one: { [FIRST_MEASURED]: { idleTimeoutMs: 60_000 } } },
    },
    reason: /had answered in this run before/,
  },
  {
    title: 'an instance ends by itself',
    cloud: { faults: { one: { [FIRST_MEASURED]: { endsAfterMs: 300 } } } },
    reason: /its instance had ended by itself/,
  },
  {
    title: 'a stranger warms an idle revision',
    after: async (cloud, url, revision) => {
      // Kept until our own request comes, however slow the machine is.
      cloud.spoil(revision, { idleTimeoutMs: 60_000 });
      await (await fetch(url)).arrayBuffer();
    },
    reason: /another request had reached the instance before ours|was started -\d+ ms after our request/,
  },
  {
    title: 'a request is aborted at zero',
    after: async (cloud, _, revision) => cloud.spoil(revision, { abortsAtZero: 429 }),
    reason: /aborted the request with no instance there: status 429/,
    aborted: 1,
  },
  {
    title: 'the new start is not logged',
    after: async (cloud, _, revision) => cloud.spoil(revision, { logLoses: ['start'] }),
    reason: /does not show a start of the instance/,
  },
];
for (const { title, cloud: changes, after, reason, aborted = 0 } of IDLE_TRAPS) {
  test(`after idle, ${title}: dropped, counted, retaken`, BOUNDED, () =>
    onCloud({ ...IDLE, ...changes }, async (cloud, measurement) => {
      await measurement.fresh();
      const [victim] = measurement.idle();
      assert.equal(victim?.target.revision, victimOf(measurement));
      const ends = await leaveAllAlone([measurement], cloud.settings, cloud.ports);
      await after?.(cloud, victim.target.url, victim.target.revision);
      await measurement.afterIdle(ends);
      const result = measurement.result();
      const { kept, lost, summary } = of(result, 'after-idle');
      assert.deepEqual([kept.length, lost.length], [3, 1], JSON.stringify(lost));
      assert.equal(lost[0]?.tag, victim.target.tag);
      assert.match(lost[0].reason, reason);
      assert.deepEqual([summary?.ttfbMs?.n, summary?.dropped, summary?.aborted], [3, 1, aborted]);
      assertCold(result);
    }),
  );
}

test('after idle, no end is logged: unknown, never read as gone', BOUNDED, () =>
  onCloud(
    {
      ...IDLE,
      settings: { ...IDLE.settings, scaleToZeroTimeoutMs: 1_500 },
      faults: { one: Object.fromEntries(Array.from({ length: 6 }, (_, at) => [at, { logLoses: ['stop' as const] }])) },
    },
    async (cloud, measurement) => {
      await measurement.fresh();
      const ends = await leaveAllAlone([measurement], cloud.settings, cloud.ports);
      for (const { end } of ends.values()) assert.equal(end.observed, 'unknown');
      await measurement.afterIdle(ends);
      const result = measurement.result();
      assert.equal(result.scaleToZero[0]?.observed, 'unknown');
      // The starts are logged: that proves the cold starts, whatever was not said of the ends.
      assert.equal(of(result, 'after-idle').kept.length, 3);
      assertCold(result);
    },
  ),
);

test('after idle, no end is logged, but the services say when they were told: seen, to ten seconds', BOUNDED, () =>
  onCloud(
    {
      ...IDLE,
      env: { PERF_MARKER: '1' },
      faults: { one: Object.fromEntries(Array.from({ length: 6 }, (_, at) => [at, { logLoses: ['stop' as const] }])) },
    },
    async (cloud, measurement) => {
      await measurement.fresh();
      const ends = await leaveAllAlone([measurement], cloud.settings, cloud.ports);
      assert.ok(ends.size > 0);
      for (const { end } of ends.values()) {
        assert.equal(end.observed, 'log', end.reason);
        assert.equal(end.firstSeenGoneMs, end.lastSeenAliveMs + 10_000);
        assert.ok(end.lastSeenAliveMs >= IDLE_MS - 50, `${end.lastSeenAliveMs} ms`);
      }
    },
  ),
);

test('fresh revisions never hold more instances than there is room for', BOUNDED, () =>
  onCloud({ settings: { instancesAtOnce: 3 } }, async (cloud, measurement) => {
    await measurement.fresh();
    const log = await cloud.ports.platform.instanceLog({ service: 'one', sinceMs: 0 });
    const alive = new Set<string>();
    let most = 0;
    for (const { kind, instanceId } of log) {
      if (kind === 'start') alive.add(instanceId);
      if (kind === 'stop') alive.delete(instanceId);
      most = Math.max(most, alive.size);
    }
    assert.equal(most, 3);
    assert.equal(measurement.result().samples.length, 4);
  }),
);
