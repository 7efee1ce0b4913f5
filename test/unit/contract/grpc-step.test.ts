import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LoadedContract, loadContract } from '../../../src/contract/contract.ts';
import { grpcStep } from '../../../src/contract/steps/grpc.ts';
import type { StepContext } from '../../../src/contract/steps/step-kind.ts';
import type { GrpcStep } from '../../../src/contract/vector.ts';
import { UsageError } from '../../../src/domain/errors.ts';
import { type GrpcRequest, type HttpExchange, TransportError, type WireRequest } from '../../../src/ports/transport.ts';

const PROTO = `syntax = "proto3";
package p;
message M { int64 n = 1; string text = 2; optional string more = 3; }
service S { rpc Do(M) returns (M); rpc Watch(M) returns (stream M); }`;

function files(steps: readonly object[], benchmark = ''): ReadonlyMap<string, string> {
  const vectors = [{ id: 'v', title: 'v', vars: { n: '5' }, steps }];
  return new Map([
    ['contract.yaml', `type: small-grpc\nversion: 1.0.0\ndocument: s.proto\nvectors: [v.json]\n${benchmark}`],
    ['s.proto', PROTO],
    ['v.json', JSON.stringify({ format: 'test-vectors/1', contract: 'small-grpc', vectors })],
  ]);
}
const step = (grpc: object, expect: object = { code: 'OK' }) => ({ grpc: { method: 'p.S/Do', ...grpc }, expect });
const contract: LoadedContract = loadContract(files([step({})]));
const encode = (json: unknown) =>
  contract.documents.services?.method('p.S/Do')?.encodeRequest(json) ?? new Uint8Array();

const loadProblems = (...steps: readonly object[]): string => {
  try {
    loadContract(files(steps));
    return '';
  } catch (error) {
    assert.ok(error instanceof UsageError);
    return error.problems
      .map(({ code, message, at, hint }) => `${at?.line} ${code} ${message} ${hint ?? ''}`)
      .join('\n');
  }
};

test('grpc steps: what is found when a contract is loaded', () => {
  assert.equal(loadProblems(step({ request: { n: '{{n}}', text: '{{$uuid}}' } })), '');
  assert.equal(loadProblems(step({ method: 'p.S/None', base64: '' })), '');
  const cases: readonly [object, RegExp][] = [
    [step({ method: 'p.S/Doo' }), /grpc-method-unknown .*p\.S\/Doo Did you mean "p\.S\/Do"/],
    [step({ method: 'p.S/Watch' }), /grpc-method-unknown .*streams/],
    [step({ request: { m: '1' } }), /grpc-message-invalid .*p\.M has no field m/],
    [step({ request: { n: 'x' } }), /grpc-message-invalid .*integer/],
    [step({ request: {}, base64: '' }), /one of request and base64/],
    [step({}, { code: 'FINE' }), /code/],
    [step({ metadata: { 'X-Upper': 'a' } }), /X-Upper/],
    [step({ timeout: 'soon' }), /a duration/],
  ];
  for (const [wrong, pattern] of cases) assert.match(loadProblems(wrong), pattern, JSON.stringify(wrong));
});

const TYPE = ['content-type', 'application/grpc'] as const;
const exchangeOf = (
  more: Partial<HttpExchange> = {},
  grpc: Partial<NonNullable<HttpExchange['grpc']>> = {},
): HttpExchange => ({
  status: 200,
  headers: [TYPE],
  body: encode({ n: '5', text: 'hi' }),
  grpc: { code: 0, message: '', trailers: [], ...grpc },
  sentAtMs: 0,
  connectMs: 0,
  firstByteMs: 1,
  totalMs: 20,
  ...more,
});

async function judged(expect: GrpcStep['expect'], answer: HttpExchange | TransportError, grpc: object = {}) {
  let sent: WireRequest | undefined;
  const context = {
    contract,
    origin: 'http://127.0.0.1:1',
    source: () => ({ scope: new Map([['n', '7']]), nowMs: 0 }),
    requestTimeoutMs: 1000,
    exchange: async (_: string, request: WireRequest) => {
      sent = request;
      if (answer instanceof TransportError) throw answer;
      return answer;
    },
  } as unknown as StepContext;
  const run = await grpcStep.run({ grpc: { method: 'p.S/Do', ...grpc }, expect }, context);
  const texts = run.failures.map(({ check, expected, actual }) => `${check}: ${expected} / ${actual}`);
  return { texts, run, sent: sent as GrpcRequest | undefined };
}

