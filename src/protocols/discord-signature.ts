import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign as signBytes } from 'node:crypto';
import nacl from 'tweetnacl';

/** A documented key pair for tests: everyone may know it, nothing real may trust it. */
const TEST_KEY_SEED = 'discord-bot-test-suite-ed25519-test-key-seed-v1';
const OTHER_KEY_SEED = `${TEST_KEY_SEED}-other`;

/** PKCS #8 wrapping of a raw Ed25519 seed (RFC 8410), which node:crypto wants around it. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

function seedBytes(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function privateKey(seed: string): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seedBytes(seed)]), format: 'der', type: 'pkcs8' });
}

const TEST_KEY = privateKey(TEST_KEY_SEED);

/** Keys that vectors may name: the right one, and one that services do not know. */
export const SIGNING_KEYS = ['test', 'other'] as const;
export type SigningKey = (typeof SIGNING_KEYS)[number];

const SECRET_KEYS: Readonly<Record<SigningKey, Uint8Array>> = {
  test: nacl.sign.keyPair.fromSeed(seedBytes(TEST_KEY_SEED)).secretKey,
  other: nacl.sign.keyPair.fromSeed(seedBytes(OTHER_KEY_SEED)).secretKey,
};

/** 64 hexadecimal digits, as DISCORD_PUBLIC_KEY has them. */
export const TEST_PUBLIC_KEY: string = createPublicKey(TEST_KEY)
  .export({ format: 'der', type: 'spki' })
  .subarray(-32)
  .toString('hex');

function message(timestamp: string, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(timestamp), body]);
}

/** Signature in hexadecimal by tweetnacl: for vectors, with either key. About 4 ms each. */
export function signVector(timestamp: string, body: Uint8Array, key: SigningKey): string {
  return Buffer.from(nacl.sign.detached(message(timestamp, body), SECRET_KEYS[key])).toString('hex');
}

/** The same signature by node:crypto, a hundred times faster: for load. */
export function signFast(timestamp: string, body: Uint8Array): string {
  return signBytes(null, message(timestamp, body), TEST_KEY).toString('hex');
}
