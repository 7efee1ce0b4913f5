import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHttpTransport } from '../../src/adapters/transports/http.ts';
import { runConformance } from '../../src/contract/conformance.ts';
import { loadContract } from '../../src/contract/contract.ts';
import { conforms } from '../../src/domain/conformance.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { createMemoryBus } from '../helpers/memory-bus.ts';
import { shippedProtocol } from '../helpers/shipped-contract.ts';
import { SMALL_CONTRACT } from '../helpers/small-contract.ts';
import { type Parts, RIGHT, startSmallService } from '../helpers/small-service.ts';

const discordWebhook = shippedProtocol('discord-webhook');

const contract = loadContract(SMALL_CONTRACT);
const transport = createHttpTransport();
const clock: Clock = {
  epochMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (durationMs, signal) => {
    await sleep(durationMs, undefined, signal === undefined ? {} : { signal });
  },
};

async function check(wrong: Partial<Parts>) {
  const bus = createMemoryBus();
  const service = await startSmallService(bus, wrong);
  try {
    return await runConformance(
      { contract, contractVersion: '1.2.0', features: ['publish', 'later'], origin: service.origin },
      {
        exchange: transport.exchange,
        clock,
        signer: discordWebhook,
        messageBus: bus,
        topics: { interactions: 'topic-1' },
        requestTimeoutMs: 1500,
      },
    );
  } finally {
    await service.close();
    assert.equal(bus.openSubscriptions(), 0, 'subscriptions are closed');
  }
}

test('a right service passes everything that it declares', async () => {
  const result = await check({});
  assert.deepEqual(
    result.vectors
      .filter(({ state }) => state !== 'passed')
      .map(({ id, state, failures }) => ({ id, state, failures })),
    [{ id: 'extra-works', state: 'skipped', failures: [] }],
  );
  assert.ok(conforms(result));
});

const twice = (publish: () => void) => {
  publish();
  publish();
};

/** Wrong services, each with the vectors that must find it and the check that must say it. */
const WRONG: readonly [string, Partial<Parts>, readonly string[], RegExp][] = [
  ['accepts everything', { isSigned: () => true }, ['unsigned', 'wrong-key'], /^status: 401 \/ 200, body/],
  [
    'accepts only nothing',
    { isSigned: () => false },
    ['ping', 'garbage', 'slash', 'ping-silent'],
    /^status: \d+ \/ 401/,
  ],
  ['forgets the time', { isFresh: () => true }, ['old'], /^status: 401 \/ 200/],
  [
    'checks the time in milliseconds',
    { isFresh: (it) => Date.now() - Number(it) < 5000 },
    ['ping', 'garbage', 'slash', 'ping-silent'],
    /^status/,
  ],
  ['refuses by 403', { refusal: 403 }, ['unsigned', 'old', 'wrong-key'], /^status: 401 \/ 403/],
  ['answers garbage by 500', { malformed: 500 }, ['garbage'], /^status: 400 \/ 500/],
  [
    'answers garbage by 200',
    { parse: () => ({ type: 1 }) },
    ['garbage', 'slash', 'ping-silent'],
    /^(status: 400|body .type: 5|effect interactions: 1 message where .* . 0 messages)/,
  ],
  ['pong as text', { pong: () => ({ type: '1' }) }, ['ping', 'ping-silent'], /^(body \/type: 1|document body \/type)/],
  [
    'pong with more',
    { pong: () => ({ type: 1, debug: true }) },
    ['ping', 'ping-silent'],
    /^document body: no member "debug"/,
  ],
  [
    'echoes the token',
    { pong: ({ token }) => ({ type: 1, token }) },
    ['ping'],
    /^(body: nowhere "\{\{secret\}\}"|document body)/,
  ],
  [
    'says JSON is text',
    { contentType: 'text/plain' },
    ['health', 'ping', 'slash', 'ping-silent', 'garbage', 'newer', 'outputs', 'eventually'],
    /^(header content-type|document media type)/,
  ],
  [
    'is not healthy',
    { health: { status: 'up' } },
    ['health', 'garbage', 'newer'],
    /^(body \/status|document body \/status)/,
  ],
  [
    'publishes nothing',
    { onCommand: () => undefined },
    ['slash', 'ping-silent'],
    /^effect interactions: 1 message where .* \/ 0 messages/,
  ],
  [
    'publishes twice',
    { onCommand: twice },
    ['slash', 'ping-silent'],
    /^effect interactions: 1 message where .* \/ 2 messages/,
  ],
  [
    'publishes again, later',
    {
      onCommand: (it) => {
        it();
        setTimeout(it, 150);
      },
    },
    ['slash', 'ping-silent'],
    /^effect interactions: 1 message where .* \/ 2 messages/,
  ],
  [
    'publishes pings',
    { onPing: (it) => it() },
    ['ping-silent'],
    /^effect interactions: 1 message where .* \/ 2 messages/,
  ],
  [
    'publishes the token',
    { message: (it) => it },
    ['slash'],
    /^effect interactions body( \/token: absent \/ "\{\{secret\}\}"|: nowhere)/,
  ],
  [
    'publishes the token as null',
    { message: (it) => ({ ...it, token: null }) },
    ['slash', 'ping-silent'],
    /^effect interactions (body \/token: absent \/ null|document \/token)/,
  ],
  [
    'hides the token elsewhere',
    { message: ({ token, ...it }) => ({ ...it, debug: { note: `t=${token}` } }) },
    ['slash'],
    /^effect interactions body: nowhere "\{\{secret\}\}"/,
  ],
  [
    'puts the token into an attribute',
    { attributes: (it) => ({ ...RIGHT.attributes(it), auth: String(it.token) }) },
    ['slash'],
    /^effect interactions attributes: nowhere/,
  ],
  [
    'loses numbers',
    { message: (it) => ({ ...(RIGHT.message(it) as object), n: String(it.n) }) },
    ['slash'],
    /^effect interactions body \/n: 7 \/ "7"/,
  ],
  [
    'forgets an attribute',
    { attributes: ({ id }) => ({ interaction_id: String(id) }) },
    ['slash', 'ping-silent'],
    /^effect interactions/,
  ],
  ['publishes no JSON', { message: () => undefined }, ['slash', 'ping-silent'], /^effect interactions (body|document)/],
  [
    'hangs up on garbage',
    { first: (request, response) => hangUp(request.headers['content-length'] === '3', response) },
    ['garbage'],
    /^request: an HTTP answer \/ reset/,
  ],
  [
    'never answers garbage',
    { first: (request) => request.headers['content-length'] === '3' },
    ['garbage'],
    /^request: an HTTP answer \/ timeout/,
  ],
];

