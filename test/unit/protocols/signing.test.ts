import assert from 'node:assert/strict';
import { createHmac, createPublicKey, verify } from 'node:crypto';
import { test } from 'node:test';
import nacl from 'tweetnacl';
import type { SigningEntry } from '../../../src/contract/contract-file.ts';
import type { SignOptions } from '../../../src/contract/signing.ts';
import { createSigner, keyForService } from '../../../src/protocols/signing.ts';
import { timestampText } from '../../../src/protocols/timestamp.ts';

const NOW = 1_700_000_000_000;
const DISCORD: SigningEntry = {
  algorithm: 'ed25519',
  header: 'X-Signature-Ed25519',
  timestamp_header: 'X-Signature-Timestamp',
  signed: '{{$timestamp}}{{$body}}',
  test_key: 'discord-bot-test-suite-ed25519-test-key-seed-v1',
  key_variable: 'DISCORD_PUBLIC_KEY',
};
const GITHUB: SigningEntry = {
  algorithm: 'hmac-sha256',
  header: 'X-Hub-Signature-256',
  format: 'sha256={{$hex}}',
  test_key: "It's a Secret to Everybody",
  key_variable: 'WEBHOOK_SECRET',
};
const SCHEMES = { discord: DISCORD, github: GITHUB };
const PUBLIC = Buffer.from(keyForService(DISCORD), 'hex');
const SPKI = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), PUBLIC]);
const KEY = createPublicKey({ key: SPKI, format: 'der', type: 'spki' });

function signed(body: Uint8Array, options: SignOptions, use: 'vectors' | 'load' = 'vectors') {
  const request = { method: 'POST', path: '/', headers: [['A', 'b']], body } as const;
  const { headers } = createSigner(SCHEMES, use).sign(request, options, NOW);
  return Object.fromEntries(headers);
}
const signatureOf = (body: Uint8Array, options: SignOptions, use?: 'vectors' | 'load') =>
  signed(body, options, use)['X-Signature-Ed25519'] ?? '';

test('the test key pair is the documented one', () => {
  assert.match(keyForService(DISCORD), /^398803f0[0-9a-f]{52}c159$/);
});

test('tweetnacl and node:crypto make and accept the same signatures', () => {
  const bodies = [Buffer.alloc(0), Buffer.from('{"type":1}'), Buffer.from([0xef, 0xbb, 0xbf, 0xff, 0x00])];
  for (const body of bodies) {
    const slow = signatureOf(body, { scheme: 'discord' });
    assert.equal(slow, signatureOf(body, { scheme: 'discord' }, 'load'));
    const message = Buffer.concat([Buffer.from('1700000000'), body]);
    assert.ok(verify(null, message, KEY, Buffer.from(slow, 'hex')));
    assert.ok(nacl.sign.detached.verify(message, Buffer.from(slow, 'hex'), PUBLIC));
    const other = signatureOf(body, { scheme: 'discord', key: 'other' });
    assert.ok(!verify(null, message, KEY, Buffer.from(other, 'hex')));
    assert.ok(!verify(null, Buffer.from('1700000001'), KEY, Buffer.from(slow, 'hex')));
  }
});

test("HMAC as GitHub signs: the documentation's own example", () => {
  const headers = signed(Buffer.from('Hello, World!'), { scheme: 'github' });
  // docs.github.com, validating webhook deliveries.
  assert.equal(
    headers['X-Hub-Signature-256'],
    'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
  );
  assert.equal(headers.A, 'b');
  assert.equal(Object.keys(headers).length, 2);
});

test('text around what is signed, and base64', () => {
  const entry = { ...GITHUB, signed: 'v0:{{$timestamp}}:{{$body}}', format: 'v0={{$base64}}', timestamp_header: 'T' };
  const request = { method: 'POST', path: '/', headers: [], body: Buffer.from([0xff, 0x00]) };
  const { headers } = createSigner({ entry }, 'load').sign(request, { scheme: 'entry', timestamp: '-10s' }, NOW);
  const message = Buffer.concat([Buffer.from('v0:1699999990:'), Buffer.from([0xff, 0x00])]);
  const wanted = createHmac('sha256', GITHUB.test_key).update(message).digest('base64');
  assert.deepEqual(headers, [
    ['X-Hub-Signature-256', `v0=${wanted}`],
    ['T', '1699999990'],
  ]);
});

test('a vector may sign another body than it sends', () => {
  const headers = signed(Buffer.from('sent'), { scheme: 'discord', body: 'other' });
  assert.equal(headers['X-Signature-Ed25519'], signatureOf(Buffer.from('other'), { scheme: 'discord' }));
});

test('unknown schemes and keys are refused', () => {
  assert.throws(() => signed(Buffer.alloc(0), { scheme: 'none' }), TypeError);
  assert.throws(() => signed(Buffer.alloc(0), { scheme: 'discord', key: 'mine' }), TypeError);
});

test('timestamps: offsets from now, or literal text', () => {
  const now = 1_700_000_000_999;
  const cases: [string | undefined, string][] = [
    [undefined, '1700000000'],
    ['-10s', '1699999990'],
    ['+1h', '1700003600'],
    ['-1d', '1699913600'],
    ['1600000000', '1600000000'],
    ['yesterday', 'yesterday'],
    ['', ''],
  ];
  for (const [wanted, text] of cases) assert.equal(timestampText(wanted, now), text, String(wanted));
});
