import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadContract } from '../../../src/contract/contract.ts';
import { deliverStep } from '../../../src/contract/steps/deliver.ts';
import { pushBody } from '../../../src/contract/steps/deliver-envelope.ts';
import type { DeliverStep } from '../../../src/contract/vector.ts';
import { PerfError } from '../../../src/domain/errors.ts';

const CONTRACT = `type: small
version: 1.0.0
document: [asyncapi.yaml, openapi.yaml]
channels:
  jobs: { push_path: /push, address: jobs.in }
  results: { topic_variable: TOPIC }
vectors: [vectors.json]
`;
const ASYNCAPI = `asyncapi: 2.6.0
info: { title: Small, version: 1.0.0 }
channels:
  jobs.in:
    publish:
      message:
        oneOf:
          - name: add
            headers: { type: object, required: [kind], properties: { kind: { const: add } } }
            payload:
              type: object
              required: [type, n]
              properties: { type: { const: add }, n: { type: integer } }
          - name: note
            payload: { type: object, required: [type], properties: { type: { const: note } } }
  results:
    subscribe: { message: { payload: { type: object } } }
`;
const OPENAPI = `openapi: 3.1.0
info: { title: Small, version: 1.0.0 }
paths: { /push: { post: { responses: { '204': { description: ok }, '503': { description: later } } } } }
`;

type Delivery = Partial<DeliverStep['deliver']>;

function load(deliver: Delivery, vars: object = { v: 1 }, more = '') {
  const step = { deliver: { channel: 'jobs', ...deliver }, expect: { ack: true } };
  const vectors = [{ id: 'one', title: 'One', vars, steps: [step] }];
  return loadContract(
    new Map([
      ['contract.yaml', CONTRACT.replace('vectors:', `${more}vectors:`)],
      ['n.json', '{"type":"integer"}'],
      ['asyncapi.yaml', ASYNCAPI],
      ['openapi.yaml', OPENAPI],
      ['vectors.json', JSON.stringify({ format: 'test-vectors/1', contract: 'small', vectors })],
    ]),
  );
}

function problemsOf(deliver: Delivery, more = ''): readonly string[] {
  try {
    load(deliver, undefined, more);
    return [];
  } catch (error) {
    assert.ok(error instanceof PerfError);
    return error.problems.map(({ code, message }) => `${code}: ${message.replace('vector "one": ', '')}`);
  }
}

const ADD = { json: { type: 'add', n: 1 }, attributes: { kind: 'add' } };

test('messages that the document has are accepted, and wrong ones that say so', () => {
  for (const right of [
    ADD,
    { ...ADD, json: { type: 'add', n: '{{v}}' } },
    { ...ADD, json: { type: '{{v}}', n: 1 } },
    { json: { type: 'note' } },
    { text: '{"type":"note"}' },
    { text: '{"type":{{v}}}' },
    { base64: Buffer.from('{"type":"note"}').toString('base64') },
    { json: { type: 'add' }, valid: false },
    { text: 'no JSON', valid: false },
  ]) {
    assert.deepEqual(problemsOf(right), [], JSON.stringify(right));
  }
});

for (const [title, deliver, problem] of [
  [
    'a member that is missing',
    { json: { type: 'add' }, attributes: { kind: 'add' } },
    /add: found .*, wanted a member "n"/,
  ],
  [
    'a wrong value',
    { ...ADD, json: { type: 'add', n: 'x' } },
    /delivery-invalid: .* add \/n: found "x", wanted it to be integer/,
  ],
  ['attributes that are missing', { json: ADD.json }, /headers: found .*, wanted a member "kind"/],
  ['a wrong attribute', { ...ADD, attributes: { kind: 'sub' } }, /headers \/kind|one of add, note/],
  ['a message of none', { json: { type: 'other' } }, /one of add, note/],
  ['text that is no JSON', { text: 'no' }, /delivery-invalid: .*found "no", wanted JSON/],
  ['nothing', {}, /delivery-invalid: .*found "", wanted JSON/],
  [
    'a channel that is only published to',
    { channel: 'results', json: {} },
    /channel-unbound: .*"results", wanted jobs/,
  ],
  ['a channel that there is not', { channel: 'job' }, /channel-unbound: .*"job", wanted jobs/],
  ['data in two forms', { json: {}, text: '' }, /one of json, text and base64/],
  ['an attempt that is none', { ...ADD, deliveryAttempt: 0 }, /deliveryAttempt/],
] as const) {
  test(`loading refuses ${title}`, () => {
    const problems = problemsOf(deliver as Delivery);
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', problem);
  });
}

test('channels that nothing describes are refused, those with a schema of their own are not', () => {
  assert.deepEqual(problemsOf(ADD, '  lost: { topic_variable: LOST }\n'), [
    'channel-undocumented: the AsyncAPI document has no channel lost, wanted jobs.in or results',
  ]);
  assert.equal(problemsOf(ADD, '  lost: { push_path: /lost }\n').length, 1);
  const own = '  lost: { push_path: /lost, message: n.json }\n';
  assert.deepEqual(problemsOf({ channel: 'lost', json: 7 }, own), []);
  assert.match(problemsOf({ channel: 'lost', json: 'x' }, own)[0] ?? '', /delivery-invalid: .*found "x"/);
});

