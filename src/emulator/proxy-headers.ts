import { randomBytes } from 'node:crypto';

/** Header names and values in turn, as node's `rawHeaders` has them. */
export type FlatHeaders = readonly string[];

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'te',
]);
/** Made anew for the application, or already dealt with by the listener. */
const REPLACED = new Set(['x-forwarded-for', 'x-forwarded-proto', 'traceparent', 'x-cloud-trace-context', 'expect']);

const TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const CLOUD_TRACE = /^([0-9a-f]{32})(?:\/(\d{1,20}))?(?:;o=\d)?$/i;

export interface TraceContext {
  /** 32 hex digits. */
  readonly trace: string;
  readonly traceparent: string;
  readonly cloudTrace: string;
}

/** The client's trace when it sent a valid one, in either header; else a new one. */
export function traceContext(traceparent: string | undefined, cloudTrace: string | undefined): TraceContext {
  const parent = traceparent === undefined ? null : TRACEPARENT.exec(traceparent);
  const cloud = cloudTrace === undefined ? null : CLOUD_TRACE.exec(cloudTrace);
  const trace = parent?.[1] ?? cloud?.[1]?.toLowerCase() ?? randomHex(16);
  const span = parent?.[0].slice(36, 52) ?? spanOf(cloud?.[2]) ?? randomHex(8);
  return {
    trace,
    traceparent: parent?.[0] ?? `00-${trace}-${span}-01`,
    cloudTrace: cloud?.[0] ?? `${trace}/${BigInt(`0x${span}`)};o=1`,
  };
}

/** Taken in blocks: a system call for each request would be a tenth of what the proxy costs. */
let pool = Buffer.alloc(0);
let used = 0;
function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    pool = randomBytes(4_096);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}

function spanOf(decimal: string | undefined): string | undefined {
  if (decimal === undefined) return undefined;
  const span = BigInt.asUintN(64, BigInt(decimal));
  return span === 0n ? undefined : span.toString(16).padStart(16, '0');
}

/** What the front end puts into a request before the application sees it. */
export function requestHeaders(raw: FlatHeaders, clientAddress: string, trace: TraceContext): string[] {
  const dropped = connectionNames(raw);
  const headers: string[] = [];
  let forwardedFor = clientAddress;
  eachHeader(raw, (name, value, lower) => {
    if (lower === 'x-forwarded-for') forwardedFor = `${value},${clientAddress}`;
    if (!HOP_BY_HOP.has(lower) && !REPLACED.has(lower) && !dropped?.has(lower)) headers.push(name, value);
  });
  headers.push('X-Forwarded-For', forwardedFor, 'X-Forwarded-Proto', 'http');
  headers.push('traceparent', trace.traceparent, 'X-Cloud-Trace-Context', trace.cloudTrace);
  return headers;
}

/** End-to-end headers of an answer; one with Set-Cookie is never cacheable by others, as behind Cloud Run. */
export function responseHeaders(raw: FlatHeaders): string[] {
  const dropped = connectionNames(raw);
  const headers: string[] = [];
  let setsCookie = false;
  eachHeader(raw, (name, value, lower) => {
    if (HOP_BY_HOP.has(lower) || dropped?.has(lower)) return;
    if (lower === 'set-cookie') setsCookie = true;
    headers.push(name, value);
  });
  if (!setsCookie) return headers;
  const rest: string[] = [];
  eachHeader(headers, (name, value, lower) => {
    if (lower !== 'cache-control') rest.push(name, value);
  });
  return [...rest, 'Cache-Control', 'private'];
}

/** For HTTP/2: lower-case names; duplicates joined, except Set-Cookie. */
export function toHttp2Headers(raw: FlatHeaders): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = Object.create(null);
  eachHeader(raw, (_name, value, lower) => {
    if (lower === 'host' || lower.startsWith(':')) return;
    const known = headers[lower];
    if (lower === 'set-cookie') headers[lower] = [...(Array.isArray(known) ? known : []), value];
    else if (typeof known === 'string') headers[lower] = `${known}${lower === 'cookie' ? '; ' : ', '}${value}`;
    else headers[lower] = value;
  });
  return headers;
}

/** From HTTP/2, without pseudo headers. */
export function fromHttp2Headers(headers: Readonly<Record<string, string | string[] | number | undefined>>): string[] {
  const raw: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(':')) continue;
    for (const one of Array.isArray(value) ? value : [String(value)]) raw.push(name, one);
  }
  return raw;
}

function eachHeader(raw: FlatHeaders, visit: (name: string, value: string, lower: string) => void): void {
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    visit(name, raw[i + 1] ?? '', name.toLowerCase());
  }
}

/** Names that a Connection header declares hop-by-hop; undefined when there are none, which is the usual case. */
function connectionNames(raw: FlatHeaders): ReadonlySet<string> | undefined {
  let names: Set<string> | undefined;
  eachHeader(raw, (_name, value, lower) => {
    if (lower !== 'connection') return;
    for (const part of value.toLowerCase().split(',')) {
      const token = part.trim();
      if (token === '' || token === 'keep-alive' || token === 'close') continue;
      names ??= new Set();
      names.add(token);
    }
  });
  return names;
}