function hangUp(yes: boolean, response: { readonly socket: { destroy(): void } | null }): boolean {
  if (yes) response.socket?.destroy();
  return yes;
}

test('wrong services are found, each by its vectors, in words that say what is wrong', {
  timeout: 60_000,
}, async () => {
  for (let start = 0; start < WRONG.length; start += 5) {
    await Promise.all(
      WRONG.slice(start, start + 5).map(async ([name, wrong, ids, words]) => {
        const result = await check(wrong);
        const failed = result.vectors.filter(({ state }) => state === 'failed');
        assert.deepEqual(
          failed.map(({ id }) => id).sort(),
          [...ids].sort(),
          `${name}: ${JSON.stringify(failed, null, 1)}`,
        );
        assert.ok(!conforms(result), name);
        for (const { id, failures } of failed) {
          const told = failures.map((it) => `${it.check}: ${it.expected} / ${it.actual}`);
          assert.ok(
            told.some((line) => words.test(line)),
            `${name}, ${id}: ${told.join('\n')}`,
          );
          assert.doesNotMatch(told.join(), /S-[0-9a-f]{8}-/, `${name}, ${id}: a secret is in the words`);
        }
      }),
    );
  }
});

test('a message bus that fails is an error of the run, not of the service', async () => {
  const bus = createMemoryBus();
  const service = await startSmallService(bus);
  const broken = {
    ...bus,
    subscribe: async () => ({
      pull: async () => {
        throw new Error('no permission to pull');
      },
      close: async () => undefined,
    }),
  };
  try {
    await assert.rejects(
      runConformance(
        { contract, contractVersion: '1.2.0', features: ['publish', 'later'], origin: service.origin },
        {
          exchange: transport.exchange,
          clock,
          signer: discordWebhook,
          messageBus: broken,
          topics: { interactions: 't' },
        },
      ),
      /no permission to pull/,
    );
  } finally {
    await service.close();
  }
});
