import { Octokit } from '@octokit/core';
import { paginateRest } from '@octokit/plugin-paginate-rest';
import type { Response } from 'undici';
import type { Clock } from '../../ports/clock.ts';
import { CodeHostError } from '../../ports/code-host.ts';
import type { Logger } from '../../ports/logger.ts';
import { needed } from './answers.ts';
import { failureOf, type Purpose } from './failure.ts';
import { createPatience } from './patience.ts';
import { createProxiedFetch, type Fetch, type ProxySettings } from './proxied-fetch.ts';
import { Trouble } from './trouble.ts';

export interface ClientOptions {
  /** `https://api.github.com`, or `https://HOST/api/v3` of an Enterprise Server. */
  readonly apiUrl: string;
  readonly graphqlUrl?: string;
  readonly token: string;
  readonly userAgent: string;
  readonly logger: Logger;
  readonly clock: Clock;
  /** How long one session waits in all, for rate limits and between attempts. */
  readonly longestWaitMs: number;
  readonly random: () => number;
  readonly proxy?: ProxySettings;
}

export interface Call extends Purpose {
  /** `GET /repos/{owner}/{repo}/pulls`; whole URLs are taken as they are. */
  readonly route: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Whether doing it twice is the same as doing it once, for a POST. */
  readonly repeatable?: boolean;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly data: unknown;
}

/** GitHub's REST API. Waits for rate limits within one bound; throws CodeHostError, or the signal's reason. */
export interface Session {
  readonly apiUrl: string;
  readonly graphqlUrl: string;
  send(call: Call): Promise<unknown>;
  /** All entries of a list, of all its pages. */
  list(call: Call): Promise<readonly unknown[]>;
  /** The answer before its body is read; a redirect is an answer. */
  open(call: Call): Promise<ApiAnswer>;
  /** Repeats several exchanges as one, when their last one fails for a temporary reason. */
  persist<T>(purpose: Purpose, exchange: () => Promise<T>): Promise<T>;
  /** Reads an address elsewhere: through the same proxies, without the token. */
  fetchOutside(url: string): Promise<Response>;
}

const PER_PAGE = 100;
const API_VERSION = '2022-11-28';
/** What gives the same when it is done twice. */
const REPEATABLE = new Set(['GET', 'PATCH', 'DELETE']);

const OctokitWithPages = Octokit.plugin(paginateRest);

/** Makes a session for each call of the port: its exchanges share a signal and the bound of all waits. */
export function createClient(options: ClientOptions): (signal?: AbortSignal) => Session {
  const { token, userAgent, logger, clock } = options;
  const apiUrl = options.apiUrl.replace(/\/+$/, '');
  const graphqlUrl = options.graphqlUrl ?? `${apiUrl.replace(/\/api\/v3$/, '/api')}/graphql`;
  const fetch = createProxiedFetch(options.proxy);
  const fetchOwn = withinOrigins(fetch, [apiUrl, graphqlUrl]);
  const say = (text: string) => logger.debug(text);
  const log = { debug: () => undefined, info: () => undefined, warn: say, error: say };

  return (signal) => {
    const patience = createPatience({ ...options, longestMs: options.longestWaitMs });
    const until = signal === undefined ? {} : { signal };
    const octokit = new OctokitWithPages({
      auth: token,
      baseUrl: apiUrl,
      userAgent,
      log,
      request: { fetch: fetchOwn, log, ...until },
    });
    octokit.hook.before('request', (endpoint) => {
      endpoint.headers['x-github-api-version'] = API_VERSION;
    });
    octokit.hook.wrap('request', (request, endpoint) => {
      const repeatable = endpoint.request?.repeatable === true || REPEATABLE.has(endpoint.method);
      const exchange = async () => {
        const answer = await request(endpoint);
        if (endpoint.request?.parseSuccessResponseBody !== false) checkWhole(answer);
        return answer;
      };
      return patience.persist(exchange, repeatable, signal);
    });
    const request = (call: Call, more: object): Promise<ApiAnswer> =>
      explained(call, () => octokit.request(call.route, { ...call.parameters, request: more }));
    const explained = async <T>(purpose: Purpose, exchange: () => Promise<T>): Promise<T> => {
      try {
        return await exchange();
      } catch (error) {
        signal?.throwIfAborted();
        throw failureOf(error, purpose, token, clock);
      }
    };
    return {
      apiUrl,
      graphqlUrl,
      send: async (call) => (await request(call, { repeatable: call.repeatable })).data,
      list: (call) => {
        const [method = '', url = ''] = call.route.split(' ', 2);
        const wanted = { ...call.parameters, method: method as 'GET', url, per_page: PER_PAGE };
        return explained(call, () => octokit.paginate<unknown, unknown>(wanted, ({ data }) => entriesOf(data, call)));
      },
      open: (call) => request(call, { redirect: 'manual', parseSuccessResponseBody: false }),
      persist: (purpose, exchange) => explained(purpose, () => patience.persist(exchange, true, signal)),
      fetchOutside: (url) => fetch(url, { headers: { 'user-agent': userAgent }, ...until }),
    };
  };
}

/** A page's address comes from an answer: the token goes to the hosts that we were given only. */
function withinOrigins(fetch: Fetch, urls: readonly string[]): Fetch {
  const origins = new Set(urls.map((url) => new URL(url).origin));
  return async (url, init) => {
    const { origin } = new URL(url);
    if (origins.has(origin)) return await fetch(url, init);
    throw new CodeHostError('unexpected', `GitHub's answer leads to ${origin}, wanted ${[...origins].join(' or ')}`);
  };
}

/** Anything but a list would count as its one entry, or none. */
function entriesOf(data: unknown, { action }: Call): unknown[] {
  return needed(Array.isArray(data) ? data : undefined, action);
}

/** Octokit takes an answer that broke off for an empty one: a list that looks empty would be written anew. */
function checkWhole({ status, data }: ApiAnswer): void {
  if (status === 204 || (typeof data === 'object' && data !== null)) return;
  throw new Trouble({ silence: { reason: 'the answer broke off, or is no JSON', maybeSent: true } });
}
