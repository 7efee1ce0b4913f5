import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as signBytes,
} from 'node:crypto';
import nacl from 'tweetnacl';
import type { SigningEntry } from '../contract/contract-file.ts';
import type { RequestSigner, SignOptions } from '../contract/signing.ts';
import type { HttpRequest } from '../ports/transport.ts';
import { timestampText } from './timestamp.ts';

/** Keys that vectors may name: the right one, and one that services do not know. Both are for tests, and public. */
export const SIGNING_KEYS = ['test', 'other'] as const;
type SigningKey = (typeof SIGNING_KEYS)[number];

/** PKCS #8 wrapping of a raw Ed25519 seed (RFC 8410), which node:crypto wants around it. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const NO_BODY = new Uint8Array(0);

type Sign = (message: Uint8Array) => Uint8Array;

const textOf = (entry: SigningEntry, key: SigningKey) => (key === 'test' ? entry.test_key : `${entry.test_key}-other`);
const seedOf = (text: string) => createHash('sha256').update(text).digest();

function ed25519Key(seed: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
}

/** Vectors are signed by tweetnacl, an implementation of its own; load by node:crypto, which is a hundred times faster. */
function signFunction(entry: SigningEntry, key: SigningKey, use: 'vectors' | 'load'): Sign {
  const text = textOf(entry, key);
  if (entry.algorithm === 'hmac-sha256') return (message) => createHmac('sha256', text).update(message).digest();
  if (use === 'vectors') {
    const { secretKey } = nacl.sign.keyPair.fromSeed(seedOf(text));
    return (message) => nacl.sign.detached(message, secretKey);
  }
  const privateKey = ed25519Key(seedOf(text));
  return (message) => signBytes(null, message, privateKey);
}

/** What a service is told: the public key in hexadecimal, or the shared secret. */
export function keyForService(entry: SigningEntry): string {
  if (entry.algorithm === 'hmac-sha256') return entry.test_key;
  const publicKey = createPublicKey(ed25519Key(seedOf(entry.test_key)));
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex');
}

/** Signs as the schemes of a contract say. Throws TypeError for a scheme or a key that it does not know. */
export function createSigner(schemes: Readonly<Record<string, SigningEntry>>, use: 'vectors' | 'load'): RequestSigner {
  const functions = new Map<string, Sign>();
  const functionOf = (scheme: string, entry: SigningEntry, key: SigningKey) => {
    const name = `${scheme} ${key}`;
    const made = functions.get(name) ?? signFunction(entry, key, use);
    functions.set(name, made);
    return made;
  };
  return {
    schemes: Object.keys(schemes),
    keys: SIGNING_KEYS,
    sign(request, options, nowMs) {
      const entry = schemes[options.scheme];
      const key = SIGNING_KEYS.find((known) => known === (options.key ?? 'test'));
      if (entry === undefined || key === undefined) {
        throw new TypeError(`cannot sign by ${options.scheme}, ${options.key}`);
      }
      return signed(request, entry, functionOf(options.scheme, entry, key), options, nowMs);
    },
  };
}

function signed(
  request: HttpRequest,
  entry: SigningEntry,
  sign: Sign,
  options: SignOptions,
  nowMs: number,
): HttpRequest {
  const timestamp = timestampText(options.timestamp, nowMs);
  const body = options.body === undefined ? (request.body ?? NO_BODY) : Buffer.from(options.body);
  const signature = Buffer.from(sign(messageOf(entry.signed ?? '{{$body}}', timestamp, body)));
  const value = (entry.format ?? '{{$hex}}')
    .replaceAll('{{$hex}}', signature.toString('hex'))
    .replaceAll('{{$base64}}', signature.toString('base64'));
  const stamp = entry.timestamp_header === undefined ? [] : [[entry.timestamp_header, timestamp] as const];
  return { ...request, headers: [...request.headers, [entry.header, value], ...stamp] };
}

/** Bytes, not text: a body need not be UTF-8. */
function messageOf(template: string, timestamp: string, body: Uint8Array): Buffer {
  const parts = template.split('{{$body}}').flatMap((text, index) => {
    const around = Buffer.from(text.replaceAll('{{$timestamp}}', timestamp));
    return index === 0 ? [around] : [body, around];
  });
  return Buffer.concat(parts);
}
