import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runConformance } from '../../../src/contract/conformance.ts';
import { loadContract } from '../../../src/contract/contract.ts';
import { PerfError } from '../../../src/domain/errors.ts';
import type { SocketConnection, SocketEvent, SocketOpening, SocketTransport } from '../../../src/ports/sockets.ts';
import { type HttpExchange, TransportError } from '../../../src/ports/transport.ts';
import { protocolOf } from '../../../src/protocols/contract-protocol.ts';
import { virtualClock } from '../../helpers/virtual-clock.ts';

const ASYNCAPI = `asyncapi: 2.6.0
info: { title: Echo, version: 1.0.0 }
channels:
  /ws:
    publish: { message: { payload: { type: object } } }
    subscribe:
      message:
        name: reply
        payload: { type: object, required: [n], properties: { n: { type: integer } } }
`;

const CONTRACT = `type: echo
version: 1.0.0
document: asyncapi.yaml
benchmark:
  cold:
    websocket: { path: /ws, subprotocols: [p1] }
    expect: { status: 101 }
  warm:
    - websocket: { path: /ws, exchange: [{ send: { json: { n: 7 } } }, { receive: { json: { n: 7 } } }] }
      expect: { status: 101 }
vectors: [v.json]
`;

const contractOf = (steps: unknown, contract = CONTRACT) => {
  const vectors = { format: 'test-vectors/1', contract: 'echo', vectors: [{ id: 'v', title: 'v', steps }] };
  return loadContract(
    new Map([
      ['contract.yaml', contract],
      ['asyncapi.yaml', ASYNCAPI],
      ['v.json', JSON.stringify(vectors, null, 1)],
    ]),
  );
};

const message = (value: unknown): SocketEvent => ({
  kind: 'message',
  data: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
  binary: false,
});

/** Answers each frame as `answer` says; what was sent is in `log`. */
function sockets(
  answer: (text: string, raw: string | undefined) => readonly SocketEvent[],
  { subprotocol, status = 101 }: { readonly subprotocol?: string; readonly status?: number } = {},
) {
  const log: string[] = [];
  const openings: SocketOpening[] = [];
  let clients = 0;
  const transport: SocketTransport = {
    async connect(_origin, opening) {
      openings.push(opening);
      if (status === 0) throw new TransportError('refused', 'no connection');
      if (status !== 101) {
        return { accepted: false, status, headers: [['x-why', 'secret-1']], body: Buffer.from('no secret-1') };
      }
      clients += 1;
      const name = `${clients}`;
      const events: SocketEvent[] = [];
      const connection: SocketConnection = {
        accepted: true,
        headers: [],
        subprotocol,
        send(data, { raw, binary }) {
          log.push(`${name} ${binary ? 'binary ' : ''}${raw === undefined ? '' : `${raw} `}${Buffer.from(data)}`);
          events.push(...answer(Buffer.from(data).toString(), raw));
        },
        ping: (data) => void events.push({ kind: 'pong', data }),
        async next(fits) {
          const index = events.findIndex(fits);
          return index < 0 ? undefined : events.splice(index, 1)[0];
        },
        reading: (on) => void log.push(`${name} reading ${on}`),
        close(code) {
          log.push(`${name} close ${code}`);
          events.push({ kind: 'closed', code: code ?? 1005, reason: '' });
        },
        end: () => void log.push(`${name} end`),
      };
      return connection;
    },
  };
  return { transport, log, openings };
}

const echo = (text: string) => [message(text)];

async function failuresOf(steps: unknown, server: Pick<ReturnType<typeof sockets>, 'transport'> | undefined) {
  const contract = contractOf(steps);
  const exchange = async (): Promise<HttpExchange> => {
    return { status: 200, headers: [], body: Buffer.alloc(0), sentAtMs: 0, connectMs: 0, firstByteMs: 0, totalMs: 0 };
  };
  const { vectors } = await runConformance(
    { contract, contractVersion: '1.0.0', features: [], origin: 'http://127.0.0.1:1' },
    {
      exchange,
      clock: virtualClock(),
      signer: protocolOf(contract),
      ...(server && { sockets: server.transport }),
    },
  );
  const [result] = vectors;
  return result?.state === 'not-checked'
    ? [result.reason]
    : (result?.failures ?? []).map(({ check, expected, actual }) => `${check}: ${expected} / ${actual}`);
}

const step = (exchange: unknown, more: object = {}, expect: object = {}) => [
  { websocket: { path: '/ws', exchange, ...more }, expect: { status: 101, ...expect } },
];

