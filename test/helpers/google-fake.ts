import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verified } from './google-fake/jwt.ts';
import { credentialsOf, exchange, type FakeAnswer, githubToken } from './google-fake/services.ts';
import { createState, type GoogleState, holderOf } from './google-fake/state.ts';

export { ACCOUNT, PLANTED, PROVIDER } from './google-fake/state.ts';

export type Route = 'github' | 'sts' | 'accessToken' | 'idToken' | 'logging' | 'service';

export interface GoogleFake {
  readonly origin: string;
  /** Variables that a job has which may ask GitHub for tokens, and Google's services at this address. */
  readonly env: Readonly<Record<string, string>>;
  readonly state: GoogleState;
  /** How often each was asked. */
  readonly counts: Readonly<Record<Route, number>>;
  /** The next answers of a route, in place of its own; `drop` ends the connection without any. */
  script(route: Route, ...answers: readonly (FakeAnswer | 'drop')[]): void;
  close(): Promise<void>;
}

/**
 * GitHub's OIDC issuer, Google's Security Token Service, IAM Credentials API and Cloud Logging, and a private service
 * behind Cloud Run's check, all on 127.0.0.1. Signatures, audiences, conditions, roles and ends of tokens are checked.
 */
export async function startGoogleFake(nowMs: () => number = Date.now): Promise<GoogleFake> {
  const state = createState(nowMs);
  const counts: Record<Route, number> = { github: 0, sts: 0, accessToken: 0, idToken: 0, logging: 0, service: 0 };
  const scripts = new Map<Route, (FakeAnswer | 'drop')[]>();

  function answer(request: IncomingMessage, url: URL, body: string): [Route, () => FakeAnswer] {
    const { authorization } = request.headers;
    if (url.pathname === '/oidc') {
      return ['github', () => githubToken(state, authorization, url.searchParams.get('audience') ?? 'none')];
    }
    if (url.pathname === '/v1/token') return ['sts', () => exchange(state, new URLSearchParams(body))];
    const found = /^\/v1\/projects\/-\/serviceAccounts\/([^:]+):(generate(?:Access|Id)Token)$/.exec(url.pathname);
    if (found !== null) {
      const [, account = '', method = ''] = found;
      const fields = JSON.parse(body) as Record<string, unknown>;
      const route = method === 'generateIdToken' ? 'idToken' : 'accessToken';
      return [route, () => credentialsOf(state, authorization, decodeURIComponent(account), method, fields)];
    }
    if (url.pathname === '/v2/entries:list') {
      const known = holderOf(state, authorization) !== undefined;
      return ['logging', () => (known ? { status: 200, body: { entries: [] } } : { status: 401, body: {} })];
    }
    return ['service', () => invoke(state, authorization)];
  }

  const server = createServer((request, response) => void respond(request, response));
  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const [route, own] = answer(request, new URL(request.url ?? '/', 'http://fake'), Buffer.concat(chunks).toString());
    counts[route] += 1;
    const scripted = scripts.get(route)?.shift();
    if (scripted === 'drop') return void response.destroy();
    const { status, body } = scripted ?? own();
    response.writeHead(status, { 'content-type': 'application/json', date: new Date(state.nowMs()).toUTCString() });
    response.end(JSON.stringify(body));
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    state,
    counts,
    env: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${origin}/oidc?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: state.requestToken,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_STS: `${origin}/`,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS: `${origin}/`,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING: `${origin}/`,
    },
    script: (route, ...answers) => void scripts.set(route, [...(scripts.get(route) ?? []), ...answers]),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Cloud Run's check in front of a private service: a token that Google signed, for its audience, not ended. */
function invoke(state: GoogleState, authorization: string | undefined): FakeAnswer {
  const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1];
  if (token === undefined) return { status: 403, body: { said: 'forbidden' } };
  const claims = verified(token, state.google.jwks());
  const right = claims?.aud === 'cloudrun-perf' && Number(claims.exp) * 1000 > state.nowMs();
  return right ? { status: 200, body: { type: 1 } } : { status: 401, body: { said: 'unauthorized' } };
}
