import assert from 'node:assert/strict';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { createCloudRunPlatform } from '../../src/adapters/platforms/cloud-run/platform.ts';
import { DEFAULT_PROFILE } from '../../src/config/profiles.ts';
import { rollOut } from '../../src/deploy/rollout.ts';
import type { ServiceSpec } from '../../src/domain/deployment.ts';
import { PerfError } from '../../src/domain/errors.ts';
import { startAdminServer } from '../../src/emulator/admin/admin-server.ts';
import type { FaultPlan, FaultRule } from '../../src/emulator/admin/faults.ts';
import type { Logger } from '../../src/ports/logger.ts';
import { createFakeDataPlane } from '../helpers/fake-data-plane.ts';
import { fastClock } from '../helpers/fast-clock.ts';

const WRITES = ['CreateService', 'UpdateService', 'DeleteService'];
const ALL = [...WRITES, 'GetService', 'ListServices', 'GetOperation'];
const RUN = { 'perf-run-id': 'run-1', 'perf-owner': 'org-repo' };
const TAGS = ['check', 'c01', 'c02', 'c03'];
const signal = new AbortController().signal;
const opened: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** The real adapter and client over gRPC, the real Admin API with faults, and no instances. 200 s pass in one. */
async function open(faults: FaultPlan) {
  const location = { project: 'p', region: 'r' };
  const dataPlane = createFakeDataPlane();
  const warnings: string[] = [];
  const log = (text: string) => void warnings.push(text);
  const logger: Logger = { debug: () => {}, info: log, warn: log, error: log, progress: () => {} };
  const server = await startAdminServer({ location, dataPlane, port: 0, now: Date.now, faults });
  const platform = await createCloudRunPlatform({
    name: 'local',
    ...location,
    admin: { host: server.host, port: server.port },
    clock: fastClock(200),
    logger,
    pollMs: 1_000,
  });
  opened.push(
    () => server.close(),
    () => platform.close(),
  );
  return { dataPlane, platform, warnings };
}
const specOf = (name: string, labels: Readonly<Record<string, string>> = RUN): ServiceSpec => ({
  name,
  image: 'image',
  profile: DEFAULT_PROFILE,
  env: {},
  labels,
  tags: TAGS,
});
const revisionsOf = (name: string) => TAGS.map((tag) => `${name}-${tag}`);
const only = (...rules: FaultRule[]): FaultPlan => ({ seed: 1, rules });

test('20 implementations over a throttled, flaky, slow and half-dead Admin API: all end, each once, nothing is left', async () => {
  const { dataPlane, platform } = await open({
    seed: 20_261_121,
    rules: [
      { fault: 'dropped-operation', methods: ['UpdateService'], service: 'svc-07' },
      { fault: 'dropped-operation', methods: WRITES, chance: 0.03 },
      { fault: 'unavailable', methods: ['CreateService'], service: 'svc-11' },
      { fault: 'quota', methods: ALL, chance: 0.06, retryAfterMs: 2_000 },
      { fault: 'unavailable', methods: ALL, chance: 0.06 },
      { fault: 'internal', methods: ALL, chance: 0.03 },
      { fault: 'aborted', methods: WRITES, chance: 0.06 },
      { fault: 'lost-response', methods: WRITES, chance: 0.12 },
      { fault: 'duplicate', methods: WRITES, chance: 0.08 },
      { fault: 'hung-operation', methods: WRITES, chance: 0.06 },
      { fault: 'slow-operation', methods: WRITES, chance: 0.1, slowMs: 300 },
    ],
  });
  const names = Array.from({ length: 20 }, (_, index) => `svc-${String(index + 1).padStart(2, '0')}`);
  const ended = await Promise.allSettled(
    names.map((name) => rollOut(platform, specOf(name), signal, async () => undefined)),
  );
  const failed = new Map<string, unknown>();
  for (const [index, result] of ended.entries()) {
    const name = names[index] ?? '';
    if (result.status === 'rejected') failed.set(name, result.reason);
    else
      assert.deepEqual(
        result.value.revisions.map(({ revision }) => revision),
        revisionsOf(name),
      );
  }
  assert.deepEqual([...failed.keys()], ['svc-07', 'svc-11'], [...failed.values()].join('\n'));
  for (const [name, error] of failed) {
    assert.ok(error instanceof PerfError && error.message.includes(name), String(error));
  }
  const [hung, dead] = [...failed.values()] as PerfError[];
  assert.equal(hung?.code, 'operation-timeout');
  assert.match(
    hung?.message ?? '',
    /^adding the revision c01 to svc-07 .* 600 s \(operation dropped-\d+\): the service does not have the change$/,
  );
  assert.match(dead?.message ?? '', /^deploying svc-11 failed: .*currently unavailable/);
  assert.match(dead?.hint ?? '', /can be reached/);

  const added = dataPlane.calls.filter((call) => call.startsWith('add '));
  assert.equal(new Set(added).size, added.length, 'no revision was made twice');
  for (const name of names.filter((one) => !failed.has(one))) {
    for (const revision of revisionsOf(name)) assert.ok(dataPlane.revisions.has(revision), `${revision} is missing`);
  }
  const listed = (await platform.list(RUN)).map(({ name }) => name).sort();
  assert.deepEqual(
    listed,
    names.filter((name) => !failed.has(name)),
    'what failed was removed at once',
  );
  await Promise.all(listed.map((name) => platform.remove(name)));
  assert.deepEqual(await platform.list(RUN), []);
  assert.deepEqual([dataPlane.revisions.size, dataPlane.routes.size], [0, 0], 'nothing is left behind the API either');
});