test('grpc steps: the call is made of method, message, metadata and deadline', async () => {
  const grpc = { request: { n: '{{n}}' }, metadata: { 'x-n': 'n {{n}}' }, timeout: '1.5s' };
  const { texts, run, sent } = await judged({ code: 'OK' }, exchangeOf(), grpc);
  assert.deepEqual(texts, []);
  assert.deepEqual(sent, {
    kind: 'grpc',
    path: '/p.S/Do',
    headers: [['x-n', 'n 7']],
    message: encode({ n: '7' }),
    deadlineMs: 1500,
  });
  assert.deepEqual([run.output?.status, run.output?.content.json?.value], ['OK', { n: '5', text: 'hi' }]);
  const raw = await judged({ code: 'OK' }, exchangeOf(), { base64: 'CAU=' });
  assert.deepEqual([...(raw.sent?.message ?? [])], [8, 5]);
  assert.match(
    (await judged({ code: 'OK' }, exchangeOf(), { request: { n: 'a{{n}}' } })).texts.join(),
    /^request: .*\/n/,
  );
});

test('grpc steps: what differs is told shortly', async () => {
  const cases: readonly [GrpcStep['expect'], HttpExchange | TransportError, readonly RegExp[]][] = [
    [{ code: 'OK', json: { n: '5' }, absent: ['/more'], within: '20ms' }, exchangeOf(), []],
    [{ code: 'OK', json: { n: '6' } }, exchangeOf(), [/^message \/n: "6" \/ "5"$/]],
    [{ code: 'OK', absent: ['/text'], excludes: ['hi'] }, exchangeOf(), [/^message \/text: absent/, /nowhere "hi"/]],
    [{ code: 'OK', within: '19ms' }, exchangeOf(), [/^time: .*19ms \/ 20 ms/]],
    [{ code: ['NOT_FOUND', 'OK'] }, exchangeOf(), []],
    [{ code: 'OK', json: {} }, exchangeOf({}, { code: 5, message: 'no such' }), [/^code: OK \/ NOT_FOUND, no such$/]],
    [{ code: 'NOT_FOUND' }, exchangeOf(), [/^code: NOT_FOUND \/ OK, \{"n":"5"/]],
    [{ code: 'OK' }, exchangeOf({}, { code: 99 }), [/^code: OK \/ 99/]],
    [
      { code: 'NOT_FOUND', message: 'x', excludes: ['stack'] },
      exchangeOf({}, { code: 5, message: 'a stack' }),
      [/^status message: "x" \/ "a stack"$/, /nowhere "stack"/],
    ],
    [
      { code: 'OK', headers: { a: '1' }, trailers: { 'X-B': '2', c: '3' } },
      exchangeOf({ headers: [TYPE, ['a', '0']] }, { trailers: [['x-b', '2']] }),
      [/^header a: "1" \/ "0"$/, /^trailer c: "3" \/ absent$/],
    ],
    [{ code: 'OK', excludes: ['key'] }, exchangeOf({}, { trailers: [['x', 'the key']] }), [/^metadata: nowhere "key"/]],
    [{ code: 'OK' }, exchangeOf({ body: Buffer.from([0x20, 1]) }), [/^document message: .* \/ field 4 of p\.M$/]],
    [
      { code: 'OK', json: {} },
      exchangeOf({ body: Buffer.from([0x08]) }),
      [/^document message: .*end in the middle.* 08$/],
    ],
    [
      { code: 'UNAVAILABLE' },
      exchangeOf({ status: 503, body: Buffer.from('no') }, { code: 14 }),
      [/^document answer: .*503.*no$/],
    ],
    [{ code: 'OK' }, exchangeOf({ headers: [['content-type', 'application/grpc-web']] }), [/^document answer/]],
    [{ code: 'OK' }, new TransportError('reset', 'gone'), [/^request: a gRPC answer \/ reset: gone$/]],
  ];
  for (const [expect, answer, patterns] of cases) {
    const { texts } = await judged(expect, answer);
    assert.equal(texts.length, patterns.length, texts.join('\n'));
    for (const [index, pattern] of patterns.entries()) assert.match(texts[index] ?? '', pattern);
  }
});

test('grpc steps under load: right is the code and the message of the vector, by the document', () => {
  const load = grpcStep.load?.(
    { grpc: { method: 'p.S/Do' }, expect: { code: 'OK', json: { n: '{{n}}' }, within: '1ms' } },
    contract,
    {} as never,
  );
  const call = load?.({ scope: new Map([['n', '5']]), nowMs: 0 });
  const answer = { status: 200, contentType: 'application/grpc+proto', body: encode({ n: '5' }), grpcCode: 0 };
  assert.ok(call?.isCorrect(answer));
  const { grpcCode: _, ...noCode } = answer;
  const wrong = [
    { ...answer, grpcCode: 14 },
    { ...answer, body: encode({ n: '6' }) },
    { ...answer, body: Buffer.concat([answer.body, Buffer.from([0x20, 1])]) },
    { ...answer, body: Buffer.from([0x08]) },
    { ...answer, status: 503 },
    { ...answer, contentType: undefined },
    noCode,
  ];
  for (const one of wrong) assert.ok(!call?.isCorrect(one), JSON.stringify(one));
  assert.deepEqual(call?.output?.(exchangeOf())?.content.json?.value, { n: '5', text: 'hi' });
});