const SOURCE = {
  scope: new Map([['v', 2]]),
  nowMs: Date.UTC(2026, 0, 2),
  uuid: () => '00000000-0000-4000-8000-000000000000',
};
const body = (deliver: Delivery) =>
  pushBody({ deliver: { channel: 'jobs', ...deliver }, expect: { ack: true } }, SOURCE);

test('the envelope has what Pub/Sub sends, in both spellings', () => {
  const data = Buffer.from('{"n":2}').toString('base64');
  const id = String(0x40);
  const times = { publishTime: '2026-01-02T00:00:00.000Z', publish_time: '2026-01-02T00:00:00.000Z' };
  const subscription = 'projects/cloudrun-perf/subscriptions/vectors-jobs';
  assert.deepEqual(body({ json: { n: '{{v}}' } }), {
    message: { data, messageId: id, message_id: id, ...times },
    subscription,
  });
  assert.deepEqual(
    body({
      attributes: { a: '{{v}}' },
      messageId: 'm{{v}}',
      orderingKey: 'k{{v}}',
      deliveryAttempt: '{{v}}',
      publishTime: 't',
    }),
    {
      message: {
        attributes: { a: '2' },
        messageId: 'm2',
        message_id: 'm2',
        orderingKey: 'k2',
        publishTime: 't',
        publish_time: 't',
      },
      subscription,
      deliveryAttempt: 2,
    },
  );
});

test('the envelope is changed as RFC 7396 says', () => {
  const made = body({
    text: 'x',
    messageId: '1',
    envelope: { message: { data: null, messageId: '{{v}}', a: { b: null, c: 1 } }, more: [null] },
  });
  const { message, more } = made as { message: Record<string, unknown>; more: unknown };
  assert.deepEqual(
    [message.data, message.messageId, message.message_id, message.a, more],
    [undefined, 2, '1', { c: 1 }, [null]],
  );
  assert.equal('data' in message, false);
  assert.deepEqual(body({ envelope: { message: 'text' } }), {
    message: 'text',
    subscription: 'projects/cloudrun-perf/subscriptions/vectors-jobs',
  });
});

const signer = { schemes: [], keys: [], sign: () => assert.fail('nothing is signed') };

test('load judges by acknowledgement, expected status and excluded texts', () => {
  const contract = load(ADD);
  const judge = (expect: DeliverStep['expect'], status: number, text = '') => {
    const call = deliverStep.load?.({ deliver: { channel: 'jobs', ...ADD }, expect }, contract, signer)(SOURCE);
    return call?.isCorrect({ status, contentType: undefined, body: Buffer.from(text) });
  };
  for (const status of [102, 200, 201, 202, 204]) {
    // The document has 204 and 503 only: what it does not have is no throughput.
    assert.equal(judge({ ack: true }, status), status === 204, `${status}`);
    assert.equal(judge({ ack: false }, status), false);
  }
  for (const status of [203, 206, 302, 400, 429, 503]) {
    assert.equal(judge({ ack: true }, status), false);
    assert.equal(judge({ ack: false }, status), status === 503, `${status}`);
  }
  assert.equal(judge({ ack: false, status: 400 }, 503), false);
  assert.equal(judge({ ack: false, status: [400, 503] }, 503), true);
  assert.equal(judge({ ack: false, excludes: ['token'] }, 503, 'a token'), false);
});

async function told(expect: DeliverStep['expect'], status: number, text = ''): Promise<readonly string[]> {
  const contract = load(ADD);
  const run = await deliverStep.run(
    { deliver: { channel: 'jobs', ...ADD }, expect },
    {
      contract,
      signer,
      origin: 'http://x',
      requestTimeoutMs: 1,
      source: () => SOURCE,
      capture: () => [],
      sleep: async () => undefined,
      exchange: async (_, request) => {
        assert.ok(request.kind !== 'grpc' && request.kind !== 'websocket');
        assert.deepEqual(
          [request.method, request.path, request.headers],
          ['POST', '/push', [['Content-Type', 'application/json']]],
        );
        assert.deepEqual(JSON.parse(String(Buffer.from(request.body ?? []))), body(ADD));
        return {
          status,
          headers: [['x-more', 'hidden']],
          body: Buffer.from(text),
          sentAtMs: 0,
          connectMs: 0,
          firstByteMs: 0,
          totalMs: 0,
        };
      },
    },
  );
  assert.equal(run.output?.status, status);
  return run.failures.map(({ check, expected, actual }) => `${check}: ${expected} / ${actual}`);
}

test('a vector says what came in place of the acknowledgement, and what the document lacks', async () => {
  assert.deepEqual(await told({ ack: true }, 204), []);
  assert.deepEqual(await told({ ack: true }, 503, 'busy'), [
    'ack: acknowledged: 102, 200, 201, 202 or 204 / 503, body busy',
  ]);
  assert.deepEqual(await told({ ack: false }, 204), [
    'ack: not acknowledged: none of 102, 200, 201, 202 or 204 / 204, no body',
  ]);
  assert.deepEqual(await told({ ack: true }, 200), ['document status: a documented status: 204, 503 / 200']);
  assert.deepEqual(await told({ ack: false, status: 400 }, 503), ['status: 400 / 503, no body']);
  assert.deepEqual(await told({ ack: true, excludes: ['hidden'] }, 204), [
    'headers: nowhere "hidden" / it is in a header',
  ]);
});
