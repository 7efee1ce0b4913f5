import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { openConnection } from '../../src/adapters/transports/keep-alive.ts';
import { runClosedLoad } from '../../src/measure/closed-load.ts';
import type { HttpConnection, HttpOutcome, HttpRequest } from '../../src/ports/transport.ts';

const BOUNDED = { timeout: 20_000 };
const sockets = new Set<Socket>();
let arrivals = 0;

async function readAll(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

const ANSWERS: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => unknown>> = {
  '/right': async (request, response) => {
    const body = await readAll(request);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ method: request.method, sent: body, header: request.headers['x-one'] }));
  },
  '/broken': (_request, response) => {
    response.statusCode = 500;
    response.end('no');
  },
  '/reset': (request) => request.socket.resetAndDestroy(),
  '/cut': (request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half');
    setImmediate(() => request.socket.destroy());
  },
  '/silent': () => undefined,
  '/drip': (_request, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write('.'), 20);
    response.on('close', () => clearInterval(timer));
  },
  '/chunked': (_request, response) => {
    response.write('a'.repeat(10));
    setTimeout(() => response.end('b'.repeat(10)), 30);
  },
  '/large': (_request, response) => response.end('x'.repeat(200_000)),
  '/goodbye': (_request, response) => {
    response.setHeader('connection', 'close');
    response.end('bye');
  },
};

const server = createServer((request, response) => {
  arrivals += 1;
  void ANSWERS[request.url ?? '']?.(request, response);
});
const garbage = createTcpServer((socket) => {
  socket.on('error', () => undefined).on('data', () => socket.end('SSH-2.0-not http\r\n\r\n'));
});
const track = (socket: Socket) => sockets.add(socket.on('close', () => sockets.delete(socket)));

const originOf = (of: { address(): unknown }) => `http://127.0.0.1:${(of.address() as AddressInfo).port}`;
const get = (path: string): HttpRequest => ({ method: 'GET', path, headers: [] });
const ask = (connection: HttpConnection, request: HttpRequest) =>
  new Promise<HttpOutcome>((resolve) => connection.send(request, resolve));

before(async () => {
  server.on('connection', track);
  server.listen(0, '127.0.0.1');
  garbage.listen(0, '127.0.0.1');
  await Promise.all([once(server, 'listening'), once(garbage, 'listening')]);
});

after(() => {
  server.closeAllConnections();
  server.close();
  garbage.close();
});

async function using(timeoutMs: number, run: (connection: HttpConnection) => Promise<void>, origin = originOf(server)) {
  const connection = openConnection(origin, { timeoutMs });
  try {
    await run(connection);
  } finally {
    await connection.close();
  }
}

test('a right answer carries status, type, body and a time; one connection serves all requests', BOUNDED, async () => {
  await using(5000, async (connection) => {
    const open = sockets.size;
    for (let turn = 0; turn < 5; turn += 1) {
      const outcome = await ask(connection, {
        method: 'POST',
        path: '/right',
        headers: [['x-one', 'two']],
        body: new TextEncoder().encode(`turn ${turn}`),
      });
      assert.ok(outcome.ok);
      assert.equal(outcome.status, 200);
      assert.equal(outcome.contentType, 'application/json');
      assert.deepEqual(JSON.parse(Buffer.from(outcome.body).toString()), {
        method: 'POST',
        sent: `turn ${turn}`,
        header: 'two',
      });
      assert.ok(outcome.latencyMs > 0 && outcome.latencyMs < 5000);
    }
    assert.equal(sockets.size, open + 1);
  });
});

test('an error status is an answer, not a failure', BOUNDED, async () => {
  await using(5000, async (connection) => {
    const outcome = await ask(connection, get('/broken'));
    assert.ok(outcome.ok);
    assert.equal(outcome.status, 500);
    assert.equal(outcome.contentType, undefined);
  });
});

for (const { path, failure } of [
  { path: '/reset', failure: 'reset' },
  { path: '/cut', failure: 'reset' },
  { path: '/silent', failure: 'timeout' },
  { path: '/drip', failure: 'timeout' },
]) {
  test(`${path} fails as ${failure}, is sent once, and the connection recovers`, BOUNDED, async () => {
    await using(150, async (connection) => {
      const before = arrivals;
      const outcome = await ask(connection, get(path));
      assert.equal(outcome.ok ? 'answered' : outcome.failure, failure);
      if (failure === 'timeout') assert.ok(outcome.latencyMs >= 100, `${outcome.latencyMs}`);
      assert.equal(arrivals, before + 1);
      const next = await ask(connection, get('/right'));
      assert.equal(next.ok ? next.status : next.failure, 200);
    });
  });
}

