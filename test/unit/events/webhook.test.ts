import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { type CloudEvent, HTTP } from 'cloudevents';
import { Webhook } from 'standardwebhooks';
import { createWebhookSink, toCloudEvent } from '../../../src/adapters/events/cloudevents-webhook.ts';
import { createDelivery, DELIVERY_LIMITS } from '../../../src/adapters/events/delivery.ts';
import { post } from '../../../src/adapters/events/post.ts';
import { safeEvent } from '../../../src/adapters/events/safe-event.ts';
import { EVENT_TYPES, type RunEvent } from '../../../src/domain/event.ts';
import { createFakeClock, createKeepingLogger, exampleEvent, HOSTILE, SECRET_TEXT, STANDARD_SECRET } from './fakes.ts';
import { type Received, type Receiver, startReceiver } from './receiver.ts';

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../contracts/schemas/event.schema.json'), 'utf8'),
) as { $id: string; properties: object };

/** The attributes that CloudEvents 1.0.2 requires and allows, by its specification and JSON format. */
const CLOUD_EVENT = {
  type: 'object',
  required: ['specversion', 'id', 'source', 'type'],
  properties: {
    specversion: { const: '1.0' },
    id: { type: 'string', minLength: 1 },
    source: { type: 'string', minLength: 1, format: 'uri-reference' },
    type: { type: 'string', minLength: 1 },
    subject: { type: 'string', minLength: 1 },
    time: { type: 'string', minLength: 1, format: 'date-time' },
    datacontenttype: { const: 'application/json' },
    dataschema: { type: 'string', minLength: 1, format: 'uri' },
    data: { type: 'object' },
  },
  propertyNames: { pattern: '^[a-z0-9]{1,20}$' },
};

const ajv = new Ajv2020({ allErrors: true });
(addFormats as unknown as (target: Ajv2020) => void)(ajv);
const isCloudEvent = ajv.compile(CLOUD_EVENT);
const isData = ajv.compile(schema);

let receiver: Receiver;
before(async () => {
  receiver = await startReceiver();
});
after(() => receiver.close());

/** What the receiver gets when an event is sent with this secret. */
async function sent(event: RunEvent, secret = STANDARD_SECRET, clock = createFakeClock(undefined, Date.now())) {
  const logger = createKeepingLogger();
  const signal = new AbortController().signal;
  const deliver = createDelivery({ clock, logger, random: () => 1, post, signal, limits: DELIVERY_LIMITS });
  const from = receiver.received.length;
  await createWebhookSink({ url: `http://127.0.0.1:${receiver.port}/in`, secret }, deliver).send(event);
  return { requests: receiver.received.slice(from), logger };
}

const only = (requests: readonly Received[]): Received => {
  assert.equal(requests.length, 1);
  return requests[0] ?? assert.fail();
};

test('the signature holds for the verifier of Standard Webhooks, and for nothing else', async () => {
  const verifiers = [
    [STANDARD_SECRET, new Webhook(STANDARD_SECRET)],
    [SECRET_TEXT, new Webhook(SECRET_TEXT, { format: 'raw' })],
  ] as const;
  for (const [secret, verifier] of verifiers) {
    const event = exampleEvent({ message: 'grüße \u{1f600}' });
    const { headers, body } = only((await sent(event, secret)).requests);
    assert.deepEqual(verifier.verify(body, headers), JSON.parse(body));
    assert.equal(headers['webhook-id'], event.id);
    assert.throws(() => verifier.verify(`${body} `, headers));
    assert.throws(() => verifier.verify(body, { ...headers, 'webhook-id': 'other' }));
    assert.throws(() => new Webhook(`whsec_${Buffer.alloc(32).toString('base64')}`).verify(body, headers));
  }
});

test('a known signature', async () => {
  // 2026-11-21T00:00:00Z, computed by hand: the text that is signed is id.timestamp.body.
  const { headers, body } = only((await sent(exampleEvent(), STANDARD_SECRET, createFakeClock())).requests);
  assert.equal(headers['webhook-timestamp'], '1795219200');
  const key = Buffer.from(STANDARD_SECRET.slice(6), 'base64');
  const expected = createHmac('sha256', key).update(`${exampleEvent().id}.1795219200.${body}`).digest('base64');
  assert.equal(headers['webhook-signature'], `v1,${expected}`);
});

test('a repeated attempt has the same id and body, and a signature of its own time', async () => {
  receiver.next({ status: 503 }, { status: 503 });
  const { requests } = await sent(exampleEvent(), STANDARD_SECRET, createFakeClock());
  assert.deepEqual(
    requests.map(({ headers }) => headers['webhook-timestamp']),
    ['1795219200', '1795219201', '1795219203'],
  );
  assert.equal(new Set(requests.map(({ body }) => body)).size, 1);
  assert.equal(new Set(requests.map(({ headers }) => headers['webhook-id'])).size, 1);
  assert.equal(new Set(requests.map(({ headers }) => headers['webhook-signature'])).size, 3);
});

