import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadContract } from '../../../src/contract/contract.ts';
import { InfrastructureError } from '../../../src/domain/errors.ts';
import type { HttpExchange, HttpRequest } from '../../../src/ports/transport.ts';
import { protocolOf } from '../../../src/protocols/contract-protocol.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 600);
const CONTRACT = `type: shop
version: 1.0.0
document: openapi.yaml
benchmark:
  cold: { http: { method: GET, path: /ready }, expect: { status: 200 } }
  setup:
    - http: { method: POST, path: /items, json: { name: first } }
      expect: { status: 201 }
      outputs: { id: '$response.body#/id' }
  warm:
    - { weight: 5, http: { method: GET, path: '/items/{{id}}' }, expect: { status: 200, json: { id: '{{id}}' } } }
    - { weight: 2, http: { method: GET, path: /items }, expect: { status: 200 } }
    - { weight: 1, http: { method: POST, path: /items, json: { name: '{{$uuid}}' } }, expect: { status: 201 } }
vectors: [v.json]
`;
const OPENAPI = `openapi: 3.1.0
info: { title: shop, version: 1.0.0 }
paths:
  /ready: { get: { responses: { '200': { description: ready } } } }
  /items:
    get: { responses: { '200': { description: all } } }
    post: { responses: { '201': { description: made } } }
  /items/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: one } } }
`;
const VECTORS = '{"format": "test-vectors/1", "contract": "shop", "vectors": []}';
const files = (contract = CONTRACT) =>
  new Map([
    ['contract.yaml', contract],
    ['openapi.yaml', OPENAPI],
    ['v.json', VECTORS],
  ]);
const protocol = protocolOf(loadContract(files()));

const answer = (status: number, body: unknown): HttpExchange => ({
  status,
  headers: [['content-type', 'application/json']],
  body: Buffer.from(JSON.stringify(body)),
  sentAtMs: 0,
  connectMs: 0,
  firstByteMs: 1,
  totalMs: 1,
});
const load = (status: number, body: unknown) => ({
  status,
  contentType: 'application/json',
  body: Buffer.from(JSON.stringify(body)),
});

test('warm requests come in the proportions of their weights, evenly spread, always in the same order', async () => {
  const take = async () => {
    const call = await protocol.prepare(
      async () => answer(201, { id: 'i-1' }),
      () => NOW,
    );
    return Array.from({ length: 16 }, () => call(NOW).request as HttpRequest).map(
      ({ method, path }) => `${method} ${path}`,
    );
  };
  const order = await take();
  assert.deepEqual(order, await take());
  const count = (name: string) => order.filter((one) => one === name).length;
  assert.deepEqual([count('GET /items/i-1'), count('GET /items'), count('POST /items')], [10, 4, 2]);
  assert.equal(order.slice(0, 8).filter((one) => one === 'POST /items').length, 1);
});

test('what is to be unique is made anew, all else once a second', async () => {
  const call = await protocol.prepare(
    async () => answer(201, { id: 'i-1' }),
    () => NOW,
  );
  const requests = Array.from({ length: 16 }, () => call(NOW).request as HttpRequest);
  const bodies = requests.filter(({ method }) => method === 'POST').map(({ body }) => String(body));
  assert.equal(new Set(bodies).size, 2);
  assert.equal(new Set(requests.filter(({ path }) => path === '/items/i-1')).size, 1);
});

test('each answer is judged by its own request', async () => {
  const call = await protocol.prepare(
    async () => answer(201, { id: 'i-1' }),
    () => NOW,
  );
  const [get, , post] = ['GET /items/i-1', 'GET /items', 'POST /items'].map((wanted) => {
    const calls = Array.from({ length: 8 }, () => call(NOW));
    const nameOf = ({ method, path }: HttpRequest) => `${method} ${path}`;
    return calls.find(({ request }) => nameOf(request as HttpRequest) === wanted);
  });
  assert.equal(get?.isCorrect(load(200, { id: 'i-1' })), true);
  assert.equal(get?.isCorrect(load(200, { id: 'i-1' })), true);
  assert.equal(get?.isCorrect(load(200, { id: 'i-2' })), false);
  assert.equal(post?.isCorrect(load(201, {})), true);
  assert.equal(post?.isCorrect(load(200, {})), false);
});

test('a setup that fails ends the block with the reason', async () => {
  const refused = protocol.prepare(
    async () => answer(500, {}),
    () => NOW,
  );
  await assert.rejects(refused, { code: 'benchmark-setup', message: /request 1 .* a wrong answer, status 500/ });
  const empty = protocol.prepare(
    async () => answer(201, {}),
    () => NOW,
  );
  await assert.rejects(
    empty,
    (error) => error instanceof InfrastructureError && /no value for output id/.test(error.message),
  );
});

for (const [title, from, to, wanted] of [
  [
    'an unknown variable',
    "path: '/items/{{id}}'",
    "path: '/items/{{item}}'",
    /contract\.yaml:11:\d+: benchmark warm 0: unknown variable \{\{item\}\}/,
  ],
  [
    'a wrong member',
    'path: /ready',
    'pth: /ready',
    /contract\.yaml:5:\d+: benchmark cold: found .* wanted no member "pth"/,
  ],
  [
    'effects',
    'expect: { status: 201 } }\nvectors',
    'expect: { status: 201 }, eventually: 5s }\nvectors',
    /benchmark warm 2: found effects or eventually/,
  ],
  ['no benchmark at all', /benchmark:[\s\S]*vectors/, 'vectors', /the contract shop describes no benchmark/],
] as const) {
  test(`a benchmark with ${title} is refused`, () => {
    assert.throws(
      () => protocolOf(loadContract(files(CONTRACT.replace(from, to)))),
      (error: Error & { problems?: readonly Error[] }) => {
        const told = [error, ...(error.problems ?? [])].map((one) => {
          const at = (one as { at?: { file: string; line?: number; column?: number } }).at;
          return `${at === undefined ? '' : `${at.file}:${at.line}:${at.column}: `}${one.message}`;
        });
        assert.match(told.join('\n'), wanted);
        return true;
      },
    );
  });
}
