import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpExchange, HttpRequest } from '../../../src/ports/transport.ts';
import { createService } from '../../fixtures/services/rest-crud/implementations/node-http/service.ts';
import { shippedProtocol } from '../../helpers/shipped-contract.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const protocol = shippedProtocol('rest-crud');

/** The reference as a function, over no network. */
function service() {
  const handle = createService();
  return (request: HttpRequest): HttpExchange => {
    const headers = Object.fromEntries(request.headers.map(([name, value]) => [name.toLowerCase(), value]));
    const { method, path: url, body = new Uint8Array(0) } = request;
    const answer = handle({ method, url, headers, body });
    const times = { sentAtMs: 0, connectMs: 0, firstByteMs: 0, totalMs: 0 };
    return { status: answer.status, headers: Object.entries(answer.headers), body: Buffer.from(answer.body), ...times };
  };
}

const asAnswer = ({ status, headers, body }: HttpExchange) => {
  return { status, body, contentType: headers.find(([name]) => name === 'content-type')?.[1] };
};

test('rest-crud: services need no environment, and publish nothing', () => {
  assert.deepEqual(protocol.environment({ project: 'p', topic: 't', pubsubHost: '127.0.0.1:1' }), {});
  assert.deepEqual(protocol.channels, {});
  assert.deepEqual(protocol.schemes, []);
});

test('rest-crud: the cold request builds on nothing', () => {
  const cold = protocol.coldRequest() as HttpRequest;
  assert.deepEqual([cold.method, cold.path, cold.headers], ['GET', '/_benchmark/ready', []]);
  assert.equal(protocol.coldFault(service()(cold)), undefined);
  assert.match(protocol.coldFault({ ...service()(cold), status: 503 }) ?? '', /503/);
});

test('rest-crud: the load is 60 reads, 15 lists, 15 creations and 10 patches of one item, all answered rightly', async () => {
  const send = service();
  const next = await protocol.prepare(
    async (request) => send(request as HttpRequest),
    () => NOW,
  );
  const counts = new Map<string, number>();
  for (let index = 0; index < 200; index++) {
    const { request, isCorrect } = next(NOW + index * 10);
    const { method, path } = request as HttpRequest;
    const kind = `${method} ${path.replace(/[0-9a-f-]{36}/, '{id}')}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    const answer = send(request as HttpRequest);
    assert.ok(isCorrect(asAnswer(answer)), `${kind}: ${answer.status}`);
  }
  assert.deepEqual(Object.fromEntries(counts), {
    'GET /items/{id}': 120,
    'GET /items?limit=20': 30,
    'POST /items': 30,
    'PATCH /items/{id}': 20,
  });
});

test('rest-crud: an answer to another request is not right', async () => {
  const send = service();
  const next = await protocol.prepare(
    async (request) => send(request as HttpRequest),
    () => NOW,
  );
  const calls = Array.from({ length: 20 }, () => next(NOW));
  const byMethod = new Map(
    calls.map((call) => [
      `${(call.request as HttpRequest).method} ${(call.request as HttpRequest).path.slice(0, 7)}`,
      call,
    ]),
  );
  assert.equal(byMethod.size, 4);
  const wrong: readonly ((answer: ReturnType<typeof asAnswer>) => ReturnType<typeof asAnswer>)[] = [
    (answer) => ({ ...answer, status: 500 }),
    (answer) => ({ ...answer, contentType: 'text/html' }),
    (answer) => ({ ...answer, body: Buffer.from('{}') }),
    (answer) => ({ ...answer, body: Buffer.from('') }),
    (answer) => ({ ...answer, body: answer.body.subarray(0, -1) }),
    (answer) => ({
      ...answer,
      body: Buffer.from(Buffer.from(answer.body).toString().replace('"quantity":', '"amount":')),
    }),
  ];
  for (const [name, { request, isCorrect }] of byMethod) {
    const right = asAnswer(send(request as HttpRequest));
    assert.ok(isCorrect(right), name);
    for (const change of wrong) assert.ok(!isCorrect(change(right)), `${name} ${change}`);
  }
});
