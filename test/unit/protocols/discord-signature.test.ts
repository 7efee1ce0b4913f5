import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { test } from 'node:test';
import nacl from 'tweetnacl';
import { signFast, signVector, TEST_PUBLIC_KEY } from '../../../src/protocols/discord-signature.ts';
import { discordWebhook } from '../../../src/protocols/discord-webhook.ts';
import { timestampText } from '../../../src/protocols/timestamp.ts';

const PUBLIC = Buffer.from(TEST_PUBLIC_KEY, 'hex');
const SPKI = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), PUBLIC]);
const KEY = createPublicKey({ key: SPKI, format: 'der', type: 'spki' });

test('the test key pair is the documented one', () => {
  assert.match(TEST_PUBLIC_KEY, /^398803f0[0-9a-f]{52}c159$/);
});

test('tweetnacl and node:crypto make and accept the same signatures', () => {
  const bodies = [Buffer.alloc(0), Buffer.from('{"type":1}'), Buffer.from([0xef, 0xbb, 0xbf, 0xff, 0x00])];
  for (const body of bodies) {
    const slow = signVector('1700000000', body, 'test');
    assert.equal(slow, signFast('1700000000', body));
    const message = Buffer.concat([Buffer.from('1700000000'), body]);
    assert.ok(verify(null, message, KEY, Buffer.from(slow, 'hex')));
    assert.ok(nacl.sign.detached.verify(message, Buffer.from(slow, 'hex'), PUBLIC));
    assert.ok(!verify(null, message, KEY, Buffer.from(signVector('1700000000', body, 'other'), 'hex')));
    assert.ok(!verify(null, Buffer.from('1700000001'), KEY, Buffer.from(slow, 'hex')));
  }
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

test('a vector may sign another body than it sends', () => {
  const request = { method: 'POST', path: '/', headers: [], body: Buffer.from('sent') };
  const signed = discordWebhook.sign(request, { scheme: 'discord-ed25519', body: 'other' }, 1_700_000_000_000);
  assert.equal(signed.body, request.body);
  assert.equal(signed.headers[0]?.[1], signFast('1700000000', Buffer.from('other')));
});
