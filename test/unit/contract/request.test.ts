import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildRequest } from '../../../src/contract/request.ts';
import { createSigner } from '../../../src/protocols/signing.ts';

const signer = createSigner({}, 'vectors');
const source = { scope: new Map([['etag', '"7"']]), nowMs: 0 };
const built = (step: Parameters<typeof buildRequest>[0]) => buildRequest(step, source, signer);

test('request: a list sends a header once for each of its texts, in their order', () => {
  const { headers } = built({
    method: 'GET',
    path: '/items/1',
    headers: { 'If-None-Match': ['"x"', '{{etag}}'], accept: 'a/b' },
  });
  assert.deepEqual(headers, [
    ['If-None-Match', '"x"'],
    ['If-None-Match', '"7"'],
    ['accept', 'a/b'],
  ]);
});

test('request: null removes, a text replaces, whatever the capitals', () => {
  const post = { method: 'POST', path: '/', json: {} } as const;
  assert.deepEqual(built(post).headers, [['Content-Type', 'application/json']]);
  assert.deepEqual(built({ ...post, headers: { 'content-type': null } }).headers, []);
  assert.deepEqual(built({ ...post, headers: { 'CONTENT-TYPE': 'text/plain' } }).headers, [
    ['CONTENT-TYPE', 'text/plain'],
  ]);
});

test('request: a length that is written is what is sent, and a body may be any bytes or none', () => {
  const short = built({ method: 'POST', path: '/', text: 'abc', headers: { 'Content-Length': ['1', '2'] } });
  assert.deepEqual(short.headers.slice(1), [
    ['Content-Length', '1'],
    ['Content-Length', '2'],
  ]);
  assert.deepEqual(built({ method: 'POST', path: '/', base64: '//4A' }).body, Buffer.from([0xff, 0xfe, 0]));
  assert.equal(built({ method: 'POST', path: '/' }).body, undefined);
});
