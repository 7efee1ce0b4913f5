import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { post } from '../../../src/adapters/events/post.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const NEVER = new AbortController().signal;
const MESSAGE = { headers: { 'content-type': 'application/json', 'x-own': 'a' }, body: '{"text":"grüße"}' };
const LONG_MS = 60_000;

let receiver: Receiver;
const address = (path = '/hook') => `http://127.0.0.1:${receiver.port}${path}`;
before(async () => {
  receiver = await startReceiver();
});
after(() => receiver.close());

function* forever() {
  for (;;) yield 'x'.repeat(10_000);
}

test('one POST with headers, body and query', async () => {
  const answer = await post(address('/hook?token=a%2Bb'), MESSAGE, LONG_MS, NEVER);
  assert.deepEqual(answer, { status: 200, text: '' });
  const [got] = receiver.received.slice(-1);
  assert.equal(got?.method, 'POST');
  assert.equal(got?.path, '/hook?token=a%2Bb');
  assert.equal(got?.body, MESSAGE.body);
  assert.equal(got?.headers['x-own'], 'a');
  assert.equal(got?.headers['content-length'], String(Buffer.byteLength(MESSAGE.body)));
});

test('redirects are answers, and nobody follows them', async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    const count = receiver.received.length;
    receiver.next({ status, headers: { location: address('/elsewhere') } });
    assert.equal((await post(address(), MESSAGE, LONG_MS, NEVER)).status, status);
    assert.equal(receiver.received.length, count + 1);
    assert.equal(receiver.received.at(-1)?.path, '/hook');
  }
});

test('Retry-After and the beginning of the body of a failure', async () => {
  receiver.next({ status: 429, headers: { 'retry-after': '3' }, body: 'x'.repeat(5_000_000) });
  const answer = await post(address(), MESSAGE, LONG_MS, NEVER);
  assert.deepEqual(answer, { status: 429, retryAfter: '3', text: 'x'.repeat(200) });
});

test('the status counts although its body breaks off or never ends', async () => {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(request.url === '/ok' ? 200 : 503, request.url === '/flood' ? {} : { 'content-length': '1000' });
    response.write('begun');
    if (request.url === '/cut') setImmediate(() => request.socket.resetAndDestroy());
    if (request.url === '/flood') Readable.from(forever()).pipe(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const at = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  try {
    assert.equal((await post(at('/ok'), MESSAGE, LONG_MS, NEVER)).status, 200);
    assert.equal((await post(at('/cut'), MESSAGE, LONG_MS, NEVER)).status, 503);
    assert.deepEqual(await post(at('/endless'), MESSAGE, 200, NEVER), { status: 503, text: 'begun' });
    assert.equal((await post(at('/flood'), MESSAGE, LONG_MS, NEVER)).text.length, 200);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('no answer in time, a connection that ends, a port where nobody listens', async () => {
  receiver.next('hang');
  await assert.rejects(post(address(), MESSAGE, 50, NEVER), { name: 'TimeoutError' });
  receiver.next('reset');
  await assert.rejects(post(address(), MESSAGE, LONG_MS, NEVER), { code: /^(ECONNRESET|UND_ERR_SOCKET)$/ });
  const closed = createTcpServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo;
  closed.close();
  await once(closed, 'close');
  await assert.rejects(post(`http://127.0.0.1:${port}/`, MESSAGE, LONG_MS, NEVER), { code: 'ECONNREFUSED' });
});

test('the signal ends it at once', async () => {
  receiver.next('hang');
  const controller = new AbortController();
  const count = receiver.received.length;
  const sending = post(address(), MESSAGE, LONG_MS, controller.signal);
  const rejected = assert.rejects(sending, { name: 'AbortError' });
  while (receiver.received.length === count) await new Promise((resolve) => setImmediate(resolve));
  controller.abort();
  await rejected;
});

test('the proxy of the environment, and none to this machine', async () => {
  const asked: string[] = [];
  const proxy = createServer((_, response) => {
    asked.push('plain request');
    response.end();
  });
  proxy.on('connect', ({ url }, socket) => {
    asked.push(`CONNECT ${url}`);
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const own = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const before = { ...process.env };
  try {
    for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY']) process.env[name] = own;
    for (const name of ['no_proxy', 'NO_PROXY']) process.env[name] = '::1';
    await assert.rejects(post('https://events.invalid/in', MESSAGE, LONG_MS, NEVER));
    assert.deepEqual(asked, ['CONNECT events.invalid:443']);
    await assert.rejects(post('https://[::1]:1/in', MESSAGE, LONG_MS, NEVER));
    assert.equal((await post(address(), MESSAGE, LONG_MS, NEVER)).status, 200);
    assert.equal(asked.length, 1);
  } finally {
    for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY']) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
    proxy.closeAllConnections();
    proxy.close();
  }
});