test('every type is a CloudEvent for the SDK and for the rules of the specification', async () => {
  for (const type of EVENT_TYPES) {
    const event = exampleEvent({ type, id: `id-${type.replace('.', '-')}`, message: 'm', moreFindings: 3 });
    const { headers, body, method } = only((await sent(event)).requests);
    assert.equal(method, 'POST');
    assert.match(headers['content-type'] ?? '', /^application\/cloudevents\+json(?:; charset=utf-8)?$/);
    const parsed = HTTP.toEvent({ headers: { ...headers }, body }) as CloudEvent<RunEvent>;
    assert.ok(parsed.validate());
    assert.equal(parsed.type, `org.cloudrun-perf.${type}.v1`);
    assert.equal(parsed.source, event.url);
    assert.equal(parsed.subject, event.runId);
    assert.equal(parsed.dataschema, schema.$id);
    const json = JSON.parse(body) as { data: object; time: string; id: string };
    assert.ok(isCloudEvent(json), ajv.errorsText(isCloudEvent.errors));
    assert.ok(isData(json.data), ajv.errorsText(isData.errors));
    assert.deepEqual([json.id, json.time], [event.id, event.time]);
    const { type: _type, id: _id, time: _time, ...facts } = event;
    assert.deepEqual(json.data, facts);
    for (const member of Object.keys(json.data)) assert.ok(member in schema.properties, `${member} is in no schema`);
  }
});

test('what is no CloudEvent and no data is told from it', () => {
  const good = toCloudEvent(exampleEvent());
  for (const wrong of [{ id: '' }, { source: 'a b' }, { specversion: '0.3' }, { time: 'yesterday' }, { runId: 1 }])
    assert.equal(isCloudEvent({ ...good, ...wrong }), false, JSON.stringify(wrong));
  const { data } = good as { data: object };
  for (const wrong of [{ runId: '' }, { suite: 'x' }, { counts: { a: -1 } }, { findings: [{}] }, { url: 'a b' }])
    assert.equal(isData({ ...data, ...wrong }), false, JSON.stringify(wrong));
});

test('outside CI the source is a path', () => {
  const cases: readonly [Partial<RunEvent>, string][] = [
    [{ repository: 'org/name' }, '/org/name/runs/run-1'],
    [{ repository: 'ann-my folder' }, '/ann-my%20folder/runs/run-1'],
    [{ repository: '../..//a?b#c' }, '/../../a%3Fb%23c/runs/run-1'],
    [{ repository: 'a\ud800b' }, '/a%EF%BF%BDb/runs/run-1'],
    [{ repository: 'org/name', url: 'javascript:alert(1)' }, '/org/name/runs/run-1'],
    [{ repository: 'org/name', url: 'https://host/a b' }, 'https://host/a%20b'],
  ];
  for (const [changes, source] of cases) {
    const { url: _url, ...event } = exampleEvent({ runId: 'run-1' });
    const made = toCloudEvent({ ...event, ...changes });
    assert.equal(made.source, source);
    assert.ok(isCloudEvent(made), ajv.errorsText(isCloudEvent.errors));
  }
});

test('hostile texts forge neither headers nor parts of what is signed', async () => {
  const event = safeEvent(
    exampleEvent({
      id: `a.1.b${HOSTILE}`,
      message: HOSTILE.repeat(50),
      findings: Array.from({ length: 300 }, () => ({
        serviceType: HOSTILE,
        implementation: HOSTILE,
        kind: 'regression' as const,
        text: HOSTILE.repeat(20),
      })),
    }),
    [],
  );
  const { requests, logger } = await sent(event);
  const { headers, body } = only(requests);
  assert.match(headers['webhook-id'] ?? '', /^[\w-]+$/);
  new Webhook(STANDARD_SECRET).verify(body, headers);
  assert.ok(Buffer.byteLength(body) < 64 * 1024, `${Buffer.byteLength(body)} bytes`);
  const { data } = JSON.parse(body) as { data: RunEvent };
  assert.ok(isData(data), ajv.errorsText(isData.errors));
  assert.equal(data.findings?.length, 50);
  assert.equal(data.moreFindings, 250);
  assert.doesNotMatch(JSON.stringify(data.findings), /[\p{Cc}\u202e\u200b]/u);
  assert.deepEqual(logger.lines, []);
});

test('a secret that is none is refused before anything is sent', () => {
  assert.throws(() => createWebhookSink({ url: 'https://x', secret: 'short' }, () => assert.fail()), TypeError);
});
