import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { askCold } from '../../src/measure/cold-start.ts';
import { LOG_PATIENCE } from '../../src/measure/log-wait.ts';
import { loadBlock } from '../../src/measure/runner-load.ts';
import { openBench } from '../fixtures/services/instances/bench.ts';
import { checkGrpc, grpcProtocol, grpcTransport } from '../helpers/grpc-check.ts';
import { findings, systemClock } from '../helpers/webhook-check.ts';

const PROGRAM = '../grpc-unary/implementations/node-grpc-js/server.js';
const bench = openBench();
after(() => bench.close());

test('gRPC on the embedded Cloud Run: a cold start with its proof, warm load, and the contract', async () => {
  const origin = await bench.serve(PROGRAM, { service: 'catalog', portName: 'h2c', maxInstances: 1 });
  const target = {
    side: 'head',
    service: 'catalog',
    revision: 'catalog-1',
    tag: 't',
    url: origin,
    deployedSinceMs: 0,
  } as const;
  const ports = { transport: grpcTransport, clock: systemClock } as Parameters<typeof askCold>[1];
  const cold = await askCold(
    { target, protocol: grpcProtocol, timeoutMs: 20_000, patience: LOG_PATIENCE.local },
    ports,
  );
  assert.ok('asked' in cold, JSON.stringify(cold));
  const { traceId } = cold.asked.request;
  const [first] = bench.events('request', 'catalog');
  assert.deepEqual([first?.trace, first?.status], [traceId, 200]);
  assert.equal(first?.instanceId, bench.events('start', 'catalog')[0]?.instanceId);
  assert.ok((first?.latencyMs ?? 0) <= cold.asked.answer.totalMs);

  const warm = { connections: 8, requests: 800, warmupRequests: 40 };
  const load = await loadBlock({ url: origin, protocol: grpcProtocol, warm, requestTimeoutMs: 5_000 }, ports);
  assert.deepEqual([load.sent, load.errors], [800, {}]);
  // One line for each call: the cold one, the setup, the warm-up and the load.
  assert.equal(bench.events('request', 'catalog').length, 1 + 1 + 40 + 800);

  const { vectors } = await checkGrpc(origin);
  assert.deepEqual(findings(vectors), []);
});

test('a gRPC call that no instance can answer is HTTP 503, and neither right nor a right wrong answer', async () => {
  const origin = await bench.serve('exiting-service.mjs', { service: 'exits', portName: 'h2c' });
  const answer = await grpcTransport.exchange(origin, grpcProtocol.coldRequest(), { timeoutMs: 20_000 });
  assert.deepEqual([answer.status, answer.grpc?.code], [503, 14]);
  assert.notEqual(grpcProtocol.coldFault(answer), undefined);
});
