import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  codeOfHttpStatus,
  decodedMessage,
  framed,
  messagesIn,
  refuseLarger,
  timeoutText,
} from '../../../src/adapters/transports/grpc-framing.ts';
import { TransportError } from '../../../src/ports/transport.ts';

test('frames: what is framed is read again; everything else is told, and proves that somebody is there', () => {
  const two = Buffer.concat([framed(Buffer.from('a')), framed(Buffer.alloc(0))]);
  assert.deepEqual(messagesIn(two).map(String), ['a', '']);
  assert.deepEqual(messagesIn(Buffer.alloc(0)), []);
  const compressed = framed(Buffer.from('a'));
  compressed[0] = 1;
  const odd = framed(Buffer.from('a'));
  odd[0] = 7;
  const broken: readonly [Buffer, RegExp][] = [
    [compressed, /compressed/],
    [odd, /flag 7/],
    [two.subarray(0, 5), /cut off/],
    [Buffer.concat([two, Buffer.from([0, 0])]), /2 bytes after/],
  ];
  const isTold = (pattern: RegExp) => (error: unknown) =>
    error instanceof TransportError && error.failure === 'protocol' && error.answered && pattern.test(error.message);
  for (const [data, pattern] of broken) assert.throws(() => messagesIn(data), isTold(pattern));
  assert.throws(() => refuseLarger(33 * 1024 * 1024), isTold(/more than/));
  refuseLarger(32 * 1024 * 1024);
});

test('deadlines have eight digits at most', () => {
  const texts = [0.2, 1, 1500, 99_999_999, 100_000_000, 1e12].map(timeoutText);
  assert.deepEqual(texts, ['1m', '1m', '1500m', '99999999m', '100000S', '99999999S']);
});

test('messages of a status are percent-encoded, and HTTP statuses have codes', () => {
  assert.equal(decodedMessage('a%20b %E6%97%A5 100%25'), 'a b 日 100%');
  assert.equal(decodedMessage('half %E6 %zz %'), 'half \ufffd %zz %');
  assert.deepEqual(
    [400, 401, 403, 404, 429, 502, 503, 504, 500, 302].map(codeOfHttpStatus),
    [13, 16, 7, 12, 14, 14, 14, 14, 2, 2],
  );
});