test('clients connect when they are named first, and all are ended', async () => {
  const server = sockets(echo);
  const turns = [
    { client: 'a', send: { json: { n: 1 } } },
    { client: 'b', send: { text: '{"n":2}' } },
    { client: 'b', receive: { json: { n: 2 } } },
    { client: 'a', receive: { json: { n: 1 } } },
    { repeat: { times: 2, turns: [{ client: 'a', send: { base64: 'AAE=' } }] } },
    { client: 'b', reading: false },
  ];
  assert.deepEqual(await failuresOf(step(turns), server), []);
  assert.deepEqual(server.log, [
    '1 {"n":1}',
    '2 {"n":2}',
    '1 binary \0\x01',
    '1 binary \0\x01',
    '2 reading false',
    '1 close 1000',
    '1 end',
    '2 close 1000',
    '2 end',
  ]);
});

test('every turn says what it wanted and what came', async () => {
  const silent = () => [];
  const closing = () => [{ kind: 'closed', code: 1011, reason: 'oops' } as const];
  const cases: readonly [
    name: string,
    turns: unknown,
    server: ReturnType<typeof sockets>,
    wanted: readonly string[],
  ][] = [
    [
      'another value',
      [{ send: { json: { n: 1 } } }, { receive: { json: { n: 2 } } }],
      sockets(echo),
      ['turn 2 receive /n: 2 / 1'],
    ],
    [
      'nothing',
      [
        { client: 'a', send: { text: '{}' } },
        { client: 'a', receive: { json: {} }, within: '1s' },
      ],
      sockets(silent),
      ['turn 2 a receive: {"json":{}} / nothing within 1s'],
    ],
    [
      'the end',
      [{ send: { text: '{}' } }, { receive: { json: {} } }],
      sockets(closing),
      ['turn 2 receive: {"json":{}} / closed with 1011: oops'],
    ],
    [
      'another close code',
      [{ send: { text: '{}' } }, { closed: [1007, 1008] }],
      sockets(closing),
      ['turn 2 closed: closed with 1007 or 1008 / closed with 1011: oops'],
    ],
    ['no end', [{ closed: [1007] }], sockets(silent), ['turn 1 closed: closed with 1007 / open after 5s']],
    [
      'something in the silence',
      [{ send: { text: '{"n":3}' } }, { silence: '200ms' }],
      sockets(echo),
      ['turn 2 silence: nothing for 200ms / {"n":3}'],
    ],
    [
      'a message that the document does not have',
      [{ send: { text: '{"n":"x"}' } }, { receive: {} }],
      sockets(echo),
      ['turn 2: document message reply /n: it to be integer / "x"'],
    ],
    [
      'a message before the end that the document does not have',
      [{ send: { text: '{"n":1.5}' } }, { closed: [1011] }],
      sockets((text) => [message(text), ...closing()]),
      ['turn 2: document message reply /n: it to be integer / 1.5'],
    ],
    [
      'a binary frame',
      [{ send: { text: '' } }, { receive: { json: { n: 1 } } }],
      sockets(() => [{ ...message({ n: 1 }), binary: true } as SocketEvent]),
      ['turn 2 receive: a text frame / a binary frame of 7 bytes'],
    ],
    [
      'a place inside a repetition',
      [{ repeat: { times: 4, turns: [{ send: { json: { n: 1 } } }, { receive: { json: { n: 2 } } }] } }],
      sockets(echo),
      ['turn 1 (round 1).2 receive /n: 2 / 1'],
    ],
  ];
  for (const [name, turns, server, wanted] of cases) {
    assert.deepEqual(await failuresOf(step(turns), server), wanted, name);
    assert.ok(server.log.includes('1 end'), name);
  }
});

test('the handshake is judged: status, subprotocol, document', async () => {
  const cases: readonly [name: string, step: unknown, options: object, wanted: readonly string[]][] = [
    ['refused as wanted', step(undefined, { path: '/x' }, { status: [400, 404] }), { status: 404 }, []],
    ['refused', step([]), { status: 403 }, ['status: 101 / 403, body no secret-1']],
    [
      'accepted',
      step([], { path: '/x' }, { status: 404 }),
      {},
      ['status: 404 / 101, no body', 'document channel: refused: the document has no such channel / accepted'],
    ],
    ['chosen', step([], {}, { subprotocol: 'p1' }), { subprotocol: 'p1' }, []],
    ['not chosen', step([], {}, { subprotocol: 'p1' }), {}, ['subprotocol: p1 / none']],
    [
      'chosen though none was wanted',
      step([], {}, { subprotocol: null }),
      { subprotocol: 'p1' },
      ['subprotocol: none / p1'],
    ],
    [
      'leaks',
      step([], { path: '/x' }, { status: 404, excludes: ['secret-1'] }),
      { status: 404 },
      ['body: nowhere "secret-1" / no secret-1', 'headers: nowhere "secret-1" / it is in a header'],
    ],
    ['gone', step([]), { status: 0 }, ['request: an answer to the handshake / refused: no connection']],
  ];
  for (const [name, steps, options, wanted] of cases) {
    assert.deepEqual(await failuresOf(steps, sockets(echo, options)), wanted, name);
  }
  assert.deepEqual(await failuresOf(step([]), undefined), ['no WebSocket can be opened here']);
});

