import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAnswerParser } from '../../../src/emulator/proxy-http1-answer.ts';

interface Found {
  status?: number;
  headers?: readonly string[];
  body: string;
  trailers?: readonly string[];
  reusable?: boolean;
  ends: number;
}

function parse(pieces: readonly string[], method: string, closes: boolean): Found {
  const found: Found = { body: '', ends: 0 };
  const parser = createAnswerParser(method, {
    head: ({ status, headers }) => Object.assign(found, { status, headers }),
    data: (chunk) => {
      found.body += chunk.toString('latin1');
    },
    ended: (trailers, reusable) => {
      Object.assign(found, { trailers, reusable });
      found.ends += 1;
    },
  });
  for (const piece of pieces) parser.feed(Buffer.from(piece, 'latin1'));
  if (closes) assert.equal(parser.close(), found.ends === 1);
  return found;
}

const OK = 'HTTP/1.1 200 OK\r\n';
const CASES: readonly { text: string; method?: string; closes?: boolean; expected: Partial<Found> }[] = [
  { text: `${OK}Content-Length: 3\r\n\r\nabc`, expected: { status: 200, body: 'abc', reusable: true, ends: 1 } },
  { text: `${OK}Content-Length: 0\r\n\r\n`, expected: { body: '', reusable: true, ends: 1 } },
  {
    text: `${OK}X: \xe9 y\t\r\nA:\r\ncontent-length:1\r\n\r\nz`,
    expected: { headers: ['X', '\xe9 y', 'A', '', 'content-length', '1'] },
  },
  { text: 'HTTP/1.1 204 \r\n\r\n', expected: { status: 204, body: '', reusable: true, ends: 1 } },
  { text: 'HTTP/1.1 304\r\ncontent-length: 9\r\n\r\n', expected: { status: 304, body: '', ends: 1 } },
  { text: `${OK}content-length: 9\r\n\r\n`, method: 'HEAD', expected: { body: '', reusable: true, ends: 1 } },
  { text: `${OK}connection: close\r\ncontent-length: 1\r\n\r\na`, expected: { body: 'a', reusable: false, ends: 1 } },
  { text: 'HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\na', expected: { body: 'a', reusable: false, ends: 1 } },
  { text: `${OK}\r\nuntil the end`, closes: true, expected: { body: 'until the end', reusable: false, ends: 1 } },
  { text: `${OK}content-length: 5\r\n\r\nabc`, closes: true, expected: { body: 'abc', ends: 0 } },
  { text: `${OK}content-length: 5`, closes: true, expected: { ends: 0 } },
  {
    text: `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n${OK}content-length: 1\r\n\r\na`,
    expected: { status: 200, body: 'a' },
  },
  {
    text: `${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=1\r\n0123456789\r\n0\r\nX-Sum: 7\r\n\r\n`,
    expected: { body: 'abc0123456789', trailers: ['X-Sum', '7'], reusable: true, ends: 1 },
  },
  {
    text: `${OK}content-length: 99\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n`,
    expected: { body: 'a', headers: ['transfer-encoding', 'chunked'], ends: 1 },
  },
];

for (const { text, method = 'GET', closes = false, expected } of CASES) {
  test(`answer ${JSON.stringify(text)}`, () => {
    for (const pieces of [[text], [...text], [text.slice(0, 20), text.slice(20)]]) {
      const found = parse(pieces, method, closes);
      for (const [key, value] of Object.entries(expected)) assert.deepEqual(found[key as keyof Found], value, key);
    }
  });
}

const MALFORMED: readonly string[] = [
  'SSH-2.0-OpenSSH_9.2\r\n',
  '\x16\x03\x01',
  'HTTP/2 200 OK\r\n\r\n',
  'HTTP/1.1 20 OK\r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\n\r\n',
  `${OK}no colon\r\n\r\n`,
  `${OK}a b: c\r\n\r\n`,
  `${OK}a: b\r\n folded\r\n\r\n`,
  `${OK}a: b\x00c\r\n\r\n`,
  `${OK}a: b\nc: d\r\n\r\n`,
  `${OK}content-length: -1\r\n\r\n`,
  `${OK}content-length: 1\r\ncontent-length: 2\r\n\r\nab`,
  `${OK}transfer-encoding: gzip\r\n\r\n`,
  `${OK}transfer-encoding: chunked\r\n\r\nxyz\r\n`,
  `${OK}transfer-encoding: chunked\r\n\r\n1\r\nab\r\n`,
  `${OK}a: ${'x'.repeat(70_000)}`,
];

for (const text of MALFORMED) {
  test(`refused ${JSON.stringify(text.slice(0, 60))}`, () => {
    assert.throws(() => parse([`${text}${' '.repeat(5)}`], 'GET', false));
  });
}

test('bytes after the answer make the connection unusable, not the answer', () => {
  const found = parse([`${OK}content-length: 1\r\n\r\nabc`], 'GET', false);
  assert.deepEqual([found.body, found.reusable, found.ends], ['a', false, 1]);
});
