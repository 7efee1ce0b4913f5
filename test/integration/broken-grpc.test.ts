import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadBlock } from '../../src/measure/runner-load.ts';
import { GRPC_FAULTS, type RunningService, startService } from '../fixtures/services/grpc-unary/broken.ts';
import { startWireFault, WIRE_FAULTS } from '../fixtures/services/grpc-unary/broken-wire.ts';
import { checkGrpc, grpcContract, grpcProtocol, grpcTransport, startGrpcProcess } from '../helpers/grpc-check.ts';
import { findings, systemClock } from '../helpers/webhook-check.ts';

const IMPLEMENTATIONS = join(import.meta.dirname, '../fixtures/services/grpc-unary/implementations');

async function using<T>(starting: Promise<RunningService>, use: (origin: string) => Promise<T>): Promise<T> {
  const service = await starting;
  try {
    return await use(service.origin);
  } finally {
    await service.close();
  }
}

async function caught(origin: string, caughtBy: readonly string[]): Promise<void> {
  const { vectors } = await checkGrpc(origin, undefined, caughtBy);
  for (const vector of vectors) {
    assert.equal(vector.state, 'failed', `${vector.id} misses it`);
    for (const { check, expected, actual } of vector.failures) {
      assert.ok(check !== '' && expected !== '' && actual !== '', JSON.stringify(vector.failures));
      assert.notEqual(expected, actual);
    }
  }
  assert.equal(vectors.length, caughtBy.length);
}

describe('a gRPC service that is wrong in one way', { timeout: 60_000 }, () => {
  test('passes every vector without its mistake', () =>
    using(startService(), async (origin) => {
      const { vectors, passed } = await checkGrpc(origin);
      assert.deepEqual(findings(vectors), []);
      assert.equal(passed, grpcContract.vectors.length);
    }));
  for (const { name, does, caughtBy } of GRPC_FAULTS) {
    test(`${name}: ${does}`, () => using(startService(name), (origin) => caught(origin, caughtBy)));
  }
  for (const { name, does, caughtBy } of WIRE_FAULTS) {
    test(`wire, ${name}: ${does}`, () => using(startWireFault(name), (origin) => caught(origin, caughtBy)));
  }
  test('names what was expected and what came', () =>
    using(startService('extra-field'), async (origin) => {
      const [first] = (await checkGrpc(origin, undefined, ['health'])).vectors;
      assert.deepEqual(first?.failures, [
        {
          step: 0,
          check: 'document message',
          expected: 'only what the document has',
          actual: 'field 100 of grpc.health.v1.HealthCheckResponse',
        },
      ]);
    }));
});

describe('load of gRPC services', { timeout: 60_000 }, () => {
  const warm = { connections: 4, requests: 400, warmupRequests: 20 };
  const load = (origin: string) =>
    loadBlock(
      { url: origin, protocol: grpcProtocol, warm, requestTimeoutMs: 5_000 },
      { transport: grpcTransport, clock: systemClock },
    );

  test('counts right answers', () =>
    using(startService(), async (origin) => {
      const { sent, errors, endedEarly } = await load(origin);
      assert.deepEqual([sent, errors, endedEarly], [400, {}, undefined]);
    }));
  test('counts no wrong answer as throughput', () =>
    using(startService('quantity-as-double'), async (origin) => {
      const { sent, errors } = await load(origin);
      assert.deepEqual(errors, { 'wrong answer': sent });
    }));
  test('takes no cold start of a service that does not serve', () =>
    using(startService('not-serving'), async (origin) => {
      const answer = await grpcTransport.exchange(origin, grpcProtocol.coldRequest(), { timeoutMs: 5_000 });
      assert.notEqual(grpcProtocol.coldFault(answer), undefined);
    }));
});

async function passesAll(argv: readonly string[], cwd: string): Promise<void> {
  const service = await startGrpcProcess(argv, cwd);
  try {
    const { vectors, missingFeatures } = await checkGrpc(service.origin);
    assert.deepEqual([findings(vectors), missingFeatures], [[], []]);
  } finally {
    assert.deepEqual(await service.stop(), { code: 0, signal: null });
  }
}

test('the copies of the .proto files are the contract', () => {
  const read = (...path: readonly string[]) => readFileSync(join(IMPLEMENTATIONS, ...path), 'utf8');
  for (const file of ['catalog.proto', 'grpc/health/v1/health.proto']) {
    assert.equal(read('node-grpc-js', file), read('../../../../../contracts/v1/grpc-unary', file));
  }
});

test('the reference in Node passes every vector', { timeout: 30_000 }, () =>
  passesAll(['node', 'server.js'], join(IMPLEMENTATIONS, 'node-grpc-js')),
);

test('the reference in Go passes every vector', { timeout: 240_000 }, async (context) => {
  const source = join(IMPLEMENTATIONS, 'go-grpc');
  const directory = await mkdtemp(join(tmpdir(), 'grpc-go-'));
  try {
    const built = spawnSync('go', ['build', '-o', join(directory, 'server'), '.'], { cwd: source, encoding: 'utf8' });
    if (built.error !== undefined) return context.skip('no go on this machine');
    if (/dial tcp|no such host|GOPROXY|i\/o timeout/.test(built.stderr)) return context.skip('no modules: no network');
    assert.equal(built.status, 0, built.stderr);
    await passesAll([join(directory, 'server')], directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
