import { EnvHttpProxyAgent, fetch, type RequestInit, type Response } from 'undici';

export interface ProxySettings {
  readonly httpProxy?: string;
  readonly httpsProxy?: string;
  readonly noProxy?: string;
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

const CONNECT_MS = 10_000;
/** GitHub itself gives up after 10 s. */
const SILENT_MS = 30_000;

/** `fetch` through the proxies that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name, or the given ones. */
export function createProxiedFetch(proxy: ProxySettings = {}): Fetch {
  const dispatcher = new EnvHttpProxyAgent({
    connect: { timeout: CONNECT_MS },
    headersTimeout: SILENT_MS,
    bodyTimeout: SILENT_MS,
    ...proxy,
  });
  return (url, init) => fetch(url, { ...init, dispatcher });
}
