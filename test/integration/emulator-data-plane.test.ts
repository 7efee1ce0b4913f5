import assert from 'node:assert/strict';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { WebSocket } from 'ws';
import { isAlive, openBench, until } from '../fixtures/services/instances/bench.ts';

const bench = openBench({ shutdownGraceMs: 3_000 });
after(() => bench.close());

const text = async (url: string, init?: RequestInit) => {
  const response = await fetch(url, init);
  return { status: response.status, body: await response.text(), headers: response.headers };
};

/** fetch hides trailers and raw headers. */
function raw(url: string, options: { method?: string; headers?: Record<string, string>; body?: string } = {}) {
  return new Promise<{ response: IncomingMessage; body: string }>((resolve, reject) => {
    const { method = 'GET', headers = {} } = options;
    const request = httpRequest(url, { method, headers, agent: new Agent({ keepAlive: false }) }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ response, body }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(options.body);
  });
}

test('a request to zero instances starts one; the log proves it', async () => {
  const origin = await bench.serve('http-service.mjs', { service: 'cold' });
  assert.equal(bench.events('start', 'cold').length, 0);
  const trace = '0af7651916cd43dd8448eb211c80319c';
  const headers = { traceparent: `00-${trace}-b7ad6b7169203331-01` };
  const first = await text(`${origin}/pid`, { headers });
  assert.equal(first.status, 200);
  const second = await text(`${origin}/pid`);
  assert.equal(second.body, first.body);

  const kinds = bench.dataPlane.log
    .entries()
    .filter((event) => event.service === 'cold')
    .map((event) => event.kind);
  assert.deepEqual(kinds, ['start', 'ready', 'request', 'request']);
  const [start] = bench.events('start', 'cold');
  const [ready] = bench.events('ready', 'cold');
  const [cold, warm] = bench.events('request', 'cold');
  assert.equal(start?.reason, 'AUTOSCALING');
  assert.equal(start?.revision, 'cold-1');
  assert.match(start?.instanceId ?? '', /^[0-9a-f]{64,}$/);
  assert.equal(cold?.instanceId, start?.instanceId);
  assert.equal(warm?.instanceId, start?.instanceId);
  assert.equal(cold?.trace, trace);
  assert.equal(cold?.status, 200);
  const latencyMs = cold?.latencyMs ?? 0;
  const startupMs = (ready?.atMs ?? 0) - (start?.atMs ?? 0);
  assert.ok((start?.atMs ?? 0) >= (cold?.atMs ?? 0), 'started after the request had come');
  assert.ok(startupMs > 0 && latencyMs >= startupMs, 'the latency contains the start');
});

