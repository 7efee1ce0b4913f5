import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { CloudRunClients } from '../../../src/adapters/platforms/cloud-run/clients.ts';
import { deployService } from '../../../src/adapters/platforms/cloud-run/deploy.ts';
import { readInstanceLog } from '../../../src/adapters/platforms/cloud-run/log-reader.ts';
import { concluded, finished } from '../../../src/adapters/platforms/cloud-run/operation.ts';
import { backoffMs, waitAfterMs, withRetry } from '../../../src/adapters/platforms/cloud-run/retry.ts';
import { askedWaitMs } from '../../../src/adapters/platforms/cloud-run/retry-after.ts';
import { provenGone } from '../../../src/adapters/platforms/cloud-run/running-instances.ts';
import { scaleServiceToZero } from '../../../src/adapters/platforms/cloud-run/scale-to-zero.ts';
import type { Session } from '../../../src/adapters/platforms/cloud-run/session.ts';
import { codeOfHttp, isTemporary, StatusError } from '../../../src/adapters/platforms/cloud-run/status-code.ts';
import { truthOf } from '../../../src/adapters/platforms/cloud-run/truth.ts';
import { createWriteLimiter, delayUntilAllowedMs } from '../../../src/adapters/platforms/cloud-run/write-limiter.ts';
import type { InstanceEvent, ServiceSpec } from '../../../src/domain/deployment.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Logger } from '../../../src/ports/logger.ts';

const silent = () => undefined;
const logger: Logger = { debug: silent, info: silent, warn: silent, error: silent, progress: silent };
const settings = { attempts: 4, baseMs: 100, capMs: 1000, random: () => 0.5 };

/** Time passes only by sleeping. */
function fakeClock(): Clock & { readonly slept: number[] } {
  let nowMs = 0;
  const slept: number[] = [];
  return {
    slept,
    epochMs: () => nowMs,
    monotonicMs: () => nowMs,
    async sleep(durationMs, signal) {
      signal?.throwIfAborted();
      slept.push(durationMs);
      nowMs += durationMs;
    },
  };
}

test('only conflict, quota, unavailable and server errors are temporary', () => {
  const codes = Array.from({ length: 17 }, (_, code) => code).filter((code) => isTemporary(new StatusError(code, 'x')));
  assert.deepEqual(codes, [4, 8, 10, 13, 14]);
  assert.ok(!isTemporary(new Error('x')) && !isTemporary({ code: 'ECONNREFUSED' }) && !isTemporary(undefined));
  const https = [400, 401, 403, 404, 409, 429, 500, 502, 503, 504].map((status) => [status, codeOfHttp(status)]);
  assert.deepEqual(
    https.filter(([, code]) => isTemporary({ code })).map(([status]) => status),
    [409, 429, 500, 502, 503, 504],
  );
});

test('the wait grows, has a ceiling, and differs by chance', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6].map((attempt) => backoffMs(attempt, settings)),
    [75, 150, 300, 600, 750, 750],
  );
  assert.equal(backoffMs(1, { ...settings, random: () => 0 }), 50);
});

test('temporary failures are repeated up to the limit, others never', async () => {
  const run = async (code: number, failures: number) => {
    const clock = fakeClock();
    let calls = 0;
    const call = async () => {
      calls += 1;
      if (calls <= failures) throw new StatusError(code, `failure ${calls}`);
      return 'ok';
    };
    const result = await withRetry(call, settings, clock, logger).catch((error: Error) => error.message);
    return [result, calls, clock.slept];
  };
  assert.deepEqual(await run(10, 2), ['ok', 3, [75, 150]]);
  assert.deepEqual(await run(14, 9), ['failure 4', 4, [75, 150, 300]]);
  assert.deepEqual(await run(3, 1), ['failure 1', 1, []]);
  assert.deepEqual((await run(8, 9)).slice(0, 2), ['failure 8', 8], 'a quota is waited for twice as often');
});

test('an abort ends the wait for an answer', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const waiting = withRetry(() => new Promise(silent), settings, fakeClock(), logger, controller.signal);
  controller.abort(reason);
  await assert.rejects(waiting, (error) => error === reason);
});

test('writes are spread over the minute', async () => {
  assert.equal(delayUntilAllowedMs([], 0, 2), 0);
  assert.equal(delayUntilAllowedMs([1000, 2000], 3000, 2), 59_000);
  assert.equal(delayUntilAllowedMs([1000, 2000], 62_000, 2), 0);
  const clock = fakeClock();
  const limiter = createWriteLimiter(clock, 3);
  const at: number[] = [];
  for (let write = 0; write < 8; write += 1) {
    await limiter.take();
    at.push(clock.monotonicMs());
  }
  assert.deepEqual(at, [0, 0, 0, 61_000, 61_000, 61_000, 122_000, 122_000]);
});

