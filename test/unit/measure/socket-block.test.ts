import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstanceEvent } from '../../../src/domain/deployment.ts';
import { runClosedLoad } from '../../../src/measure/closed-load.ts';
import { recordLoad } from '../../../src/measure/recording.ts';
import { isSettled, judge, type Taken } from '../../../src/measure/sample.ts';
import type { HttpConnection } from '../../../src/ports/transport.ts';

const TRACE = '0123456789abcdef0123456789abcdef';
const REVISION = 'r1';

const event = (kind: InstanceEvent['kind'], atMs: number, more: Partial<InstanceEvent> = {}): InstanceEvent => {
  return { kind, atMs, service: 's', revision: REVISION, instanceId: 'i1', ...more };
};
/** The log of a fresh instance: it starts inside the cold request, then connections end. */
const log = (connections: number): readonly InstanceEvent[] => [
  event('start', 1_001, { reason: 'AUTOSCALING' }),
  event('ready', 1_010),
  event('request', 1_000, { trace: TRACE, status: 101, latencyMs: 20 }),
  ...Array.from({ length: connections }, () => event('request', 5_000, { status: 101, latencyMs: 900 })),
];

async function load(answers: readonly { readonly status: number; readonly right: boolean }[]) {
  let next = 0;
  const connection: HttpConnection = {
    send(_request, done) {
      const { status = 101 } = answers[next] ?? {};
      queueMicrotask(() =>
        done({ ok: true, status, latencyMs: 4, body: Buffer.from(String(next++)), contentType: undefined }),
      );
    },
    close: async () => undefined,
  };
  return await runClosedLoad({
    connections: [connection],
    requests: answers.length,
    next: () => ({
      request: { kind: 'websocket', path: '/ws', headers: [], subprotocols: [], message: 'x' },
      isCorrect: ({ body }) => answers[Number(body.toString())]?.right ?? false,
    }),
    clock: { monotonicMs: () => next },
    maxConsecutiveErrors: 10,
  });
}

test('a wrong message is a wrong answer, a refused connection is its status', async () => {
  const { latenciesMs, errors } = await load([
    { status: 101, right: true },
    { status: 101, right: false },
    { status: 403, right: false },
  ]);
  assert.equal(latenciesMs.length, 1);
  assert.deepEqual(errors, { 'wrong answer': 1, 'status 403': 1 });
});

test('of messages on open connections the log has one line a connection', async () => {
  const recording = recordLoad(await load(Array.from({ length: 50 }, () => ({ status: 101, right: true }))), {
    connections: 4,
    warmupRequests: 10,
    fromMs: 5_000,
    timedFromMs: 5_500,
  });
  const taken = {
    slot: { side: 'head', round: 0, order: 0, tag: 'c01' },
    stratum: 'fresh-revision',
    target: { side: 'head', service: 's', revision: REVISION, tag: 'c01', url: 'http://x', deployedSinceMs: 0 },
    asked: {
      request: { revision: REVISION, traceId: TRACE, sentAtMs: 1_000, firstByteAtMs: 1_020 },
      answer: { ttfbMs: 20, totalMs: 20, status: 101 },
    },
    block: { id: 'b', recording },
    logsConnections: true,
  } satisfies Taken;
  const nobody = { instances: new Set<string>(), markers: new Set<string>() };
  assert.equal(isSettled(taken, log(3)), false);
  assert.equal(isSettled(taken, log(4)), true);
  assert.equal(isSettled({ ...taken, logsConnections: false }, log(4)), false);
  const { sample, audit, loss } = judge(taken, log(4), nobody);
  assert.deepEqual([audit, loss, sample?.cold.status, sample?.warm?.void], [[], undefined, 101, undefined]);
  assert.deepEqual(judge(taken, log(2), nobody).audit, ['the platform log showed only a part of a warm block in time']);
});