test('headers for the application: host, forwarding, trace; nothing hop-by-hop; cookies make an answer private', async () => {
  const origin = await bench.serve('http-service.mjs', { service: 'headers' });
  const own = { 'X-Forwarded-For': '9.9.9.9', Connection: 'keep-alive, x-hop', 'x-hop': '1', 'X-Keep': 'Me' };
  const { body } = await raw(`${origin}/headers`, { headers: { ...own, host: 'my.service.test' } });
  const seen: { raw: string[] } = JSON.parse(body);
  const pairs = seen.raw.flatMap((name, i) =>
    i % 2 === 0 ? [[name.toLowerCase(), seen.raw[i + 1] ?? ''] as const] : [],
  );
  const headers = new Map(pairs);
  assert.equal(headers.get('host'), 'my.service.test');
  assert.equal(headers.get('x-forwarded-for'), '9.9.9.9,127.0.0.1');
  assert.equal(headers.get('x-forwarded-proto'), 'http');
  assert.match(headers.get('traceparent') ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  assert.match(headers.get('x-cloud-trace-context') ?? '', /^[0-9a-f]{32}\/\d+;o=1$/);
  assert.equal(headers.get('traceparent')?.slice(3, 35), headers.get('x-cloud-trace-context')?.slice(0, 32));
  assert.equal(headers.get('x-keep'), 'Me');
  assert.equal(headers.has('x-hop'), false);
  assert.equal(pairs.length, headers.size, 'no header twice');

  const given = { 'X-Cloud-Trace-Context': '105445aa7843bc8bf206b12000100000/1;o=1' };
  const taken: string[] = JSON.parse((await raw(`${origin}/headers`, { headers: given })).body).raw;
  assert.ok(taken.includes('105445aa7843bc8bf206b12000100000/1;o=1'));
  assert.ok(taken.includes('00-105445aa7843bc8bf206b12000100000-0000000000000001-01'));

  const cookie = await raw(`${origin}/cookie`);
  assert.deepEqual(cookie.response.headers['set-cookie'], ['a=1', 'b=2']);
  assert.equal(cookie.response.headers['cache-control'], 'private');
});

test('bodies and trailers stream both ways; silent streams start at once', async () => {
  const origin = await bench.serve('http-service.mjs', { service: 'streams' });
  const body = 'x'.repeat(3_000_000);
  const echoed = await raw(`${origin}/echo`, { method: 'POST', body });
  assert.equal(echoed.body, body);
  const chunked = await raw(`${origin}/echo`, {
    method: 'PUT',
    headers: { 'transfer-encoding': 'chunked' },
    body: 'abc',
  });
  assert.equal(chunked.body, 'abc');
  const empty = await raw(`${origin}/echo`, { method: 'POST' });
  assert.equal(empty.response.statusCode, 200);
  const trailing = await raw(`${origin}/trailers`);
  assert.equal(trailing.body, 'body');
  assert.deepEqual({ ...trailing.response.trailers }, { 'x-check': 'sum' });
  const head = await raw(`${origin}/pid`, { method: 'HEAD' });
  assert.equal(head.response.statusCode, 200);

  const controller = new AbortController();
  const events = await fetch(`${origin}/events?ms=15000`, { signal: controller.signal });
  assert.equal(events.headers.get('content-type'), 'text/event-stream');
  controller.abort();
  await until('the client that went away is logged', () =>
    bench.events('request', 'streams').some((event) => event.status === 499),
  );
  // Longer than the pool keeps idle connections: an answer that takes its time is not cut.
  assert.equal((await text(`${origin}/slow?ms=1300`)).status, 200);
});

test('a slow reader holds the instance back, not the next request; an early answer ends an upload', async () => {
  const origin = await bench.serve('http-service.mjs', { service: 'pressure' });
  const slow = await new Promise<IncomingMessage>((resolve) => void httpRequest(`${origin}/big`, resolve).end());
  assert.equal(slow.statusCode, 200);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(bench.events('request', 'pressure').length, 0, 'not taken from the instance faster than it is read');
  assert.equal((await text(`${origin}/pid`)).status, 200);
  let bytes = 0;
  for await (const chunk of slow) bytes += chunk.length;
  assert.equal(bytes, 20_000_000);
  const early = await raw(`${origin}/early`, { method: 'POST', body: 'x'.repeat(5_000_000) });
  assert.deepEqual([early.response.statusCode, early.body], [401, 'no']);
  for (let i = 0; i < 3; i += 1) assert.equal((await text(`${origin}/pid`)).status, 200);
});

test('no route: 404; a known key keeps its port', async () => {
  const origin = await bench.dataPlane.openEndpoint('unrouted', () => undefined);
  assert.equal((await text(origin)).status, 404);
  await bench.serve('http-service.mjs', { service: 'routed' });
  assert.equal(await bench.dataPlane.openEndpoint('unrouted', () => 'routed-1'), origin);
  assert.equal((await text(`${origin}/pid`)).status, 200);
  await bench.dataPlane.closeEndpoint('unrouted');
  await assert.rejects(fetch(origin));
});

test('concurrency spills to a second instance', async () => {
  const origin = await bench.serve('http-service.mjs', { service: 'spill', concurrency: 1, maxInstances: 2 });
  const answers = await Promise.all([1, 2, 3].map(() => text(`${origin}/slow?ms=300`)));
  assert.deepEqual(
    answers.map((answer) => answer.status),
    [200, 200, 200],
  );
  assert.equal(new Set(answers.map((answer) => answer.body)).size, 2);
  assert.equal(bench.events('start', 'spill').length, 2);
});

test('max instances reached: wait 10 s, then 429 with the wording of Cloud Run; the request time-out gives 504', async () => {
  const origin = await bench.serve('http-service.mjs', {
    service: 'full',
    concurrency: 1,
    maxInstances: 1,
    timeoutMs: 12_000,
  });
  await text(`${origin}/pid`);
  const hanging = text(`${origin}/hang`);
  await until('the first is being answered', () => bench.events('request', 'full').length === 1);
  const waiting = await text(`${origin}/pid`);
  assert.equal(waiting.status, 429);
  assert.match(waiting.body, /^The request was aborted because there was no available instance/);
  assert.equal((await hanging).status, 504);
  // The instance stays, and is free again.
  assert.equal((await text(`${origin}/pid`)).status, 200);
  assert.equal(bench.events('start', 'full').length, 1);
  const statuses = bench.events('request', 'full').map((event) => [event.status, event.instanceId === '']);
  assert.deepEqual(statuses, [
    [200, false],
    [429, true],
    [504, false],
    [200, false],
  ]);
});

test('manual scaling to 0 stops all and refuses; automatic serves again from a new instance', async () => {
  const origin = await bench.serve('http-service.mjs', { service: 'manual' });
  const before = Number((await text(`${origin}/pid`)).body);
  await bench.dataPlane.setScaling('manual', { mode: 'manual', instanceCount: 0 });
  assert.equal(isAlive(before), false);
  const [stop] = bench.events('stop', 'manual');
  assert.match(stop?.detail ?? '', /^manual scaling: gone \d+\.\d ms after SIGTERM, code 0$/);
  const refused = await text(`${origin}/pid`);
  assert.equal(refused.status, 503);
  assert.deepEqual(await bench.dataPlane.checkHealth('manual-1'), { healthy: true });
  assert.equal(bench.events('start', 'manual').length, 1);
  await bench.dataPlane.setScaling('manual', { mode: 'automatic' });
  const again = Number((await text(`${origin}/pid`)).body);
  assert.notEqual(again, before);
  await bench.dataPlane.setScaling('manual', { mode: 'manual', instanceCount: 2 });
  await until('two run', () => bench.events('ready', 'manual').length === 3);
  const ids = bench.events('start', 'manual').map((event) => event.instanceId);
  assert.equal(new Set(ids).size, 3);
  assert.deepEqual(
    bench.events('start', 'manual').map((event) => event.reason),
    ['AUTOSCALING', 'AUTOSCALING', 'MANUAL_SCALING'],
  );
});

test('SIGTERM lets requests in flight end while new ones start elsewhere', async () => {
  const origin = await bench.serve('http-service.mjs', { service: 'graceful' });
  const pid = (await text(`${origin}/pid`)).body;
  const inFlight = text(`${origin}/slow?ms=700`);
  await until('the second is being answered', () => bench.events('request', 'graceful').length === 1);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const stopped = bench.dataPlane.setScaling('graceful', { mode: 'manual', instanceCount: 0 });
  await bench.dataPlane.setScaling('graceful', { mode: 'automatic' });
  const other = await text(`${origin}/pid`);
  assert.equal(other.status, 200);
  assert.notEqual(other.body, pid);
  assert.deepEqual([(await inFlight).status, (await inFlight).body], [200, pid]);
  await stopped;
});

test('WebSocket: passed through, one long request, cut by the request time-out', async () => {
  const origin = await bench.serve('http-service.mjs', { service: 'socket', timeoutMs: 1_500 });
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/chat`);
  const messages: string[] = [];
  socket.on('message', (message) => messages.push(String(message)));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.send('hello');
  socket.send('again');
  await until('both echoes', () => messages.length === 2);
  assert.deepEqual(
    messages.map((message) => message.split(':')[1]),
    ['hello', 'again'],
  );
  assert.equal(bench.events('request', 'socket').length, 0, 'still one open request');
  await new Promise((resolve) => socket.once('close', resolve));
  const [request] = bench.events('request', 'socket');
  assert.equal(request?.status, 504);
  assert.ok((request?.latencyMs ?? 0) >= 1_400);

  const short = new WebSocket(`${origin.replace('http', 'ws')}/chat`);
  await new Promise((resolve, reject) => short.once('open', resolve).once('error', reject));
  short.close(1000);
  await until('an orderly close is a request with status 101', () => bench.events('request', 'socket').length === 2);
  assert.equal(bench.events('request', 'socket')[1]?.status, 101);
  await until('no slot is held', () => bench.events('stop', 'socket').length === 0);
});

interface Http2Answer {
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: string;
}

function overHttp2(origin: string, path: string, body: Buffer | undefined): Promise<Http2Answer> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(origin);
    session.on('error', reject);
    const method = body === undefined ? 'GET' : 'POST';
    const stream = session.request({ ':method': method, ':path': path, 'content-type': 'application/grpc' });
    let headers: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    stream.on('response', (received) => {
      headers = received;
    });
    stream.on('trailers', (received) => {
      trailers = received;
    });
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('close', () => {
      session.close();
      resolve({ headers, trailers, body: Buffer.concat(chunks).toString() });
    });
    stream.end(body);
  });
}

test('h2c service: unary with trailers, trailers only, gRPC start-up probe, HTTP/1.1 clients too', async () => {
  const startupProbe = {
    kind: 'grpc',
    initialDelayMs: 0,
    timeoutMs: 500,
    periodMs: 600,
    failureThreshold: 20,
  } as const;
  const origin = await bench.serve('h2c-service.mjs', { service: 'grpc', portName: 'h2c', startupProbe });
  const unary = await overHttp2(origin, '/pkg.Service/Method', Buffer.from('ping'));
  assert.equal(unary.headers[':status'], 200);
  assert.equal(unary.body, `ping|trailers|http|${new URL(origin).host}`);
  assert.equal(unary.trailers['grpc-status'], '0');
  assert.equal(unary.trailers['grpc-message'], 'fine');
  const failed = await overHttp2(origin, '/trailers-only', Buffer.alloc(0));
  assert.equal(failed.headers['grpc-status'], '5');
  assert.equal(failed.body, '');
  const many = await Promise.all([1, 2, 3, 4].map((n) => overHttp2(origin, '/x', Buffer.from(`n${n}`))));
  assert.deepEqual(
    many.map((answer) => answer.body.slice(0, 2)),
    ['n1', 'n2', 'n3', 'n4'],
  );
  const http1 = await raw(`${origin}/x`, { method: 'POST', body: 'one' });
  assert.match(http1.body, /^one\|/);
  assert.equal(http1.response.trailers['grpc-status'], '0');
});

test('HTTP/2 client to an HTTP/1.1 service', async () => {
  const origin = await bench.serve('http-service.mjs', { service: 'mixed' });
  const echoed = await overHttp2(origin, '/echo', Buffer.from('over two'));
  assert.equal(echoed.body, 'over two');
  const got = await overHttp2(origin, '/headers', undefined);
  assert.equal(JSON.parse(got.body).version, '1.1');
  const trailing = await overHttp2(origin, '/trailers', undefined);
  assert.equal(trailing.trailers['x-check'], 'sum');
  await assert.rejects(overHttp2(origin, '/half', undefined), 'an answer that breaks off is reset');
  // Whether the body or its end comes first is chance.
  for (let n = 0; n < 50; n += 1) assert.equal((await overHttp2(origin, '/echo', Buffer.from(`n${n}`))).body, `n${n}`);
});

test('an HTTP preface that comes byte by byte, and nonsense from a client', async () => {
  const origin = await bench.serve('http-service.mjs', { service: 'bytes' });
  const port = Number(new URL(origin).port);
  const say = (parts: readonly string[]) =>
    new Promise<string>((resolve) => {
      let answer = '';
      const socket = connect({ host: '127.0.0.1', port, noDelay: true });
      socket.on('data', (chunk) => {
        answer += chunk;
      });
      socket.on('close', () => resolve(answer));
      socket.on('error', () => undefined);
      void (async () => {
        for (const part of parts) {
          socket.write(part);
          await new Promise((next) => setTimeout(next, 15));
        }
      })();
    });
  assert.match(
    await say(['P', 'R', 'OPFIND /pid HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n']),
    /^HTTP\/1\.1 200 OK/,
  );
  assert.match(await say(['\x16\x03\x01 nonsense\r\n\r\n']), /^HTTP\/1\.1 400/);
});

test('failures of an instance become 503 for the request, and the next request is served', async () => {
  const origin = await bench.serve('http-service.mjs', { service: 'dying' });
  await text(`${origin}/pid`);
  const exited = await text(`${origin}/exit`);
  assert.equal(exited.status, 503);
  await until('its end is logged', () => bench.events('stop', 'dying').length === 1);
  assert.match(bench.events('stop', 'dying')[0]?.detail ?? '', /^exited with code 7; its last output: booting \d+$/);
  assert.equal((await text(`${origin}/pid`)).status, 200);
  await assert.rejects(text(`${origin}/half`), 'an answer that breaks off is not completed');
  const killed = fetch(`${origin}/hang`);
  const pid = Number((await text(`${origin}/pid`)).body);
  process.kill(pid, 'SIGKILL');
  assert.equal((await killed).status, 503);
  await until('the kill is logged', () => bench.events('stop', 'dying').length === 2);
  assert.match(bench.events('stop', 'dying').at(-1)?.detail ?? '', /^exited with signal SIGKILL/);
  assert.deepEqual(await text(`${origin}/last-words`).then((answer) => [answer.status, answer.body]), [200, 'bye']);
});

test('an instance that answers garbage gives 503', async () => {
  const origin = await bench.serve('garbage-service.mjs');
  const answer = await text(origin);
  assert.equal(answer.status, 503);
  assert.match(answer.body, /malformed/);
});

test('min instances run without a request, and a revision that is removed leaves nothing', async () => {
  const origin = await bench.serve('http-service.mjs', { service: 'kept', minInstances: 1 });
  await until('it is ready', () => bench.events('ready', 'kept').length === 1);
  assert.equal(bench.events('start', 'kept')[0]?.reason, 'MIN_INSTANCES');
  const pid = Number((await text(`${origin}/pid`)).body);
  await bench.dataPlane.removeRevision('kept-1');
  assert.equal(isAlive(pid), false);
  assert.match(bench.events('stop', 'kept')[0]?.detail ?? '', /^deleted/);
  assert.equal((await text(origin)).status, 404);
});
