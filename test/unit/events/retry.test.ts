import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDelivery, DELIVERY_LIMITS } from '../../../src/adapters/events/delivery.ts';
import type { Answer } from '../../../src/adapters/events/post.ts';
import { retryAfterMs, waitBeforeMs } from '../../../src/adapters/events/retry.ts';
import { createFakeClock, createKeepingLogger, exampleEvent } from './fakes.ts';

const URL_WITH_TOKEN = 'https://events.example.com/in?token=hunter2hunter2';

/** A step: a status, an answer, or the code of a network error. */
type Step = number | Partial<Answer> | string;

async function run(steps: readonly Step[], { random = 0.5, attemptMs = 0 } = {}) {
  const clock = createFakeClock();
  const logger = createKeepingLogger();
  const timeouts: number[] = [];
  const bodies: string[] = [];
  const deliver = createDelivery({
    clock,
    logger,
    random: () => random,
    limits: DELIVERY_LIMITS,
    signal: new AbortController().signal,
    post: async (url, message, timeoutMs) => {
      assert.equal(url, URL_WITH_TOKEN);
      timeouts.push(timeoutMs);
      bodies.push(message.body);
      clock.advance(Math.min(attemptMs, timeoutMs));
      const step = steps[timeouts.length - 1] ?? steps.at(-1);
      if (step === 'timeout' || attemptMs > timeoutMs) throw new DOMException(`at ${url}`, 'TimeoutError');
      if (typeof step === 'string') throw Object.assign(new Error(`connect ${url}`), { code: step });
      return { text: '', status: 200, ...(typeof step === 'number' ? { status: step } : step) };
    },
  });
  await deliver({ name: 'the webhook', url: URL_WITH_TOKEN }, exampleEvent(), (epochMs) => ({
    headers: {},
    body: `at ${epochMs - Date.UTC(2026, 10, 21)}`,
  }));
  return { attempts: timeouts.length, waits: clock.waits, timeouts, bodies, logger, tookMs: clock.monotonicMs() };
}

const NO_WARNING = undefined;
const warning = (reason: string, attempts: string) =>
  `warn the webhook was not notified of run.finished: ${reason} (${attempts}) {}`;

test('which answers are repeated, after which waits', async (t) => {
  const all = [500, 1000, 2000, 4000];
  const cases: readonly [readonly Step[], number, readonly number[], string | undefined][] = [
    [[200], 1, [], NO_WARNING],
    [[204], 1, [], NO_WARNING],
    [[299], 1, [], NO_WARNING],
    [[503, 200], 2, [500], NO_WARNING],
    [[500, 502, 504, 599, 202], 5, all, NO_WARNING],
    [[408, 429, 200], 3, [500, 1000], NO_WARNING],
    [['ECONNREFUSED', 'ECONNRESET', 200], 3, [500, 1000], NO_WARNING],
    [['timeout', 200], 2, [500], NO_WARNING],
    [[503], 5, all, warning('HTTP 503', '5 attempts')],
    [['ENOTFOUND'], 5, all, warning('ENOTFOUND', '5 attempts')],
    [['not a code'], 5, all, warning('no connection', '5 attempts')],
    [['timeout'], 5, all, warning('no answer within 10000 ms', '5 attempts')],
    [[400], 1, [], warning('HTTP 400', '1 attempt')],
    [[401], 1, [], warning('HTTP 401', '1 attempt')],
    [[404], 1, [], warning('HTTP 404', '1 attempt')],
    [[410], 1, [], warning('HTTP 410', '1 attempt')],
    [[503, 403], 2, [500], warning('HTTP 403', '2 attempts')],
    [[301], 1, [], warning('HTTP 301, and redirects are not followed', '1 attempt')],
    [[308], 1, [], warning('HTTP 308, and redirects are not followed', '1 attempt')],
    [[{ status: 404, text: 'channel_not_found' }], 1, [], warning('HTTP 404 channel_not_found', '1 attempt')],
    [[{ status: 400, text: `no ${URL_WITH_TOKEN}` }], 1, [], warning('HTTP 400', '1 attempt')],
    [[{ status: 400, text: 'hunter2hunter2' }], 1, [], warning('HTTP 400', '1 attempt')],
    [[{ status: 429, retryAfter: '7' }, 200], 2, [7000], NO_WARNING],
    [[{ status: 429, retryAfter: '0' }, 200], 2, [500], NO_WARNING],
    [[{ status: 503, retryAfter: 'Sat, 21 Nov 2026 00:00:09 GMT' }, 200], 2, [9000], NO_WARNING],
    [[{ status: 503, retryAfter: 'soon' }, 200], 2, [500], NO_WARNING],
    [[{ status: 429, retryAfter: '20' }, { status: 429, retryAfter: '9' }, 200], 3, [20_000, 9000], NO_WARNING],
    [[{ status: 429, retryAfter: '30' }], 1, [], warning('HTTP 429, try again in 30 s', '1 attempt')],
    [[{ status: 429, retryAfter: '20' }], 2, [20_000], warning('HTTP 429, try again in 20 s', '2 attempts')],
    [[{ status: 404, retryAfter: '1' }], 1, [], warning('HTTP 404', '1 attempt')],
  ];
  for (const [steps, attempts, waits, warned] of cases) {
    await t.test(JSON.stringify(steps), async () => {
      const done = await run(steps);
      assert.equal(done.attempts, attempts);
      assert.deepEqual(done.waits, waits);
      assert.deepEqual(done.logger.lines, warned === undefined ? [] : [warned]);
      assert.doesNotMatch(done.logger.lines.join('\n'), /hunter2|example\.com/);
    });
  }
});