test('headers and subprotocols go out as the vector says, null takes one away', async () => {
  const server = sockets(echo);
  const more = { headers: { 'Sec-WebSocket-Key': null, 'X-A': '{{$repeat:x:3}}' }, subprotocols: ['a', 'b'] };
  await failuresOf(step([], more), server);
  assert.deepEqual(server.openings, [
    { path: '/ws', headers: [['X-A', 'xxx']], subprotocols: ['a', 'b'], without: ['sec-websocket-key'] },
  ]);
});

test('values of a message are variables of the turns and the steps that follow', async () => {
  const server = sockets(echo);
  const steps = [
    ...step([
      { send: { json: { n: 5 } } },
      { receive: {}, outputs: { seen: '$response.body#/n' } },
      { send: { json: { n: '{{seen}}' } } },
      { receive: { json: { n: 5 } } },
    ]),
    ...step([{ send: { text: 'again {{seen}}' } }]),
  ];
  assert.deepEqual(await failuresOf(steps, server), []);
  assert.ok(server.log.includes('2 again 5'));
});

test('what a document does not have, and what load cannot send, is refused when the contract is loaded', () => {
  const problems = (steps: unknown, contract?: string) => {
    try {
      contractOf(steps, contract);
      return [];
    } catch (error) {
      assert.ok(error instanceof PerfError);
      return error.problems.map(({ code, message: text }) => `${code} ${text}`);
    }
  };
  assert.deepEqual(problems(step([], { path: '/sw' })), [
    'channel-undocumented vector "v": the AsyncAPI document has no channel /sw, wanted /ws',
  ]);
  assert.deepEqual(
    problems(step([{ send: { text: '{{nobody}}' } }]))[0]?.split(',')[0],
    'variable-unknown vector "v": unknown variable {{nobody}}',
  );
  const [wrong] = problems(step([{ send: { text: 'x' }, receive: {} }]));
  assert.match(
    wrong ?? '',
    /^value-type vector "v": found an object at .*\/exchange\/0, wanted a turn with one of send, /,
  );
  const pinging = CONTRACT.replace('{ send: { json: { n: 7 } } }', '{ ping: a }');
  assert.match(problems([], pinging).join(), /benchmark-invalid benchmark warm 0: found other turns, wanted none/);
  const refused = CONTRACT.replace(
    'subprotocols: [p1] }\n    expect: { status: 101 }',
    'subprotocols: [p1] }\n    expect: { status: 404 }',
  );
  assert.match(problems([], refused).join(), /benchmark-invalid benchmark cold: found another status than 101/);
});

test('benchmarks open connections, or send one message and judge its answer', () => {
  const protocol = protocolOf(contractOf(step([])));
  assert.deepEqual(protocol.coldRequest(), { kind: 'websocket', path: '/ws', headers: [], subprotocols: ['p1'] });
  const answer = { status: 101, headers: [], sentAtMs: 0, connectMs: 0, firstByteMs: 0, totalMs: 0 };
  assert.equal(protocol.coldFault({ ...answer, body: Buffer.alloc(0) }), undefined);
  assert.equal(protocol.coldFault({ ...answer, status: 200, body: Buffer.alloc(0) }), 'a wrong answer, status 200');
  const { request, isCorrect } = protocol.warmCall(0);
  assert.deepEqual(request, { kind: 'websocket', path: '/ws', headers: [], subprotocols: [], message: '{"n":7}' });
  const correct = (text: string, status = 101) =>
    isCorrect({ status, contentType: undefined, body: Buffer.from(text) });
  assert.ok(correct('{ "n": 7 }'));
  for (const text of ['{"n":8}', '{"n":"7"}', '', 'x']) assert.ok(!correct(text), text);
  assert.ok(!correct('{"n":7}', 200));
});
