import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { test } from 'node:test';
import { exchange } from '../../../src/adapters/transports/raw-exchange.ts';
import { TransportError } from '../../../src/ports/transport.ts';

interface Peer {
  readonly origin: string;
  readonly received: () => string;
  close(): Promise<void>;
}

/** A TCP server that answers whatever `answer` says once the request's blank line and body have arrived. */
async function peer(answer: (socket: Socket, request: string) => void, expectBytes = 0): Promise<Peer> {
  let received = '';
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      const head = received.indexOf('\r\n\r\n');
      if (head >= 0 && received.length >= head + 4 + expectBytes) answer(socket, received);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: () => received,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const OK = 'HTTP/1.1 200 OK\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 2\r\n\r\nhi';
const get = { method: 'GET', path: '/x?y=1', headers: [] };

test('exchange: headers and bytes go out exactly as given', async () => {
  const body = Uint8Array.from([0xef, 0xbb, 0xbf, 0xff, 0xfe, 0x00]);
  const it = await peer((socket) => socket.end(OK), body.length);
  try {
    const headers = [
      ['x-LOWER', 'a'],
      ['X-Dup', '1'],
      ['X-Dup', '2'],
      ['X-Empty', ''],
    ] as const;
    const got = await exchange(it.origin, { method: 'POST', path: '/p', headers, body }, { timeoutMs: 5000 });
    const host = it.origin.slice('http://'.length);
    assert.equal(
      it.received(),
      `POST /p HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Length: 6\r\nx-LOWER: a\r\nX-Dup: 1\r\nX-Dup: 2\r\nX-Empty: \r\n\r\n\xef\xbb\xbf\xff\xfe\x00`,
    );
    assert.equal(got.status, 200);
    assert.deepEqual(
      got.headers.filter(([name]) => name === 'x-a'),
      [
        ['x-a', '1'],
        ['x-a', '2'],
      ],
    );
    assert.equal(Buffer.from(got.body).toString(), 'hi');
  } finally {
    await it.close();
  }
});

const LENGTHS: readonly (readonly [name: string, headers: readonly (readonly [string, string])[]])[] = [
  ['too short', [['Content-Length', '1']]],
  ['too long', [['Content-Length', '99']]],
  ['no number', [['Content-Length', 'ten']]],
  [
    'two that differ',
    [
      ['Content-Length', '3'],
      ['Content-Length', '1'],
    ],
  ],
  [
    'both framings',
    [
      ['Content-Length', '3'],
      ['Transfer-Encoding', 'chunked'],
    ],
  ],
];
for (const [name, headers] of LENGTHS) {
  test(`exchange: a length that is wrong goes out as it is written, ${name}`, async () => {
    const it = await peer((socket) => socket.end(OK), 3);
    try {
      const request = { method: 'POST', path: '/', headers, body: Buffer.from('abc') };
      assert.equal((await exchange(it.origin, request, { timeoutMs: 5000 })).status, 200);
      const lines = it.received().split('\r\n');
      assert.deepEqual(
        lines.filter((line) => /^(content-length|transfer-encoding):/i.test(line)),
        headers.map(([header, value]) => `${header}: ${value}`),
      );
      assert.ok(it.received().includes('abc'));
    } finally {
      await it.close();
    }
  });
}

test('exchange: a POST without a body says that it has none, a GET says nothing', async () => {
  const it = await peer((socket) => socket.end(OK));
  try {
    await exchange(it.origin, { method: 'POST', path: '/', headers: [] }, { timeoutMs: 5000 });
    assert.match(it.received(), /\r\nContent-Length: 0\r\n/);
    assert.doesNotMatch(it.received(), /content-type|transfer-encoding/i);
    const before = it.received().length;
    await exchange(it.origin, get, { timeoutMs: 5000 });
    assert.doesNotMatch(it.received().slice(before), /content-length|transfer-encoding/i);
  } finally {
    await it.close();
  }
});

test('exchange: times start when the request is written, after connecting', async () => {
  const it = await peer((socket) => {
    setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh'), 60);
    setTimeout(() => socket.end('i'), 120);
  });
  try {
    const before = performance.timeOrigin + performance.now();
    const got = await exchange(it.origin, get, { timeoutMs: 5000 });
    assert.ok(got.sentAtMs >= before + got.connectMs - 1, 'sent after connecting');
    assert.ok(got.firstByteMs >= 50, `first byte after ${got.firstByteMs} ms`);
    assert.ok(got.totalMs >= got.firstByteMs + 40, `last byte after ${got.totalMs} ms`);
  } finally {
    await it.close();
  }
});

test('exchange: failures by kind', async () => {
  const cases: [string, (socket: Socket) => void, string][] = [
    ['closed without an answer', (socket) => socket.end(), 'reset'],
    ['reset', (socket) => socket.resetAndDestroy(), 'reset'],
    ['cut short', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi'), 'reset'],
    ['not HTTP', (socket) => socket.end('\x00\x00\x12\x04\x00binary\r\n\r\n'), 'protocol'],
    ['endless headers', (socket) => socket.write(`HTTP/1.1 200 OK\r\nX: ${'a'.repeat(80_000)}`), 'protocol'],
    ['silence', () => undefined, 'timeout'],
    ['half an answer', (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi'), 'timeout'],
  ];
  for (const [name, answer, failure] of cases) {
    const it = await peer(answer);
    try {
      await assert.rejects(exchange(it.origin, get, { timeoutMs: 250 }), (error) => {
        assert.ok(error instanceof TransportError, `${name}: ${error}`);
        assert.equal(error.failure, failure, `${name}: ${error.message}`);
        return true;
      });
    } finally {
      await it.close();
    }
  }
  const gone = await peer(() => undefined);
  await gone.close();
  await assert.rejects(exchange(gone.origin, get, { timeoutMs: 1000 }), { failure: 'refused' });
  await assert.rejects(exchange('http://127.0.0.1:1', { ...get, headers: [['a', 'b\nc']] }, { timeoutMs: 1000 }), {
    name: 'TransportError',
  });
});

test('exchange: the caller can cancel', async () => {
  const it = await peer(() => undefined);
  try {
    const cancel = new AbortController();
    const pending = exchange(it.origin, get, { timeoutMs: 5000, signal: cancel.signal });
    setTimeout(() => cancel.abort(), 30);
    await assert.rejects(pending, { failure: 'aborted' });
    await assert.rejects(exchange(it.origin, get, { timeoutMs: 5000, signal: cancel.signal }), { failure: 'aborted' });
  } finally {
    await it.close();
  }
});

test('exchange: chunked, close-delimited and empty answers', async () => {
  const cases: [string, string, string][] = [
    ['chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n', 'abc'],
    ['until close', 'HTTP/1.0 200 OK\r\n\r\nabc', 'abc'],
    ['no content', 'HTTP/1.1 204 No Content\r\n\r\n', ''],
    ['after 103', `HTTP/1.1 103 Early Hints\r\n\r\n${OK}`, 'hi'],
  ];
  for (const [name, answer, body] of cases) {
    const it = await peer((socket) => socket.end(answer));
    try {
      const got = await exchange(it.origin, get, { timeoutMs: 2000 });
      assert.equal(Buffer.from(got.body).toString(), body, name);
    } finally {
      await it.close();
    }
  }
});
