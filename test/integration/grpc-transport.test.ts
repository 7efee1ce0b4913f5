import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  createSecureServer,
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { after, before, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createHttpTransport } from '../../src/adapters/transports/http.ts';
import { runClosedLoad } from '../../src/measure/closed-load.ts';
import { type GrpcRequest, type HttpConnection, type HttpOutcome, TransportError } from '../../src/ports/transport.ts';
import { loopbackCertificate } from '../helpers/google-fake/certificate.ts';

const BOUNDED = { timeout: 20_000 };
const transport = createHttpTransport();
const sessions = new Set<ServerHttp2Session>();
let calls = 0;
let opened = 0;

const framed = (text: string, flag = 0) => {
  const frame = Buffer.alloc(5 + Buffer.byteLength(text));
  frame[0] = flag;
  frame.writeUInt32BE(Buffer.byteLength(text), 1);
  frame.write(text, 5);
  return frame;
};
const HEADERS = { ':status': 200, 'content-type': 'application/grpc' };

function answer(stream: ServerHttp2Stream, data: readonly Buffer[], trailers: Record<string, string> = {}): void {
  stream.respond(HEADERS, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', ...trailers }));
  for (const chunk of data) stream.write(chunk);
  stream.end();
}

/** What the server does, by the method's path. */
const BEHAVIOURS: Readonly<Record<string, (stream: ServerHttp2Stream, body: Buffer, headers: object) => void>> = {
  '/t.T/Echo': (stream, body) => answer(stream, [body]),
  '/t.T/Split': (stream) => {
    const frame = framed('in pieces');
    answer(stream, [frame.subarray(0, 3), frame.subarray(3, 8), frame.subarray(8)], { 'x-last': 'a' });
  },
  '/t.T/Headers': (stream, _body, headers) => answer(stream, [framed(JSON.stringify(headers))]),
  '/t.T/TrailersOnly': (stream) =>
    stream.respond({ ...HEADERS, 'grpc-status': '5', 'grpc-message': 'no %C3%BC%25 %zz' }, { endStream: true }),
  '/t.T/Failed': (stream) => answer(stream, [], { 'grpc-status': '3', 'grpc-message': 'no' }),
  '/t.T/None': (stream) => answer(stream, []),
  '/t.T/Two': (stream) => answer(stream, [framed('a'), framed('b')]),
  '/t.T/Compressed': (stream) => answer(stream, [framed('a', 1)]),
  '/t.T/CutOff': (stream) => answer(stream, [framed('abcdef').subarray(0, 8)]),
  '/t.T/NoStatus': (stream) => {
    stream.respond(HEADERS);
    stream.end(framed('a'));
  },
  '/t.T/Http': (stream) => {
    stream.respond({ ':status': 503, 'content-type': 'text/plain' });
    stream.end('no instance');
  },
  '/t.T/Reset': (stream) => stream.close(2),
  '/t.T/ResetAfterHeaders': (stream) => {
    stream.respond(HEADERS);
    stream.write(framed('a'), () => stream.close(8));
  },
  '/t.T/Silent': () => undefined,
  '/t.T/CancelLater': (stream) => void setTimeout(() => stream.close(8), 120),
  '/t.T/HttpLater': (stream) =>
    void setTimeout(() => {
      stream.respond({ ':status': 503, 'content-type': 'text/plain' });
      stream.end('gone');
    }, 120),
  '/t.T/Cut': (stream) => stream.session?.socket.destroy(),
  '/t.T/GoAway': (stream, body) => {
    stream.session?.goaway(0);
    answer(stream, [body]);
  },
};

let server: Http2Server;
let origin = '';

before(async () => {
  server = createServer();
  server.on('session', (session) => {
    opened += 1;
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => undefined);
  });
  server.on('stream', (stream, headers) => {
    calls += 1;
    stream.on('error', () => undefined);
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => BEHAVIOURS[headers[':path'] ?? '']?.(stream, Buffer.concat(chunks), headers));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  for (const session of sessions) session.destroy();
  server.close();
});

const call = (method: string, more: Partial<GrpcRequest> = {}): GrpcRequest => ({
  kind: 'grpc',
  path: `/t.T/${method}`,
  headers: [],
  message: Buffer.from('hello'),
  ...more,
});
const exchange = (method: string, more: Partial<GrpcRequest> = {}, timeoutMs = 5000) =>
  transport.exchange(origin, call(method, more), { timeoutMs });
const failureOf = async (method: string, more: Partial<GrpcRequest> = {}, timeoutMs = 5000) => {
  const error = await exchange(method, more, timeoutMs).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof TransportError, `${method}: ${error}`);
  return `${error.failure}: ${error.message}`;
};

