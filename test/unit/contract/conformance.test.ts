import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConformanceInput, type ConformancePorts, runConformance } from '../../../src/contract/conformance.ts';
import { loadContract } from '../../../src/contract/contract.ts';
import { conforms } from '../../../src/domain/conformance.ts';
import type { HttpRequest } from '../../../src/ports/transport.ts';
import { TransportError } from '../../../src/ports/transport.ts';
import { shippedProtocol } from '../../helpers/shipped-contract.ts';
import { SMALL_CONTRACT } from '../../helpers/small-contract.ts';

const discordWebhook = shippedProtocol('discord-webhook');

const contract = loadContract(SMALL_CONTRACT);
const INPUT: ConformanceInput = {
  contract,
  contractVersion: '1.2.0',
  features: ['publish', 'later'],
  origin: 'http://service.invalid',
};

type Answer = {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: readonly (readonly [string, string])[];
};

/** A service as a function; no network, and time that passes only by sleeping. */
function ports(answer: (request: HttpRequest) => Answer): ConformancePorts {
  let nowMs = 1_700_000_000_000;
  return {
    clock: {
      epochMs: () => nowMs,
      monotonicMs: () => nowMs,
      sleep: async (durationMs) => {
        nowMs += durationMs;
      },
    },
    signer: discordWebhook,
    exchange: async (_origin, request) => {
      const { status, body, headers = [['content-type', 'application/json']] } = answer(request as HttpRequest);
      const bytes = Buffer.from(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body));
      return { status, headers, body: bytes, sentAtMs: nowMs, connectMs: 0, firstByteMs: 1, totalMs: 1 };
    },
  };
}

const healthy = (): Answer => ({ status: 200, body: { status: 'ok' } });

test('conformance: without a message bus effects are not checked, and that is no pass', async () => {
  const result = await runConformance(INPUT, ports(healthy));
  const states = Object.fromEntries(result.vectors.map(({ id, state }) => [id, state]));
  assert.equal(states.slash, 'not-checked');
  assert.equal(states['ping-silent'], 'not-checked');
  assert.equal(states['extra-works'], 'skipped');
  assert.equal(states.health, 'passed');
  assert.equal(states.ping, 'failed');
  assert.equal(result.passed + result.failed + result.skipped + result.notChecked, result.vectors.length);
  assert.deepEqual(result.missingFeatures, []);
  assert.match(result.vectors.find(({ id }) => id === 'slash')?.reason ?? '', /interactions cannot be watched/);
});

test('conformance: a service that is not there is one error', async () => {
  let calls = 0;
  const dead = ports(healthy);
  const result = await runConformance(INPUT, {
    ...dead,
    exchange: async () => {
      calls += 1;
      throw new TransportError('refused', 'no connection: ECONNREFUSED');
    },
  });
  assert.equal(calls, 1);
  assert.equal(result.failed, 0);
  assert.match(result.unreachable ?? '', /GET http:\/\/service\.invalid\/health: no connection/);
  assert.equal(conforms(result), false);
});

test('conformance: a service that dies on the way is told from one that drops a request', async () => {
  const input = { ...INPUT, onlyVectors: ['ping', 'garbage', 'newer'] };
  const run = (isDead: (calls: number) => boolean) => {
    let calls = 0;
    const alive = ports((request) => (request.path === '/health' ? healthy() : { status: 200, body: { type: 1 } }));
    const exchange: ConformancePorts['exchange'] = async (...request) => {
      calls += 1;
      if (isDead(calls)) throw new TransportError('reset', 'the connection ended');
      return alive.exchange(...request);
    };
    return runConformance(input, { ...alive, exchange, concurrency: 1 });
  };
  const died = await run((calls) => calls > 2);
  assert.match(died.unreachable ?? '', /stopped answering during the checks: GET .*the connection ended/);
  assert.equal(died.vectors.find(({ id }) => id === 'ping')?.state, 'passed');
  const dropped = await run((calls) => calls === 3);
  assert.equal(dropped.unreachable, undefined);
  assert.equal(dropped.failed, 1);
});

test('conformance: a literal timestamp from a template is text', async () => {
  const files = new Map(SMALL_CONTRACT);
  files.set(
    'vectors/main.json',
    (files.get('vectors/main.json') ?? '').replace('"timestamp":"-10s"', '"timestamp":"{{$timestamp}}"'),
  );
  const sent: string[] = [];
  const service = ports((request) => {
    sent.push(request.headers.find(([name]) => name === 'X-Signature-Timestamp')?.[1] ?? '');
    return { status: 401 };
  });
  await runConformance({ ...INPUT, contract: loadContract(files), onlyVectors: ['old'] }, service);
  assert.deepEqual(sent, ['', '1700000000']);
});