test('each fault of a write alone does no harm', async (t) => {
  const cases: readonly (readonly [FaultRule['fault'], RegExp | undefined])[] = [
    ['quota', undefined],
    ['unavailable', undefined],
    ['internal', undefined],
    ['aborted', undefined],
    ['lost-response', undefined],
    ['duplicate', undefined],
    ['hung-operation', /hangs although its work is done/],
    ['slow-operation', undefined],
    ['dropped-operation', /accepted and never carried out; it is sent again/],
  ];
  for (const [fault, warning] of cases) {
    await t.test(fault, async () => {
      const { dataPlane, platform, warnings } = await open(
        only({ fault, methods: WRITES, calls: [1], retryAfterMs: 5_000, slowMs: 100 }),
      );
      const { revisions } = await platform.deploy(specOf('svc'));
      assert.deepEqual(
        revisions.map(({ revision }) => revision),
        revisionsOf('svc'),
      );
      assert.deepEqual(
        dataPlane.calls.filter((call) => call.startsWith('add ')),
        revisionsOf('svc').map((one) => `add ${one}`),
      );
      await platform.remove('svc');
      await platform.remove('svc');
      assert.deepEqual(await platform.list({}), []);
      if (warning === undefined) assert.deepEqual(warnings, []);
      else assert.match(warnings.join('\n'), warning);
    });
  }
});

test('the server is waited for as long as it asks', async () => {
  const { platform } = await open(
    only({ fault: 'quota', methods: ['CreateService'], calls: [1], retryAfterMs: 90_000 }),
  );
  const { deployMs } = await platform.deploy(specOf('svc'));
  assert.ok(deployMs >= 90_000, `${deployMs} ms`);
});

test("a service of somebody else is never taken over or removed; one of the same run's earlier attempt is made anew", async () => {
  const { dataPlane, platform } = await open(only());
  await platform.deploy(specOf('svc', { ...RUN, 'perf-run-id': 'run-0' }));
  await assert.rejects(platform.deploy(specOf('svc')), (error) => {
    assert.ok(error instanceof PerfError);
    assert.equal(error.code, 'service-not-ours');
    assert.match(
      error.message,
      /^creating svc failed: a service of that name already exists, and it is not of this run/,
    );
    return true;
  });
  assert.deepEqual(
    (await platform.list({ 'perf-run-id': 'run-0' })).map(({ name }) => name),
    ['svc'],
  );
  await platform.deploy(specOf('other'));
  const before = dataPlane.calls.length;
  await platform.deploy(specOf('other'));
  const calls = dataPlane.calls.slice(before);
  assert.deepEqual(
    calls.filter((call) => call.startsWith('remove ')).length,
    TAGS.length,
    'its revisions were not fresh',
  );
  assert.deepEqual(
    calls.filter((call) => call.startsWith('add ')),
    revisionsOf('other').map((one) => `add ${one}`),
  );
});

test('connections that break in the middle of every change do no harm', async () => {
  const location = { project: 'p', region: 'r' };
  const dataPlane = createFakeDataPlane();
  const sockets = new Set<Socket>();
  let cuts = 0;
  const server = await startAdminServer({
    location,
    port: 0,
    now: Date.now,
    dataPlane: {
      ...dataPlane,
      addRevision(spec) {
        dataPlane.addRevision(spec);
        cuts += 1;
        for (const socket of sockets) socket.destroy();
      },
    },
  });
  const proxy = createServer((client) => {
    const upstream = connect(server.port, server.host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const silent = () => undefined;
  const platform = await createCloudRunPlatform({
    name: 'local',
    ...location,
    admin: { host: '127.0.0.1', port: (proxy.address() as AddressInfo).port },
    clock: fastClock(20),
    logger: { debug: silent, info: silent, warn: silent, error: silent, progress: silent },
    pollMs: 1_000,
  });
  opened.push(
    () => server.close(),
    async () => void proxy.close(),
    () => platform.close(),
  );
  const { revisions } = await platform.deploy(specOf('svc'));
  assert.deepEqual(
    revisions.map(({ revision }) => revision),
    revisionsOf('svc'),
  );
  assert.equal(cuts, TAGS.length);
  assert.deepEqual([...dataPlane.revisions.keys()], revisionsOf('svc'));
  await platform.remove('svc');
  assert.deepEqual(await platform.list({}), []);
});

test('a revision that the platform refuses is told although the answers were lost', async () => {
  const { dataPlane, platform } = await open(only({ fault: 'lost-response', methods: WRITES, calls: [1] }));
  dataPlane.failNext = new Error('no such image');
  await assert.rejects(platform.deploy(specOf('svc')), /deploying svc failed \(INTERNAL\): no such image/);
});