test('a chunked answer is timed to its last byte', BOUNDED, async () => {
  await using(5000, async (connection) => {
    const outcome = await ask(connection, get('/chunked'));
    assert.ok(outcome.ok);
    assert.equal(Buffer.from(outcome.body).toString(), `${'a'.repeat(10)}${'b'.repeat(10)}`);
    assert.ok(outcome.latencyMs >= 25, `${outcome.latencyMs}`);
  });
});

test('of a large body the first 64 KiB are kept', BOUNDED, async () => {
  await using(5000, async (connection) => {
    const outcome = await ask(connection, get('/large'));
    assert.ok(outcome.ok);
    assert.equal(outcome.body.length, 64 * 1024);
  });
});

test('after connection: close the next request connects anew', BOUNDED, async () => {
  await using(5000, async (connection) => {
    for (let turn = 0; turn < 3; turn += 1) {
      const outcome = await ask(connection, get('/goodbye'));
      assert.equal(outcome.ok ? Buffer.from(outcome.body).toString() : outcome.failure, 'bye');
    }
  });
});

test('nobody listening is refused; something that is not HTTP is protocol', BOUNDED, async () => {
  const free = createTcpServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const origin = originOf(free);
  free.close();
  await once(free, 'close');
  await using(
    2000,
    async (connection) => {
      for (let turn = 0; turn < 2; turn += 1) {
        const outcome = await ask(connection, get('/right'));
        assert.equal(outcome.ok ? outcome.status : outcome.failure, 'refused');
      }
    },
    origin,
  );
  await using(
    2000,
    async (connection) => {
      const outcome = await ask(connection, get('/right'));
      assert.equal(outcome.ok ? outcome.status : outcome.failure, 'protocol');
    },
    originOf(garbage),
  );
});

test('closing under a request aborts it exactly once; a second request in flight is refused', BOUNDED, async () => {
  const connection = openConnection(originOf(server), { timeoutMs: 5000 });
  const outcomes: HttpOutcome[] = [];
  connection.send(get('/silent'), (outcome) => outcomes.push(outcome));
  assert.throws(() => connection.send(get('/right'), () => undefined), /one request at a time/);
  await connection.close();
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.ok ? 'answered' : outcome.failure)),
    ['aborted'],
  );
  assert.throws(() => connection.send(get('/right'), () => undefined), /closed/);
});

test('requests can be sent from inside the answer of the one before', BOUNDED, async () => {
  await using(5000, async (connection) => {
    let left = 50;
    const statuses = await new Promise<number[]>((resolve) => {
      const seen: number[] = [];
      const next = (outcome: HttpOutcome) => {
        seen.push(outcome.ok ? outcome.status : 0);
        left -= 1;
        if (left === 0) resolve(seen);
        else connection.send(get('/broken'), next);
      };
      connection.send(get('/broken'), next);
    });
    assert.deepEqual(statuses, new Array(50).fill(500));
  });
});

test(
  'a closed load over real connections: every request once, errors by kind, waiting accounted for',
  BOUNDED,
  async () => {
    const connections = [0, 1, 2].map(() => openConnection(originOf(server), { timeoutMs: 5000 }));
    const before = arrivals;
    let turn = 0;
    try {
      const load = await runClosedLoad({
        connections,
        requests: 60,
        next: () => {
          turn += 1;
          const request = get(turn % 20 === 0 ? '/reset' : turn % 20 === 1 ? '/broken' : '/right');
          return {
            request,
            isCorrect: ({ status, contentType, body }) =>
              status === 200 && contentType === 'application/json' && body.length > 0,
          };
        },
        clock: { monotonicMs: () => performance.now() },
        maxConsecutiveErrors: 10,
      });
      assert.equal(load.sent, 60);
      assert.equal(arrivals - before, 60);
      assert.deepEqual(load.errors, { 'status 500': 3, reset: 3 });
      assert.equal(load.latenciesMs.length, 54);
      assert.ok(load.latenciesMs.every((latencyMs) => latencyMs > 0));
      assert.ok(load.waitedUs <= load.durationMs * 3000 + 1000, `${load.waitedUs} us of ${load.durationMs} ms`);
      assert.equal(load.endedEarly, undefined);
    } finally {
      await Promise.all(connections.map((connection) => connection.close()));
    }
  },
);

test('an aborted load ends with the reason once its connections are closed', BOUNDED, async () => {
  const controller = new AbortController();
  const connection = openConnection(originOf(server), { timeoutMs: 5000 });
  const load = runClosedLoad({
    connections: [connection],
    requests: 10,
    next: () => ({ request: get('/silent'), isCorrect: () => true }),
    clock: { monotonicMs: () => performance.now() },
    maxConsecutiveErrors: 10,
    signal: controller.signal,
  });
  const stopped = new Error('stopped');
  controller.abort(stopped);
  await connection.close();
  await assert.rejects(load, stopped);
});
