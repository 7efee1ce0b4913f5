import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEvents } from '../../../src/adapters/events/events.ts';
import type { Post } from '../../../src/adapters/events/post.ts';
import { EVENT_TYPES, type EventType, type RunEvent } from '../../../src/domain/event.ts';
import type { NotificationSecrets, NotificationSettings } from '../../../src/domain/notifications.ts';
import { createFakeClock, createKeepingLogger, exampleEvent, STANDARD_SECRET } from './fakes.ts';

const SLACK = 'https://hooks.slack.example/services/T0/B0/hunter2slack';
const HOOK = 'https://events.example.com/in?token=hunter2hook';
const SECRETS: NotificationSecrets = { slackWebhook: SLACK, webhookUrl: HOOK, webhookSecret: STANDARD_SECRET };
const ALL: NotificationSettings = { onStart: true, onRegression: true, onCompletion: true, onFailure: true };
const NONE: NotificationSettings = { onStart: false, onRegression: false, onCompletion: false, onFailure: false };
/** `flush` waits longer than this, an attempt never does. */
const HELD_FROM_MS = 20_000;

interface Sent {
  readonly url: string;
  readonly body: string;
}

function start(settings: NotificationSettings, secrets: NotificationSecrets = SECRETS, answer?: Post) {
  const clock = createFakeClock(HELD_FROM_MS);
  const logger = createKeepingLogger();
  const sent: Sent[] = [];
  const events = createEvents(settings, secrets, {
    clock,
    logger,
    masked: ['hunter2secret'],
    random: () => 0.5,
    post: async (url, message, timeoutMs, signal) => {
      sent.push({ url, body: message.body });
      return answer === undefined ? { status: 200, text: '' } : answer(url, message, timeoutMs, signal);
    },
  });
  return { events, clock, logger, sent };
}

const typesAtHook = (sent: readonly Sent[]) =>
  sent
    .filter(({ url }) => url === HOOK)
    .map(({ body }) => (JSON.parse(body) as { type: string }).type.replace(/^org\.cloudrun-perf\.|\.v1$/g, ''));
const titlesAtSlack = (sent: readonly Sent[]) =>
  sent
    .filter(({ url }) => url === SLACK)
    .map(({ body }) => (JSON.parse(body) as { blocks: [{ text: { text: string } }] }).blocks[0].text.text);
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Ends when its signal does, as a connection to an address where nobody answers. */
const hanging: Post = (_url, _message, _timeoutMs, signal) =>
  new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

test('who is told of what', async (t) => {
  const cases: readonly [Partial<NotificationSettings>, readonly EventType[], number][] = [
    [{}, [], 0],
    [{ onStart: true }, ['run.started'], 1],
    [{ onRegression: true }, ['regression.found', 'contract.failed'], 2],
    [{ onCompletion: true }, ['run.finished', 'run.cancelled'], 2],
    [{ onFailure: true }, ['run.failed'], 1],
    [{ onRegression: true, onFailure: true }, ['run.failed', 'regression.found', 'contract.failed'], 3],
    // The end lists the findings: people get one message of them, programs every event.
    [
      { onRegression: true, onCompletion: true },
      ['run.finished', 'run.cancelled', 'regression.found', 'contract.failed'],
      2,
    ],
    [ALL, EVENT_TYPES, 4],
  ];
  for (const [settings, expected, messages] of cases) {
    await t.test(JSON.stringify(settings), async () => {
      const { events, sent } = start({ ...NONE, ...settings });
      for (const type of EVENT_TYPES) await events.send(exampleEvent({ type }));
      await events.flush();
      assert.deepEqual(typesAtHook(sent), expected);
      assert.equal(titlesAtSlack(sent).length, messages);
    });
  }
});

test('without an address nothing is sent', async () => {
  const nowhere: readonly NotificationSecrets[] = [{}, { webhookSecret: STANDARD_SECRET }, { webhookUrl: HOOK }];
  for (const secrets of nowhere) {
    const { events, sent, logger, clock } = start(ALL, secrets);
    for (const type of EVENT_TYPES) await events.send(exampleEvent({ type }));
    await events.flush();
    assert.deepEqual([sent, logger.lines, clock.waits], [[], [], []]);
  }
});

test('each address by itself', async () => {
  const { webhookUrl, webhookSecret } = { webhookUrl: HOOK, webhookSecret: STANDARD_SECRET };
  const hookOnly = start(ALL, { webhookUrl, webhookSecret });
  const slackOnly = start(ALL, { slackWebhook: SLACK });
  for (const { events } of [hookOnly, slackOnly]) {
    await events.send(exampleEvent());
    await events.flush();
  }
  assert.deepEqual(
    hookOnly.sent.map(({ url }) => url),
    [HOOK],
  );
  assert.deepEqual(
    slackOnly.sent.map(({ url }) => url),
    [SLACK],
  );
});