test('full jitter: from nothing to twice as long each time, 8 s at most', () => {
  const waits = (random: number) => [1, 2, 3, 4, 5, 6].map((attempt) => waitBeforeMs(attempt, () => random));
  assert.deepEqual(waits(0), [0, 0, 0, 0, 0, 0]);
  assert.deepEqual(waits(1), [1000, 2000, 4000, 8000, 8000, 8000]);
});

test('an endpoint that never answers takes 30 s and no longer', async () => {
  for (const random of [0, 0.5, 0.999]) {
    const { tookMs, timeouts, logger } = await run([200], { random, attemptMs: Number.POSITIVE_INFINITY });
    assert.ok(tookMs <= 30_000, `${tookMs} ms`);
    assert.deepEqual(timeouts.slice(0, 2), [10_000, 10_000]);
    assert.ok((timeouts[2] ?? 0) > 0 && (timeouts[2] ?? 0) <= 10_000);
    assert.equal(logger.lines.length, 1);
  }
});

test('each attempt is written anew, at its own time', async () => {
  assert.deepEqual((await run([503, 503, 200])).bodies, ['at 0', 'at 500', 'at 1500']);
});

test('a message that cannot be written is a warning without its words', async () => {
  const logger = createKeepingLogger();
  const deliver = createDelivery({
    clock: createFakeClock(),
    logger,
    random: Math.random,
    limits: DELIVERY_LIMITS,
    signal: new AbortController().signal,
    post: () => assert.fail('sent'),
  });
  await deliver({ name: 'Slack', url: URL_WITH_TOKEN }, exampleEvent(), () => {
    throw new RangeError('hunter2');
  });
  assert.deepEqual(logger.lines, [
    'warn Slack was not notified of run.finished: unexpected RangeError (0 attempts) {}',
  ]);
});

test('Retry-After', () => {
  const now = Date.UTC(2026, 10, 21, 13, 0, 0);
  const cases: readonly [string | undefined, number | undefined][] = [
    [undefined, undefined],
    ['', undefined],
    ['120', 120_000],
    [' 1 ', 1000],
    ['-1', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['Infinity', undefined],
    ['99999999999', undefined],
    ['Sat, 21 Nov 2026 13:00:05 GMT', 5000],
    ['Sat, 21 Nov 2026 12:59:00 GMT', 0],
    ['Sat, 99 Nov 2026 12:59:00 GMT', undefined],
    ['2026-11-21', undefined],
  ];
  for (const [header, expected] of cases) assert.equal(retryAfterMs(header, now), expected, String(header));
});
