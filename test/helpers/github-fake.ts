import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FakeAnswer, notFound, ok, refusal } from './github-fake/answers.ts';
import { createFaults, type Fault, type Faults, limitAnswer } from './github-fake/faults.ts';
import { isAllowed, notAccessible } from './github-fake/permissions.ts';
import { type FakeRequest, ROUTES } from './github-fake/routes.ts';
import { createState, type FakeSeed, type FakeState, type FakeToken, REPOSITORY_ID } from './github-fake/state.ts';

export { JOB_ACCOUNT, JOB_TOKEN } from './github-fake/state.ts';

export interface GitHubFakeOptions extends FakeSeed {
  /** Paths as an Enterprise Server has them: `/api/v3` and `/api/graphql`. */
  readonly enterprise?: boolean;
  /** The time that the answers tell. */
  readonly nowMs?: () => number;
}

export interface SeenRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly authorized: boolean;
  /** Undefined while the answer is held, and when none came. */
  status?: number;
}

export interface GitHubFake extends Pick<Faults, 'script' | 'hold'> {
  readonly apiUrl: string;
  readonly graphqlUrl: string;
  /** May be looked at and changed. */
  readonly state: FakeState;
  readonly requests: readonly SeenRequest[];
  /** Requests to the store of artifacts, which is on another origin. */
  readonly storeRequests: readonly SeenRequest[];
  /** What GitHub would not know: paths, query parameters, a token where none belongs. */
  readonly unexpected: readonly string[];
  close(): Promise<void>;
}

/**
 * GitHub on 127.0.0.1, as strict as the real one where our code could be wrong: a token can do what its permissions
 * say, lists have pages, bodies have a limit, and only what is new notifies anybody.
 */