test('sending does not wait, order is kept, and one address does not hold up the other', async () => {
  const { promise: gate, resolve: release } = Promise.withResolvers<void>();
  const { events, sent, logger } = start(ALL, SECRETS, async (url) => {
    if (url === HOOK) await gate;
    return { status: 200, text: '' };
  });
  await events.send(exampleEvent({ type: 'run.started' }));
  await events.send(exampleEvent({ type: 'run.finished' }));
  await settled();
  assert.deepEqual(typesAtHook(sent), ['run.started']);
  assert.deepEqual(titlesAtSlack(sent), ['Performance run started', 'Performance: regression']);
  let flushed = false;
  const flushing = events.flush().then(() => {
    flushed = true;
  });
  await settled();
  assert.equal(flushed, false);
  release();
  await flushing;
  assert.deepEqual(typesAtHook(sent), ['run.started', 'run.finished']);
  assert.deepEqual(logger.lines, []);
});

test('a later event arrives although an earlier one could not be delivered', async () => {
  let count = 0;
  const { events, sent, logger } = start(ALL, { slackWebhook: SLACK }, async () => {
    count += 1;
    return { status: count <= 5 ? 500 : 200, text: '' };
  });
  await events.send(exampleEvent({ type: 'run.started' }));
  await events.send(exampleEvent({ type: 'run.failed', message: 'x' }));
  await events.flush();
  assert.equal(sent.length, 6);
  assert.deepEqual(logger.lines, ['warn Slack was not notified of run.started: HTTP 500 (5 attempts) {}']);
});

test('flush gives up in time, with one warning an event and without a secret in it', async () => {
  const { events, clock, logger, sent } = start(ALL, SECRETS, hanging);
  for (const type of EVENT_TYPES) await events.send(exampleEvent({ type }));
  const flushing = events.flush(25_000);
  await settled();
  clock.advance(24_999);
  await settled();
  assert.deepEqual(logger.lines, []);
  clock.advance(1);
  await flushing;
  assert.equal(sent.length, 2);
  assert.equal(logger.warnings.length, 6 + 4);
  for (const line of logger.lines) {
    assert.match(
      line,
      /^warn (?:Slack|the webhook) was not notified of [a-z.]+: no time left \([01] attempts?\) \{\}$/,
    );
  }
  await events.send(exampleEvent());
  await events.flush();
  assert.equal(sent.length, 2, 'nothing is sent after that');
});

test('flush waits for nothing when nothing is left, and may be called again', async () => {
  const { events, clock, sent } = start(ALL);
  await events.flush();
  await events.send(exampleEvent());
  await events.flush();
  await events.flush();
  assert.equal(sent.length, 2);
  assert.equal(clock.monotonicMs(), 0);
  await settled();
  assert.equal(clock.pending, 0, 'a timer would keep the process alive');
});

test('no secret leaves with an event, not even half of one', async () => {
  const { events, sent } = start(ALL);
  const text = `token hunter2secret ${'x'.repeat(270)}hunter2secret`;
  const finding = { serviceType: 'a', implementation: 'b', kind: 'contract failed', text } as const;
  await events.send(exampleEvent({ type: 'run.failed', message: `${text} hunter2secret`, findings: [finding] }));
  await events.flush();
  assert.equal(sent.length, 2);
  for (const { body } of sent) {
    assert.match(body, /token \*\*\* |token \u2217\u2217\u2217 /);
    assert.doesNotMatch(body, /hunter2/);
  }
});

test('whatever the other side does, neither send nor flush rejects', async () => {
  const posts: readonly Post[] = [
    () => {
      throw new TypeError(`thrown at once ${HOOK}`);
    },
    () => Promise.reject(undefined),
    () => Promise.reject(new Error(`no route to ${SLACK}`)),
    () => Promise.reject(Object.assign(new Error(HOOK), { code: HOOK })),
    async () => ({ status: Number.NaN, text: HOOK }),
    async () => ({ status: 500, text: HOOK, retryAfter: HOOK }),
  ];
  for (const answer of posts) {
    const { events, logger } = start(ALL, SECRETS, answer);
    const wrong = { ...exampleEvent(), time: 'x', repository: '\ud800' } satisfies RunEvent;
    await events.send(wrong);
    await events.flush();
    assert.equal(logger.warnings.length, 2);
    assert.equal(logger.lines.length, 2);
    assert.doesNotMatch(logger.lines.join('\n'), /hunter2|example/);
  }
});
