import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type HeaderList, type HttpExchange, type HttpRequest, TransportError } from '../../ports/transport.ts';
import { connectTo } from './connect.ts';
import { exchangeFailure } from './exchange-failure.ts';

const LARGEST_BODY_BYTES = 32 * 1024 * 1024;
const LARGEST_HEADER_BYTES = 64 * 1024;

export interface ExchangeOptions {
  /** One deadline for everything: name lookup, connecting, the whole answer. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * One request on one fresh connection. Headers go out exactly as given, in order and with duplicates; only `Host`,
 * `Connection: close` and `Content-Length` are added where absent. Throws TransportError.
 */
export async function exchange(origin: string, request: HttpRequest, options: ExchangeOptions): Promise<HttpExchange> {
  const timeout = AbortSignal.timeout(Math.max(1, Math.ceil(options.timeoutMs)));
  const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
  const why = () => (options.signal?.aborted === true ? 'aborted' : timeout.aborted ? 'timeout' : undefined);
  const startedMs = performance.now();
  let socket: Socket | undefined;
  try {
    signal.throwIfAborted();
    socket = await connectTo(new URL(origin), signal);
    const connectMs = performance.now() - startedMs;
    return await converse(socket, new URL(origin), request, connectMs, signal);
  } catch (cause) {
    const phase = socket === undefined ? 'connect' : 'answer';
    throw cause instanceof TransportError ? cause : exchangeFailure(cause, phase, why(), options.timeoutMs);
  } finally {
    socket?.destroy();
  }
}

function converse(
  socket: Socket,
  origin: URL,
  request: HttpRequest,
  connectMs: number,
  signal: AbortSignal,
): Promise<HttpExchange> {
  return new Promise((resolve, reject) => {
    let sentMs = 0;
    let firstByteMs: number | undefined;
    const outgoing: ClientRequest = httpRequest({
      createConnection: () => socket,
      method: request.method,
      path: request.path,
      headers: flattened(withNeeded(request, origin)),
      setHost: false,
      maxHeaderSize: LARGEST_HEADER_BYTES,
    });
    // The request is flushed right after this event, so here is the last moment before the first byte goes out.
    outgoing.once('socket', () => {
      sentMs = performance.now();
      socket.prependOnceListener('data', () => {
        firstByteMs = performance.now() - sentMs;
      });
    });
    const finish = (response: IncomingMessage, body: Uint8Array) => {
      const totalMs = performance.now() - sentMs;
      resolve({
        status: response.statusCode ?? 0,
        headers: headerList(response.rawHeaders),
        body,
        sentAtMs: performance.timeOrigin + sentMs,
        connectMs,
        firstByteMs: firstByteMs ?? totalMs,
        totalMs,
      });
    };
    const abort = () => outgoing.destroy(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    signal.addEventListener('abort', abort, { once: true });
    outgoing.once('close', () => signal.removeEventListener('abort', abort));
    outgoing.once('error', reject);
    outgoing.once('upgrade', (response: IncomingMessage) => finish(response, new Uint8Array(0)));
    outgoing.once('response', (response: IncomingMessage) => {
      readBody(response).then((body) => finish(response, body), reject);
    });
    outgoing.end(request.body);
  });
}

export async function readBody(response: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > LARGEST_BODY_BYTES) {
      throw new TransportError('protocol', `the answer's body is larger than ${LARGEST_BODY_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function withNeeded(request: HttpRequest, origin: URL): HeaderList {
  const given = new Set(request.headers.map(([name]) => name.toLowerCase()));
  const added: [string, string][] = [];
  if (!given.has('host')) added.push(['Host', origin.host]);
  if (!given.has('connection')) added.push(['Connection', 'close']);
  const bodyMethod = /^(POST|PUT|PATCH)$/i.test(request.method);
  const framed = given.has('content-length') || given.has('transfer-encoding');
  if (!framed && (request.body !== undefined || bodyMethod)) {
    added.push(['Content-Length', String(request.body?.length ?? 0)]);
  }
  return [...added, ...request.headers];
}

function flattened(headers: HeaderList): string[] {
  return headers.flat();
}

export function headerList(raw: readonly string[]): HeaderList {
  const list: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) list.push([(raw[i] ?? '').toLowerCase(), raw[i + 1] ?? '']);
  return list;
}