const spec: ServiceSpec = {
  name: 'svc',
  image: 'i',
  profile: {
    name: 'd',
    cpu: '1',
    memory: '512Mi',
    concurrency: 1,
    minInstances: 0,
    maxInstances: 1,
    executionEnvironment: 'gen2',
    startupCpuBoost: false,
    cpuIdle: true,
    timeoutMs: 1000,
  },
  env: {},
  labels: {},
  tags: ['a', 'b'],
};

/** A session whose platform answers by script. */
function sessionOf(
  services: object,
): Session & { readonly clock: ReturnType<typeof fakeClock>; readonly writes: number[] } {
  const clock = fakeClock();
  const writes: number[] = [];
  return {
    place: { project: 'p', region: 'r' },
    clients: { services } as unknown as CloudRunClients,
    clock,
    logger,
    pollMs: 7,
    retry: settings,
    writes,
    accessToken: async () => undefined,
    async admitWrite() {
      writes.push(clock.monotonicMs());
    },
  };
}
const started = (latestResponse: object) => Promise.resolve([{ latestResponse }]);
const READY = {
  reconciling: false,
  generation: '2',
  observedGeneration: '2',
  terminalCondition: { state: 'CONDITION_SUCCEEDED' },
} as const;
const service = { uri: 'http://s', trafficStatuses: spec.tags.map((tag) => ({ tag, uri: `http://${tag}` })) };

test('operations are polled at the given interval until they are done', async () => {
  const polled: string[] = [];
  const session = sessionOf({
    createService: () => started({ name: 'op1', done: false }),
    updateService: () => started({ name: 'op2', done: true }),
    async checkUpdateServiceProgress(name: string) {
      polled.push(name);
      return { latestResponse: { name, done: polled.length === 3 } };
    },
    getService: async () => [service],
  });
  const deployment = await deployService(session, spec);
  assert.deepEqual(polled, ['op1', 'op1', 'op1']);
  assert.deepEqual(session.clock.slept, [7, 7, 7]);
  assert.equal(deployment.deployMs, 21);
  assert.equal(session.writes.length, 2, 'one write per revision');
});

test('a creation whose answer was lost counts as done when the service shows it, and is not sent again', async () => {
  const created: object[] = [];
  const reads = [{ reconciling: true }, { reconciling: true }, {}];
  const session = sessionOf({
    createService(request: { service: { annotations: object } }) {
      created.push(request.service.annotations);
      return Promise.reject(new StatusError(14, 'lost'));
    },
    updateService: () => started({ done: true }),
    getService: async () => [{ ...service, ...READY, annotations: created[0], ...reads.shift() }],
  });
  const deployment = await deployService(session, spec);
  assert.equal(deployment.url, 'http://s');
  assert.equal(created.length, 1);
  const taken = {
    createService: () => Promise.reject(new StatusError(6, 'exists')),
    getService: async () => [service],
  };
  await assert.rejects(deployService(sessionOf(taken), spec), { code: 'service-not-ours' });
});

test('what a service says of a change', () => {
  const failed = { terminalCondition: { state: 'CONDITION_FAILED', message: 'no image' } } as const;
  const cases: readonly (readonly [Parameters<typeof truthOf>, string, RegExp])[] = [
    [[undefined, true], 'done', /gone/],
    [[READY, false], 'absent', /does not have/],
    [[undefined, false], 'absent', /does not have/],
    [[{ ...READY, deleteTime: { seconds: 1 } }, false], 'pending', /does not have the change yet/],
    [[{ ...READY, reconciling: true }, false], 'pending', /does not have the change yet/],
    [[READY, true], 'done', /SUCCEEDED/],
    [[{ ...READY, reconciling: true }, true], 'pending', /^reconciling, generation 2 of 2 observed/],
    [[{ ...READY, generation: '3' }, true], 'pending', /^not reconciling, generation 2 of 3 observed/],
    [[{ ...READY, ...failed }, true], 'failed', /^no image$/],
    [[{ ...READY, ...failed, reconciling: true }, true], 'pending', /CONDITION_FAILED: no image/],
    [[{}, true], 'pending', /no condition/],
  ];
  for (const [given, state, text] of cases) {
    const truth = truthOf(...given);
    assert.equal(truth.state, state, JSON.stringify(given));
    assert.match(truth.text, text);
  }
});

test('a server may ask for a longer wait, and a used-up quota gets one anyway', () => {
  const info = (retryDelay: object) => ({ code: 8, statusDetails: [{ reason: 'x' }, { retryDelay }] });
  const header = (value: string) => ({ code: 14, metadata: { get: () => [value] } });
  const cases: readonly (readonly [unknown, number | undefined])[] = [
    [info({ seconds: '90', nanos: 500_000_000 }), 90_500],
    [info({ seconds: 'soon' }), undefined],
    [header('7'), 7_000],
    [header('Wed, 21 Oct 2026 07:28:00 GMT'), undefined],
    [new StatusError(8, 'x', 3_000), 3_000],
    [new StatusError(8, 'x'), undefined],
    [undefined, undefined],
    ['text', undefined],
  ];
  for (const [error, expected] of cases) assert.equal(askedWaitMs(error), expected, JSON.stringify(error));
  assert.equal(waitAfterMs(info({ seconds: 5 }), 1, settings), 5_000);
  assert.equal(waitAfterMs(info({ seconds: 86_400 }), 1, settings), 120_000, 'nobody waits for a day');
  assert.deepEqual([waitAfterMs({ code: 8 }, 1, settings), waitAfterMs({ code: 14 }, 1, settings)], [300, 75]);
});

