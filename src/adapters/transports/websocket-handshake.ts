import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { SocketOpening, SocketRefusal } from '../../ports/sockets.ts';
import { type HeaderList, TransportError } from '../../ports/transport.ts';
import { connectTo } from './connect.ts';
import { exchangeFailure } from './exchange-failure.ts';
import { headerList, readBody } from './raw-exchange.ts';

export interface HandshakeOptions {
  /** One deadline for name lookup, connecting and the whole answer. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface HandshakeTimes {
  /** Epoch milliseconds with fractions. */
  readonly sentAtMs: number;
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly totalMs: number;
}

export type Handshake = { readonly times: HandshakeTimes } & (
  | SocketRefusal
  | {
      readonly accepted: true;
      readonly headers: HeaderList;
      readonly subprotocol: string | undefined;
      readonly socket: Socket;
      /** What came behind the answer already. */
      readonly head: Buffer;
    }
);

/** What the server has to put behind the client's key (RFC 6455, 1.3). */
const KEY_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * Asks for a WebSocket on a fresh connection. An answer other than 101 is a result. Throws TransportError; of kind
 * `protocol` when the server accepts what it was not asked for.
 */
export async function shakeHands(
  origin: string,
  opening: SocketOpening,
  options: HandshakeOptions,
): Promise<Handshake> {
  const timeout = AbortSignal.timeout(Math.max(1, Math.ceil(options.timeoutMs)));
  const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
  const why = () => (options.signal?.aborted === true ? 'aborted' : timeout.aborted ? 'timeout' : undefined);
  const startedMs = performance.now();
  let socket: Socket | undefined;
  try {
    signal.throwIfAborted();
    socket = await connectTo(new URL(origin), signal);
    const connectMs = performance.now() - startedMs;
    const handshake = await ask(socket, new URL(origin), opening, connectMs, signal);
    if (!handshake.accepted) socket.destroy();
    return handshake;
  } catch (cause) {
    socket?.destroy();
    const phase = socket === undefined ? 'connect' : 'answer';
    throw cause instanceof TransportError ? cause : exchangeFailure(cause, phase, why(), options.timeoutMs);
  }
}

function ask(
  socket: Socket,
  origin: URL,
  opening: SocketOpening,
  connectMs: number,
  signal: AbortSignal,
): Promise<Handshake> {
  const headers = handshakeHeaders(origin, opening);
  return new Promise((resolve, reject) => {
    let sentMs = 0;
    let firstByteMs: number | undefined;
    const outgoing = httpRequest({
      createConnection: () => socket,
      method: 'GET',
      path: opening.path,
      headers: headers.flat(),
      setHost: false,
    });
    const times = (): HandshakeTimes => {
      const totalMs = performance.now() - sentMs;
      const sentAtMs = performance.timeOrigin + sentMs;
      return { sentAtMs, connectMs, firstByteMs: firstByteMs ?? totalMs, totalMs };
    };
    outgoing.once('socket', () => {
      sentMs = performance.now();
      socket.prependOnceListener('data', () => {
        firstByteMs = performance.now() - sentMs;
      });
    });
    const abort = () => outgoing.destroy(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    signal.addEventListener('abort', abort, { once: true });
    const settled = () => signal.removeEventListener('abort', abort);
    outgoing.once('close', settled);
    outgoing.once('error', reject);
    outgoing.once('upgrade', (response: IncomingMessage, _socket, head: Buffer) => {
      settled();
      const received = headerList(response.rawHeaders);
      const wrong = faultOf(received, headers);
      if (wrong !== undefined) return reject(new TransportError('protocol', wrong));
      const subprotocol = received.find(([name]) => name === 'sec-websocket-protocol')?.[1];
      return resolve({ accepted: true, headers: received, subprotocol, socket, head, times: times() });
    });
    outgoing.once('response', (response: IncomingMessage) => {
      const { statusCode: status = 0, rawHeaders } = response;
      readBody(response).then(
        (body) => resolve({ accepted: false, status, headers: headerList(rawHeaders), body, times: times() }),
        reject,
      );
    });
    outgoing.end();
  });
}

function handshakeHeaders(origin: URL, { headers, subprotocols, without = [] }: SocketOpening): HeaderList {
  const given = new Set(headers.map(([name]) => name.toLowerCase()));
  const own: HeaderList = [
    ['Host', origin.host],
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Key', randomBytes(16).toString('base64')],
    ['Sec-WebSocket-Version', '13'],
    ...(subprotocols.length === 0 ? [] : [['Sec-WebSocket-Protocol', subprotocols.join(', ')] as const]),
  ];
  const sent = own.filter(([name]) => !given.has(name.toLowerCase()) && !without.includes(name.toLowerCase()));
  return [...sent, ...headers];
}

/** Why a client has to fail the connection though it was accepted (RFC 6455, 4.1). */
function faultOf(received: HeaderList, sent: HeaderList): string | undefined {
  const value = (list: HeaderList, wanted: string) => list.find(([name]) => name.toLowerCase() === wanted)?.[1];
  const key = value(sent, 'sec-websocket-key') ?? '';
  const accept = createHash('sha1').update(`${key}${KEY_SUFFIX}`).digest('base64');
  if (value(received, 'upgrade')?.toLowerCase() !== 'websocket') return 'accepted without Upgrade: websocket';
  if (value(received, 'sec-websocket-accept') !== accept) return 'accepted with a wrong Sec-WebSocket-Accept';
  if (value(received, 'sec-websocket-extensions') !== undefined) return 'accepted with an extension nobody asked for';
  const offered = (value(sent, 'sec-websocket-protocol') ?? '').split(',').map((name) => name.trim());
  const chosen = value(received, 'sec-websocket-protocol');
  return chosen === undefined || offered.includes(chosen)
    ? undefined
    : 'accepted with a subprotocol that was not offered';
}
