import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { createHttpTransport } from '../../src/adapters/transports/http.ts';
import { createSocketTransport } from '../../src/adapters/transports/websocket-vectors.ts';
import type { SocketConnection, SocketEvent } from '../../src/ports/sockets.ts';
import {
  type HttpConnection,
  type HttpOutcome,
  type SocketRequest,
  TransportError,
} from '../../src/ports/transport.ts';

const BOUNDED = { timeout: 20_000 };
const transport = createHttpTransport();
const sockets = createSocketTransport();
const request = (path: string, more: Partial<SocketRequest> = {}): SocketRequest => ({
  kind: 'websocket',
  path,
  headers: [],
  subprotocols: [],
  ...more,
});

/** What the server does with a message, by the path of the connection. */
const BEHAVIOURS: Readonly<Record<string, (client: WebSocket, data: Buffer, isBinary: boolean) => void>> = {
  '/echo': (client, data, isBinary) => client.send(data, { binary: isBinary }),
  '/silent': () => undefined,
  '/close': (client) => client.close(4001, 'enough'),
  '/cut': (client) => client.terminate(),
  '/flood': (client) => {
    for (let message = 0; message < 200; message += 1) client.send('x'.repeat(100));
  },
  '/twice': (client, data) => {
    client.send(data.toString());
    client.send('unasked');
  },
};

const server = createServer((_, response) => response.writeHead(404, { 'x-why': 'no' }).end('not here'));
const accepting = new WebSocketServer({ noServer: true });
const connections: { readonly path: string; readonly headers: Readonly<Record<string, unknown>> }[] = [];
const closes: number[] = [];
/** Answers every handshake by its path, with bytes of its own. */
const wrong = createTcpServer();
let origin = '';
let wrongOrigin = '';
const openSockets = new Set<Socket>();

const HANDSHAKES: Readonly<Record<string, string>> = {
  '/wrong-accept': 'Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=',
  '/no-accept': 'X-Nothing: 1',
};