export async function startGitHubFake(options: GitHubFakeOptions = {}): Promise<GitHubFake> {
  const state = createState(options);
  const faults = createFaults();
  const nowMs = options.nowMs ?? Date.now;
  const requests: SeenRequest[] = [];
  const storeRequests: SeenRequest[] = [];
  const unexpected: string[] = [];
  const [prefix, graphqlPath] = options.enterprise === true ? ['/api/v3', '/api/graphql'] : ['', '/graphql'];

  const store = await listen((request, response) =>
    exchange(request, response, storeRequests, () => {
      const id = /^\/store\/(\d+)\?sig=c2lnbmF0dXJl$/.exec(request.url ?? '')?.[1];
      const found = state.artifacts.find((artifact) => artifact.id === Number(id));
      if (request.headers.authorization !== undefined) {
        unexpected.push('a token sent to the store of artifacts');
        return refusal(400, 'InvalidAuthenticationInfo');
      }
      return found === undefined ? notFound() : { status: 200, body: found.archive };
    }),
  );
  const api = await listen((request, response) =>
    exchange(request, response, requests, (body) => answerOf(request, body)),
  );

  async function exchange(
    request: IncomingMessage,
    response: ServerResponse,
    seen: SeenRequest[],
    execute: (body: string) => FakeAnswer,
  ): Promise<void> {
    const { method = '', url = '' } = request;
    const body = await readBody(request);
    const entry: SeenRequest = { method, path: url, authorized: request.headers.authorization !== undefined };
    seen.push(entry);
    const { fault, barrier } = faults.take(method, url);
    if (barrier?.at === 'request') await waitAt(barrier);
    const executed =
      fault === undefined || ('executed' in fault && fault.executed === true) || fault.kind === 'truncate';
    const answer = executed ? execute(body) : undefined;
    if (barrier?.at === 'answer') await waitAt(barrier);
    const given = faultAnswer(fault, nowMs()) ?? answer;
    if (fault?.kind === 'break' || given === undefined) {
      request.socket.destroy();
      return;
    }
    entry.status = given.status;
    send(response, given, nowMs(), fault?.kind === 'truncate');
  }

  function answerOf(request: IncomingMessage, text: string): FakeAnswer {
    const { method = '', headers } = request;
    const url = new URL(request.url ?? '', api.url);
    if ((headers['user-agent'] ?? '') === '') return refusal(403, 'Request forbidden by administrative rules.');
    const secret = /^(?:token|bearer) (\S+)$/i.exec(headers.authorization ?? '')?.[1];
    const token = state.tokens.get(secret ?? '');
    if (token === undefined) return refusal(401, secret === undefined ? 'Requires authentication' : 'Bad credentials');
    let body: unknown;
    try {
      body = text === '' ? {} : JSON.parse(text);
    } catch {
      return refusal(400, 'Problems parsing JSON');
    }
    const fields = body as FakeRequest['body'];
    if (url.pathname === graphqlPath && method === 'POST') return viewerOf(token, fields);
    const asked = { method, path: url.pathname.slice(prefix.length), query: url.searchParams, body: fields, token };
    return route({ ...asked, apiUrl: `${api.url}${prefix}`, storeUrl: store.url }, url.pathname.startsWith(prefix));
  }

  function viewerOf(token: FakeToken, { query }: FakeRequest['body']): FakeAnswer {
    if (typeof query !== 'string' || !/^\s*(query\s*)?\{\s*viewer\s*\{\s*login\s*\}\s*\}\s*$/.test(query)) {
      unexpected.push(`GraphQL ${String(query)}`);
      return ok({ errors: [{ message: 'Parse error' }] });
    }
    if (token.viewer === 'refused') return refusal(403, 'Resource not accessible by integration');
    return ok({ data: { viewer: { login: token.viewer ?? token.login } } });
  }

  function route(request: FakeRequest, isApi: boolean): FakeAnswer {
    const roots = [`/repos/${state.repository}`, `/repositories/${REPOSITORY_ID}`];
    const root = roots.find((known) => request.path.startsWith(`${known}/`));
    for (const known of isApi && root !== undefined ? ROUTES : []) {
      const found = known.path.exec(request.path.slice(root?.length));
      if (found === null || known.method !== request.method) continue;
      const parts = found.slice(1);
      const strange = [...request.query.keys()].filter(
        (name) => !['per_page', 'page', ...(known.query ?? [])].includes(name),
      );
      if (strange.length > 0) unexpected.push(`${request.method} ${request.path}: query ${strange.join(', ')}`);
      const needs = known.needs(state, parts);
      return isAllowed(request.token, needs) ? known.answer(state, request, parts) : notAccessible(needs);
    }
    unexpected.push(`${request.method} ${request.path}`);
    return notFound();
  }

  return {
    apiUrl: `${api.url}${prefix}`,
    graphqlUrl: `${api.url}${graphqlPath}`,
    state,
    requests,
    storeRequests,
    unexpected,
    script: faults.script,
    hold: faults.hold,
    close: async () => {
      faults.releaseAll();
      await Promise.all([api.close(), store.close()]);
    },
  };
}

async function waitAt(barrier: { reach: () => void; released: Promise<void> }): Promise<void> {
  barrier.reach();
  await barrier.released;
}

function faultAnswer(fault: Fault | undefined, nowMs: number): FakeAnswer | undefined {
  if (fault?.kind === 'answer') return fault.answer;
  return fault?.kind === 'primary' || fault?.kind === 'secondary' ? limitAnswer(fault, nowMs) : undefined;
}

function send(response: ServerResponse, { status, headers, body }: FakeAnswer, nowMs: number, half: boolean): void {
  const isBinary = body instanceof Uint8Array;
  const content = isBinary ? body : Buffer.from(body === undefined ? '' : JSON.stringify(body));
  response.writeHead(status, {
    date: new Date(nowMs).toUTCString(),
    'content-length': content.length,
    ...(content.length === 0
      ? {}
      : { 'content-type': isBinary ? 'application/zip' : 'application/json; charset=utf-8' }),
    'x-ratelimit-limit': '1000',
    'x-ratelimit-remaining': '900',
    'x-ratelimit-reset': String(Math.floor(nowMs / 1000) + 3600),
    ...headers,
  });
  if (half) response.write(content.subarray(0, content.length / 2), () => response.destroy());
  else response.end(content);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

async function listen(
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server: Server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      // Whoever went away, or took the server away, needs no answer.
      if (!response.headersSent) response.writeHead(599).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
