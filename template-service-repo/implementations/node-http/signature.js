import { createPublicKey, verify } from 'node:crypto';

const WINDOW_SECONDS = 5;
// Node takes Ed25519 keys as DER; this is the fixed head of a SubjectPublicKeyInfo with such a key.
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** A function that tells whether a body was signed for this key, now. Throws when the key is malformed. */
export function signatureCheck(publicKeyHex) {
  if (!/^[0-9a-f]{64}$/i.test(publicKeyHex ?? '')) {
    throw new Error('DISCORD_PUBLIC_KEY must be 64 hexadecimal digits (the public key of the application)');
  }
  const key = createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, Buffer.from(publicKeyHex, 'hex')]),
    format: 'der',
    type: 'spki',
  });
  return (signature, timestamp, body) => {
    if (!/^[0-9a-f]{128}$/i.test(signature ?? '') || !/^[0-9]{1,12}$/.test(timestamp ?? '')) return false;
    const ageSeconds = Math.floor(Date.now() / 1000) - Number(timestamp);
    if (Math.abs(ageSeconds) > WINDOW_SECONDS) return false;
    return verify(null, Buffer.concat([Buffer.from(timestamp), body]), key, Buffer.from(signature, 'hex'));
  };
}
