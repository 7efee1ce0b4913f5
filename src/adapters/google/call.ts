import { createProxiedFetch } from '../github/proxied-fetch.ts';
import { withoutTokens } from './secrets.ts';

export interface CallRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, a string as a form. */
  readonly body?: object | string;
  /** What of the request must not come back in a message. */
  readonly secrets: readonly string[];
}

export interface Answer {
  readonly status: number;
  /** The object that the answer holds; empty when it is none. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** What it says, without tokens, for messages. */
  readonly text: string;
  /** The other side's clock when it answered, by its Date header. */
  readonly serverEpochMs?: number;
}

/** No answer: the network, a proxy or the other side failed. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

export type Call = (request: CallRequest) => Promise<Answer>;

const TIMEOUT_MS = 20_000;

/** One request to a token service, through the proxy of the environment. Never follows a redirect: tokens are in it. */
export function createCall(): Call {
  const fetch = createProxiedFetch();
  return async ({ method, url, headers = {}, body, secrets }) => {
    const type = typeof body === 'string' ? 'application/x-www-form-urlencoded' : 'application/json';
    try {
      const response = await fetch(url, {
        method,
        redirect: 'error',
        headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': type }), ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await response.text();
      const dateMs = Date.parse(response.headers.get('date') ?? '');
      return {
        status: response.status,
        fields: fieldsOf(text),
        text: withoutTokens(text, secrets),
        ...(Number.isNaN(dateMs) ? {} : { serverEpochMs: dateMs }),
      };
    } catch (error) {
      throw new NoAnswer(withoutTokens(reasonOf(error), secrets));
    }
  };
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}

/** fetch says only "fetch failed"; the reason is in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