test('conformance: selection by id, version and features', async () => {
  const only = await runConformance({ ...INPUT, onlyVectors: ['health'] }, ports(healthy));
  assert.deepEqual([only.vectors.length, only.passed], [1, 1]);
  assert.equal(conforms(only), true);

  const older = await runConformance({ ...INPUT, contractVersion: '1.1.0', onlyVectors: ['newer'] }, ports(healthy));
  assert.match(older.vectors[0]?.reason ?? '', /since contract 1\.2\.0/);
  assert.equal(older.vectors[0]?.state, 'skipped');

  const nothing = await runConformance({ ...INPUT, features: [], onlyVectors: ['health'] }, ports(healthy));
  assert.deepEqual(nothing.missingFeatures, ['publish', 'later']);
  assert.equal(conforms(nothing), false);

  const probed = await runConformance(
    { ...INPUT, onlyVectors: ['extra-works'], probeUndeclared: true },
    ports(healthy),
  );
  assert.equal(probed.vectors[0]?.state, 'skipped');
  assert.equal(probed.vectors[0]?.reason, 'feature extra is not declared, but it works');

  const cases: [Partial<ConformanceInput>, string][] = [
    [{ onlyVectors: ['helth'] }, 'vector-unknown'],
    [{ features: ['publsh'] }, 'feature-unknown'],
    [{ contractVersion: '2.0.0' }, 'contract-version-newer'],
  ];
  for (const [wrong, code] of cases) {
    await assert.rejects(runConformance({ ...INPUT, ...wrong }, ports(healthy)), { name: 'UsageError', code });
  }
  const signer = { ...discordWebhook, schemes: ['other'] };
  await assert.rejects(runConformance(INPUT, { ...ports(healthy), signer }), { code: 'sign-scheme-unknown' });
});

test('conformance: outputs feed later steps, eventually repeats', async () => {
  let polls = 0;
  const items = (request: HttpRequest): Answer => {
    if (request.path === '/health') return healthy();
    if (request.path === '/items/slow') polls += 1;
    const body = request.path === '/items/first' ? { next: 'n-2' } : { id: request.path.slice(7), ready: polls > 3 };
    return {
      status: 200,
      body,
      headers: [
        ['content-type', 'application/json'],
        ['x-count', '7'],
      ],
    };
  };
  const input = { ...INPUT, onlyVectors: ['outputs', 'eventually'] };
  const right = await runConformance(input, ports(items));
  assert.deepEqual([right.passed, polls], [2, 4], JSON.stringify(right.vectors));

  const stuck = await runConformance(
    input,
    ports((request) => ({ ...items(request), body: { next: 'n', ready: false } })),
  );
  const failures = Object.fromEntries(stuck.vectors.map(({ id, failures: [first] }) => [id, first]));
  assert.deepEqual(failures.eventually, { step: 0, check: 'body /ready', expected: 'true', actual: 'false' });
  assert.deepEqual(failures.outputs, { step: 1, check: 'body /id', expected: '"n"', actual: 'absent' });
});

test('conformance: failures are bounded, escaped and masked', async () => {
  const echo = (request: HttpRequest): Answer =>
    request.path === '/health'
      ? healthy()
      : { status: 500, body: `\u001b[31m\n${Buffer.from(request.body ?? []).toString()}${'x'.repeat(5000)}` };
  const result = await runConformance({ ...INPUT, onlyVectors: ['ping'] }, ports(echo));
  const [failure] = result.vectors[0]?.failures ?? [];
  assert.equal(failure?.check, 'status');
  assert.equal(failure?.expected, '200');
  assert.match(failure?.actual ?? '', /^500, body \\x1b\[31m\\n\{"type":1,"token":"\{\{secret\}\}"\}x+…$/);
  assert.ok((failure?.actual.length ?? 0) <= 320);
});

test('conformance: a service that hangs is given up after two time limits, and the rest is not checked', async () => {
  let sent = 0;
  const hanging = ports(() => {
    throw new TransportError('timeout', 'no answer');
  });
  const result = await runConformance(
    { ...INPUT, features: ['publish'] },
    {
      ...hanging,
      concurrency: 2,
      requestTimeoutMs: 10,
      exchange: async (origin, request, options) => {
        if (request.path === '/health' && sent === 0) return ports(healthy).exchange(origin, request, options);
        sent += 1;
        return hanging.exchange(origin, request, options);
      },
    },
  );
  assert.equal(conforms(result), false);
  const givenUp = result.vectors.filter(({ reason }) => /4 requests before this one got no answer/.test(reason ?? ''));
  // Four, and the last look whether the service is still there.
  assert.equal(sent, 5);
  assert.ok(givenUp.length > 0);
  assert.ok(givenUp.every(({ state }) => state === 'not-checked'));
});