before(async () => {
  server.on('upgrade', (incoming, socket, head) => {
    const path = (incoming.url ?? '').split('?')[0] ?? '';
    const behaviour = BEHAVIOURS[path];
    if (behaviour === undefined)
      return socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nX-Why: no\r\n\r\nno');
    connections.push({ path, headers: incoming.headers });
    return accepting.handleUpgrade(incoming, socket, head, (client) => {
      client.on('message', (data: Buffer, isBinary: boolean) => behaviour(client, data, isBinary));
      client.on('close', (code) => closes.push(code));
      client.on('error', () => undefined);
    });
  });
  wrong.on('connection', (socket) => {
    openSockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', (data) => {
      const header = HANDSHAKES[data.toString().split(' ')[1] ?? ''];
      if (header !== undefined) {
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${header}\r\n\r\n`,
        );
      } else if (data.includes('/reset')) socket.destroy();
    });
  });
  for (const it of [server, wrong]) await new Promise<void>((resolve) => it.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  wrongOrigin = `http://127.0.0.1:${(wrong.address() as AddressInfo).port}`;
});

after(() => {
  for (const client of accepting.clients) client.terminate();
  for (const socket of openSockets) socket.destroy();
  server.closeAllConnections();
  server.close();
  wrong.close();
});

const failureOf = async (at: string, path: string, more: Partial<SocketRequest> = {}, timeoutMs = 5000) => {
  try {
    await transport.exchange(at, request(path, more), { timeoutMs });
    return 'an answer';
  } catch (error) {
    assert.ok(error instanceof TransportError);
    return error.failure;
  }
};

test('an exchange without a message is the handshake, and leaves no connection', BOUNDED, async () => {
  const given = request('/echo?a=b', { headers: [['traceparent', 't-1']], subprotocols: ['p1', 'p2'] });
  const closed = closes.length;
  const { status, headers, body, connectMs, firstByteMs, totalMs } = await transport.exchange(origin, given, {
    timeoutMs: 5000,
  });
  assert.deepEqual([status, body.length], [101, 0]);
  assert.equal(headers.find(([name]) => name === 'sec-websocket-protocol')?.[1], 'p1');
  assert.ok(connectMs > 0 && firstByteMs > 0 && totalMs >= firstByteMs);
  assert.equal(connections.at(-1)?.headers.traceparent, 't-1');
  while (closes.length === closed) await once(accepting.clients.values().next().value ?? server, 'close');
  assert.equal(closes.at(-1), 1000);
});

test('an exchange with a message ends with its answer', BOUNDED, async () => {
  const answer = await transport.exchange(origin, request('/echo', { message: 'grüß' }), { timeoutMs: 5000 });
  assert.deepEqual([answer.status, Buffer.from(answer.body).toString()], [101, 'grüß']);
});

test('a refusal is an answer, and all that is no answer has a kind', BOUNDED, async () => {
  const refused = await transport.exchange(origin, request('/other'), { timeoutMs: 5000 });
  assert.deepEqual([refused.status, Buffer.from(refused.body).toString()], [403, 'no']);
  assert.deepEqual(
    await Promise.all([
      failureOf('http://127.0.0.1:1', '/'),
      failureOf(wrongOrigin, '/wrong-accept'),
      failureOf(wrongOrigin, '/no-accept'),
      failureOf(wrongOrigin, '/reset'),
      failureOf(wrongOrigin, '/hangs', {}, 60),
      failureOf(origin, '/silent', { message: 'x' }, 60),
      failureOf(origin, '/close', { message: 'x' }),
      failureOf(origin, '/cut', { message: 'x' }),
    ]),
    ['refused', 'protocol', 'protocol', 'reset', 'timeout', 'timeout', 'reset', 'reset'],
  );
});

test('load sends message after message on one connection, and connects anew after a failure', BOUNDED, async () => {
  const send = (connection: HttpConnection, path: string, message: string) =>
    new Promise<HttpOutcome>((resolve) => connection.send(request(path, { message }), resolve));
  const told = (outcome: HttpOutcome) =>
    outcome.ok ? `${outcome.status} ${Buffer.from(outcome.body)}` : outcome.failure;
  const at = connections.length;
  const echo = transport.open(origin, { timeoutMs: 5000 });
  for (const text of ['a', 'b', 'c']) assert.equal(told(await send(echo, '/echo', text)), `101 ${text}`);
  assert.equal(connections.length, at + 1);
  echo.send(request('/echo', { message: 'd' }), () => undefined);
  assert.throws(() => echo.send(request('/echo', { message: 'e' }), () => undefined), /one request at a time/);
  await echo.close();
  assert.throws(() => echo.send(request('/echo', { message: 'e' }), () => undefined), /closed/);

  const others = transport.open(origin, { timeoutMs: 80 });
  assert.equal(told(await send(others, '/close', 'x')), 'reset');
  assert.equal(told(await send(others, '/silent', 'x')), 'timeout');
  assert.equal(told(await send(others, '/echo', 'x')), '101 x');
  await others.close();

  const refused = transport.open(origin, { timeoutMs: 5000 });
  assert.equal(told(await send(refused, '/other', 'x')), '403 no');
  const pending = send(refused, '/silent', 'x');
  await refused.close();
  assert.equal(told(await pending), 'aborted');
});

test('a message that nobody asked for ends the connection: it could be taken for an answer', BOUNDED, async () => {
  const at = connections.length;
  const connection = transport.open(origin, { timeoutMs: 5000 });
  const send = (message: string) =>
    new Promise<HttpOutcome>((resolve) => connection.send(request('/twice', { message }), resolve));
  const answers: string[] = [];
  for (const text of ['1', '2', '3']) {
    const outcome = await send(text);
    answers.push(outcome.ok ? Buffer.from(outcome.body).toString() : outcome.failure);
    // The second message is on its way, at most as far as the server's own answer to another connection.
    await transport.exchange(origin, request('/echo', { message: 'fence' }), { timeoutMs: 5000 });
  }
  await connection.close();
  assert.deepEqual(answers, ['1', '2', '3']);
  assert.equal(connections.slice(at).filter(({ path }) => path === '/twice').length, 3);
});

async function connected(path: string, at = origin): Promise<SocketConnection> {
  const found = await sockets.connect(at, { path, headers: [], subprotocols: [] }, { timeoutMs: 5000 });
  assert.ok(found.accepted);
  return found;
}
const any = () => true;

test('vectors get every event in order, and what does not fit stays', BOUNDED, async () => {
  const client = await connected('/echo');
  client.send(Buffer.from('one'), { binary: false });
  client.send(Buffer.from([0, 255]), { binary: true });
  client.ping(Buffer.from('p'));
  const shown = (event: SocketEvent | undefined) =>
    event?.kind === 'message' ? `${event.binary} ${Buffer.from(event.data).toString('hex')}` : event?.kind;
  assert.equal(shown(await client.next(({ kind }) => kind === 'pong', 5000)), 'pong');
  assert.equal(shown(await client.next(any, 5000)), 'false 6f6e65');
  assert.equal(shown(await client.next(any, 5000)), 'true 00ff');
  assert.equal(await client.next(any, 20), undefined);
  client.close(1000, 'bye');
  assert.deepEqual(await client.next(any, 5000), { kind: 'closed', code: 1000, reason: 'bye' });
  const cut = await connected('/cut');
  cut.send(Buffer.from('x'), { binary: false });
  const end = await cut.next(any, 5000);
  assert.deepEqual([end?.kind, end?.kind === 'closed' && end.code], ['closed', 1006]);
});

test('frames that no library sends are refused by one with the right codes', BOUNDED, async () => {
  const code = async (data: Uint8Array, options: Parameters<SocketConnection['send']>[1]) => {
    const client = await connected('/echo');
    client.send(data, options);
    const event = await client.next(({ kind }) => kind !== 'pong', 5000);
    if (options.raw === 'fragmented') assert.ok(await client.next(({ kind }) => kind === 'pong', 0));
    client.end();
    return event?.kind === 'closed' ? event.code : event?.kind === 'message' && Buffer.from(event.data).toString();
  };
  assert.equal(await code(Buffer.from([0xff, 0xfe]), { binary: true, raw: 'text-bytes' }), 1007);
  assert.equal(await code(Buffer.from('x'), { binary: false, raw: 'unmasked' }), 1002);
  assert.equal(await code(Buffer.from('üüü'), { binary: false, raw: 'fragmented' }), 'üüü');
});

test('a client that does not read gets nothing until it reads again', BOUNDED, async () => {
  const client = await connected('/echo');
  client.reading(false);
  client.send(Buffer.from('x'), { binary: false });
  await transport.exchange(origin, request('/echo', { message: 'fence' }), { timeoutMs: 5000 });
  assert.equal(await client.next(any, 20), undefined);
  client.reading(true);
  assert.equal((await client.next(any, 5000))?.kind, 'message');
  client.end();
});

test('a service that floods is cut off', BOUNDED, async () => {
  const opening = { path: '/flood', headers: [], subprotocols: [] };
  const client = await createSocketTransport({ mostWaitingBytes: 5000 }).connect(origin, opening, { timeoutMs: 5000 });
  assert.ok(client.accepted);
  client.send(Buffer.from('go'), { binary: false });
  const end = await client.next(({ kind }) => kind === 'closed', 5000);
  assert.match(end?.kind === 'closed' ? `${end.code} ${end.reason}` : 'open', /^1006 more than 5000 bytes/);
});

test('headers of the handshake can be left out and replaced', BOUNDED, async () => {
  const opening = { path: '/echo', headers: [['Sec-WebSocket-Version', '12']] as const, subprotocols: [] };
  const version = await sockets.connect(origin, opening, { timeoutMs: 5000 });
  const key = await sockets.connect(
    origin,
    { ...opening, headers: [], without: ['sec-websocket-key'] },
    { timeoutMs: 5000 },
  );
  assert.deepEqual([version.accepted || version.status, key.accepted || key.status], [400, 400]);
});
