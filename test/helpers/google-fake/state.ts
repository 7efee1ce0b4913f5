import { randomBytes } from 'node:crypto';
import { type Claims, createSigner, type Signer } from './jwt.ts';

export const PROVIDER = 'projects/123456789/locations/global/workloadIdentityPools/github/providers/perf';
export const ACCOUNT = 'perf@my-project-1.iam.gserviceaccount.com';
/** Ends every token that is handed out, whatever its form, so that one search finds them all. */
export const PLANTED = 'PLANTED7f3a';

export interface Provider {
  readonly name: string;
  enabled: boolean;
  issuer: string;
  audiences: readonly string[];
  condition: (claims: Claims) => boolean;
}

export interface OpaqueToken {
  readonly value: string;
  /** Who holds it: `principal:SUBJECT` or a service account. */
  readonly principal: string;
  readonly expiresAtMs: number;
}

/** What GitHub and Google know; may be changed in the middle of a test. */
export interface GoogleState {
  readonly github: Signer;
  readonly google: Signer;
  readonly provider: Provider;
  /** Of GitHub's tokens. */
  claims: Claims;
  /** Authorises the request for GitHub's token. */
  requestToken: string;
  /** Existing service accounts, each with the principals that may act as it. */
  readonly accounts: Map<string, Set<string>>;
  /** Seconds that federated tokens live; undefined: as real, but untold. */
  federatedSeconds: number | undefined;
  accountSeconds: number;
  idTokenSeconds: number;
  iamApiEnabled: boolean;
  readonly opaque: OpaqueToken[];
  /** Every token that was ever handed out. */
  readonly handedOut: string[];
  nowMs: () => number;
}

export const principalOf = (claims: Claims) => `principal:${String(claims.sub)}`;

export function createState(nowMs: () => number): GoogleState {
  const claims = { sub: 'repo:org/service:ref:refs/heads/main', repository_id: '42', ref: 'refs/heads/main' };
  return {
    github: createSigner(),
    google: createSigner(),
    provider: {
      name: PROVIDER,
      enabled: true,
      issuer: 'https://token.actions.githubusercontent.com',
      audiences: [`https://iam.googleapis.com/${PROVIDER}`, `//iam.googleapis.com/${PROVIDER}`],
      condition: ({ repository_id: id, ref }) => id === '42' && ref === 'refs/heads/main',
    },
    claims,
    requestToken: `request-${randomBytes(12).toString('hex')}${PLANTED}`,
    accounts: new Map([[ACCOUNT, new Set([principalOf(claims)])]]),
    federatedSeconds: 300,
    accountSeconds: 3600,
    idTokenSeconds: 3600,
    iamApiEnabled: true,
    opaque: [],
    handedOut: [],
    nowMs,
  };
}

/** An access token as Google's are: its holder can read nothing of it. */
export function issueOpaque(state: GoogleState, principal: string, seconds: number): OpaqueToken {
  const value = `ya29.${randomBytes(24).toString('base64url')}${PLANTED}`;
  const token = { value, principal, expiresAtMs: state.nowMs() + seconds * 1000 };
  state.opaque.push(token);
  state.handedOut.push(value);
  return token;
}

/** Who a request with this header comes from; undefined for nobody, or when the token has ended. */
export function holderOf(state: GoogleState, authorization: string | undefined): string | undefined {
  const value = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
  const token = state.opaque.find((one) => one.value === value);
  return token === undefined || token.expiresAtMs <= state.nowMs() ? undefined : token.principal;
}