test('an answer in pieces, its trailers, and its times', BOUNDED, async () => {
  const before = Date.now();
  const got = await exchange('Split');
  assert.equal(Buffer.from(got.body).toString(), 'in pieces');
  assert.equal(got.status, 200);
  assert.deepEqual([got.grpc?.code, got.grpc?.message], [0, '']);
  assert.ok(got.grpc?.trailers.some(([name, value]) => name === 'x-last' && value === 'a'));
  assert.ok(got.headers.every(([name]) => !name.startsWith(':')));
  assert.ok(got.connectMs >= 0 && got.firstByteMs > 0 && got.totalMs >= got.firstByteMs);
  assert.ok(got.sentAtMs >= before - 5 && got.sentAtMs <= Date.now() + 5);
});

test('what is sent: one message, not compressed, with metadata, te and the deadline', BOUNDED, async () => {
  const echoed = await exchange('Echo', { message: Buffer.from([0, 255, 1]) });
  assert.deepEqual([...echoed.body], [0, 255, 1]);
  const headers = [
    ['X-Mixed', 'a'],
    ['x-two', '1'],
    ['x-two', '2'],
  ] as const;
  const seen = JSON.parse(Buffer.from((await exchange('Headers', { headers, deadlineMs: 1500 })).body).toString());
  const { te, 'content-type': type, 'grpc-timeout': timeout, 'x-mixed': mixed, 'x-two': two } = seen;
  assert.deepEqual([te, type, timeout, mixed, two], ['trailers', 'application/grpc', '1500m', 'a', '1, 2']);
  const plain = JSON.parse(Buffer.from((await exchange('Headers')).body).toString());
  assert.ok(!('grpc-timeout' in plain) && !('grpc-accept-encoding' in plain));
});

test('errors: trailers only, after headers, and HTTP answers that are none of gRPC', BOUNDED, async () => {
  const only = await exchange('TrailersOnly');
  assert.deepEqual([only.grpc?.code, only.grpc?.message, only.body.length], [5, 'no ü% %zz', 0]);
  const failed = await exchange('Failed');
  assert.deepEqual([failed.grpc?.code, failed.grpc?.message], [3, 'no']);
  const http = await exchange('Http');
  assert.deepEqual([http.status, http.grpc?.code, Buffer.from(http.body).toString()], [503, 14, 'no instance']);
});

test('what is no gRPC answer is a failure of the protocol', BOUNDED, async () => {
  const wanted = {
    None: /^protocol: .*0 messages/,
    Two: /^protocol: .*2 messages/,
    Compressed: /^protocol: .*compressed/,
    CutOff: /^protocol: .*cut off/,
    NoStatus: /^protocol: .*grpc-status/,
    Reset: /^reset: /,
    ResetAfterHeaders: /^reset: /,
    Cut: /^reset: /,
  };
  for (const [method, pattern] of Object.entries(wanted)) assert.match(await failureOf(method), pattern, method);
});

test('time: our own limit is a timeout; whatever ends a call after its deadline is that', BOUNDED, async () => {
  assert.match(await failureOf('Silent', {}, 80), /^timeout: .*80 ms/);
  const cancelled = await exchange('CancelLater', { deadlineMs: 100 });
  assert.deepEqual([cancelled.status, cancelled.grpc?.code], [200, 4]);
  assert.deepEqual(cancelled.headers, [['content-type', 'application/grpc']]);
  assert.equal((await exchange('HttpLater', { deadlineMs: 100 })).grpc?.code, 4);
  assert.equal((await exchange('HttpLater', { deadlineMs: 5000 })).grpc?.code, 14);
  assert.match(await failureOf('CancelLater', { deadlineMs: 5000 }), /^reset: /);
  const controller = new AbortController();
  const pending = transport.exchange(origin, call('Silent'), { timeoutMs: 5000, signal: controller.signal });
  controller.abort();
  await assert.rejects(pending, { failure: 'aborted' });
});

test('no server, and one that speaks HTTP/1.1 only', BOUNDED, async () => {
  const http1 = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'));
  });
  http1.listen(0, '127.0.0.1');
  await once(http1, 'listening');
  const other = `http://127.0.0.1:${(http1.address() as AddressInfo).port}`;
  await assert.rejects(transport.exchange(other, call('Echo'), { timeoutMs: 5000 }), { failure: 'protocol' });
  http1.close();
  await once(http1, 'close');
  await assert.rejects(transport.exchange(other, call('Echo'), { timeoutMs: 5000 }), { failure: 'refused' });
});

