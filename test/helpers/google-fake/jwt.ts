import { createPublicKey, generateKeyPairSync, type JsonWebKey, sign, verify } from 'node:crypto';

export type Claims = Readonly<Record<string, string | number | boolean>>;

/** Somebody who signs tokens with RS256, and publishes the key. */
export interface Signer {
  issue(claims: Claims): string;
  readonly jwks: () => { readonly keys: readonly JsonWebKey[] };
  /** Signs with another key from now on; the published one stays. */
  loseKey(): void;
}

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const newKey = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const KID = 'key-1';

export function createSigner(): Signer {
  const published = newKey();
  let { privateKey } = published;
  return {
    issue(claims) {
      const content = `${encoded({ alg: 'RS256', typ: 'JWT', kid: KID })}.${encoded(claims)}`;
      return `${content}.${sign('RSA-SHA256', Buffer.from(content), privateKey).toString('base64url')}`;
    },
    jwks: () => ({ keys: [{ ...published.publicKey.export({ format: 'jwk' }), kid: KID, alg: 'RS256' }] }),
    loseKey() {
      privateKey = newKey().privateKey;
    },
  };
}

/** The claims of a token whose signature is right by one of the published keys; undefined otherwise. */
export function verified(token: string, jwks: { readonly keys: readonly JsonWebKey[] }): Claims | undefined {
  const [head = '', payload = '', signature = '', ...rest] = token.split('.');
  if (rest.length > 0 || signature === '') return undefined;
  const read = (part: string): Claims => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  const { alg, kid } = read(head);
  const key = jwks.keys.find((one) => one.kid === kid);
  if (alg !== 'RS256' || key === undefined) return undefined;
  const right = verify(
    'RSA-SHA256',
    Buffer.from(`${head}.${payload}`),
    createPublicKey({ key, format: 'jwk' }),
    Buffer.from(signature, 'base64url'),
  );
  return right ? read(payload) : undefined;
}