test('Cloud Logging is asked again when it says so', async () => {
  const asked: number[] = [];
  const server = createServer((_request, response) => {
    asked.push(clock.monotonicMs());
    if (asked.length === 1) response.writeHead(429, { 'retry-after': '42' }).end('slow down');
    else response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const clock = fakeClock();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const attempt = <T>(call: () => Promise<T>) => withRetry(call, settings, clock, logger);
  const reader = { project: 'p', url, authorize: async () => [], attempt };
  assert.deepEqual(await readInstanceLog(reader, { service: 'svc', sinceMs: 0 }, ['requests']), []);
  assert.deepEqual(asked, [0, 42_000]);
  server.closeAllConnections();
  server.close();
});

test('an operation that is forgotten is decided by the service, or told', async () => {
  const forgotten = {
    createService: () => started({ name: 'op', done: false }),
    checkUpdateServiceProgress: () => Promise.reject(new StatusError(5, 'no such operation')),
  };
  const session = sessionOf(forgotten);
  const wait = { clock: session.clock, pollMs: 7, attempt: <T>(call: () => Promise<T>) => call() };
  const { services } = session.clients;
  const progress = (name: string) => services.checkUpdateServiceProgress(name);
  const known = { ...wait, progress, what: 'creating svc', look: async () => truthOf(READY, true) };
  await concluded({ name: 'op' }, known);
  await assert.rejects(finished(progress, { name: 'op' }, wait), { code: 'operation-timeout' });
});

test('the error of an operation is thrown', async () => {
  const error = { code: 9, message: 'Revision is not ready' };
  const session = sessionOf({ createService: () => started({ name: 'op', done: true, error }) });
  await assert.rejects(deployService(session, spec), /Revision is not ready/);
});

test('scaling returns to automatic also when the wait for the stops fails', async () => {
  const modes: unknown[] = [];
  const session = sessionOf({
    updateService(request: { service: { scaling: { scalingMode: string } } }) {
      modes.push(request.service.scaling.scalingMode);
      return started({ done: true });
    },
  });
  const failing = () => Promise.reject(new Error('no log'));
  const request = { service: 'svc', instances: ['i'], logWaitMs: 60_000 };
  await assert.rejects(scaleServiceToZero(session, request, failing), /no log/);
  assert.deepEqual(modes, ['MANUAL', 'AUTOMATIC']);
  const start: InstanceEvent = { kind: 'start', atMs: 0, service: 'svc', revision: 'r', instanceId: 'i' };
  const logs: InstanceEvent[][] = [[start], [start], [start, { ...start, kind: 'stop' }]];
  assert.deepEqual(await scaleServiceToZero(session, request, async () => logs.shift() ?? []), { proven: true });
  assert.equal(logs.length, 0);
  const proof = await scaleServiceToZero(session, request, async () => [start]);
  assert.deepEqual(proof, { proven: false, reason: 'the log does not show the end of 1 instances' });
  assert.ok(session.clock.monotonicMs() >= 60_000, 'the wait for the log is bounded');
});

const event = (kind: InstanceEvent['kind'], instanceId: string): InstanceEvent => ({
  kind,
  atMs: 0,
  service: 'svc',
  revision: 'r',
  instanceId,
});
for (const { title, events, known, proven } of [
  { title: 'an empty log', events: [], known: [], proven: false },
  { title: 'an empty log about a known instance', events: [], known: ['i'], proven: false },
  { title: 'a log of requests alone', events: [event('request', 'i')], known: [], proven: false },
  { title: 'a start without an end', events: [event('start', 'i')], known: [], proven: false },
  { title: 'the end of another', events: [event('start', 'j'), event('stop', 'j')], known: ['i'], proven: false },
  { title: 'an end whose start was lost', events: [event('stop', 'i')], known: ['i'], proven: true },
  {
    title: 'the last word of a service',
    events: [event('start', 'i'), event('sigterm', 'i')],
    known: [],
    proven: true,
  },
  { title: 'a failed start', events: [event('start', 'i'), event('start-failed', 'i')], known: [], proven: true },
  {
    title: 'one of two ends',
    events: [event('start', 'i'), event('start', 'j'), event('stop', 'i')],
    known: ['i'],
    proven: false,
  },
]) {
  test(`${title} ${proven ? 'proves' : 'does not prove'} that no instance is left`, () => {
    const proof = provenGone(events, known);
    assert.equal(proof.proven, proven);
    assert.equal('reason' in proof, !proven);
  });
}