test('over TLS: HTTP/2 by ALPN, and a server that offers HTTP/1.1 only', BOUNDED, async () => {
  const { key, certificate } = loopbackCertificate();
  const known = getCACertificates('default');
  setDefaultCACertificates([...known, certificate]);
  const secure = createSecureServer({ key, cert: certificate });
  secure.on('stream', (stream) => answer(stream, [framed('over TLS')]));
  const old = createHttpsServer({ key, cert: certificate });
  try {
    for (const one of [secure, old]) await once(one.listen(0, '127.0.0.1'), 'listening');
    const at = (one: typeof secure | typeof old) => `https://127.0.0.1:${(one.address() as AddressInfo).port}`;
    const got = await transport.exchange(at(secure), call('Echo'), { timeoutMs: 5000 });
    assert.deepEqual([got.grpc?.code, Buffer.from(got.body).toString()], [0, 'over TLS']);
    await assert.rejects(transport.exchange(at(old), call('Echo'), { timeoutMs: 5000 }), TransportError);
    const connection = transport.open(at(secure), { timeoutMs: 5000 });
    assert.deepEqual(
      [nameOf(await send(connection, call('Echo'))), nameOf(await send(connection, call('Echo')))],
      [0, 0],
    );
    await connection.close();
  } finally {
    setDefaultCACertificates(known);
    for (const one of [secure, old]) one.close();
  }
});

async function using(timeoutMs: number, run: (connection: HttpConnection) => Promise<void>): Promise<void> {
  const connection = transport.open(origin, { timeoutMs });
  try {
    await run(connection);
  } finally {
    await connection.close();
  }
}
const send = (connection: HttpConnection, request: GrpcRequest) =>
  new Promise<HttpOutcome>((resolve) => connection.send(request, resolve));
const nameOf = (outcome: HttpOutcome) => (outcome.ok ? (outcome.grpcCode ?? outcome.status) : outcome.failure);

test('a connection serves all calls, connects anew after a failure, and sends nothing twice', BOUNDED, async () => {
  await using(300, async (connection) => {
    const [callsBefore, openedBefore] = [calls, opened];
    const found: (string | number)[] = [];
    const methods = ['Echo', 'Echo', 'TrailersOnly', 'Reset', 'Echo', 'Silent', 'Echo', 'Cut', 'Http', 'Compressed'];
    for (const method of methods) found.push(nameOf(await send(connection, call(method))));
    assert.deepEqual(found, [0, 0, 5, 'reset', 0, 'timeout', 0, 'reset', 503, 'protocol']);
    assert.equal(calls - callsBefore, methods.length);
    assert.equal(opened - openedBefore, 4);
    assert.throws(() => {
      connection.send(call('Silent'), () => undefined);
      connection.send(call('Echo'), () => undefined);
    }, /one request at a time/);
  });
});

test('a server that ends its connections gracefully costs no call', BOUNDED, async () => {
  await using(5000, async (connection) => {
    const request = call('GoAway');
    const before = opened;
    for (let n = 0; n < 5; n += 1) assert.equal(nameOf(await send(connection, request)), 0);
    assert.equal(opened - before, 5);
    const again = call('Echo');
    await send(connection, again);
    for (const session of sessions) session.close();
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(nameOf(await send(connection, again)), 0);
  });
});

test('closing under a call aborts it exactly once', BOUNDED, async () => {
  const connection = transport.open(origin, { timeoutMs: 5000 });
  const outcomes: HttpOutcome[] = [];
  connection.send(call('Silent'), (outcome) => outcomes.push(outcome));
  await connection.close();
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.deepEqual(outcomes.map(nameOf), ['aborted']);
  assert.throws(() => connection.send(call('Echo'), () => undefined), /closed/);
});

test('load: latencies and errors are those of their own calls', BOUNDED, async () => {
  const connections = [0, 1, 2].map(() => transport.open(origin, { timeoutMs: 5000 }));
  let turn = 0;
  try {
    const before = calls;
    const load = await runClosedLoad({
      connections,
      requests: 120,
      next: () => {
        turn += 1;
        const method = turn % 20 === 0 ? 'Reset' : turn % 20 === 1 ? 'Failed' : turn % 20 === 2 ? 'Http' : 'Echo';
        const text = `message ${turn}`;
        const isCorrect = (got: { readonly grpcCode?: number; readonly body: Uint8Array }) =>
          got.grpcCode === 0 && Buffer.from(got.body).toString() === text;
        return { request: call(method, { message: Buffer.from(text) }), isCorrect };
      },
      clock: { monotonicMs: () => performance.now() },
      maxConsecutiveErrors: 50,
    });
    assert.deepEqual(load.errors, { reset: 6, 'grpc code 3': 6, 'status 503': 6 });
    assert.equal(load.latenciesMs.length, 102);
    assert.equal(calls - before, 120);
    assert.ok(load.latenciesMs.every((latencyMs) => latencyMs > 0 && latencyMs < 5000));
  } finally {
    await Promise.all(connections.map((connection) => connection.close()));
  }
});
