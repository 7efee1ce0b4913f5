import type { SocketEvent } from '../../ports/sockets.ts';
import {
  type HttpConnection,
  type HttpExchange,
  type HttpOutcome,
  type SocketRequest,
  TransportError,
  type TransportFailure,
  type WireRequest,
} from '../../ports/transport.ts';
import { type HandshakeOptions, shakeHands } from './websocket-handshake.ts';
import { OPCODE, SocketLink } from './websocket-link.ts';

type Done = (outcome: HttpOutcome) => void;

const SWITCHING_PROTOCOLS = 101;
const NO_BODY = new Uint8Array(0);

/**
 * One connection of its own: the handshake and, with `message`, one round trip. Without a message the times are those of
 * the handshake, with one they run from sending it to its answer. Throws TransportError.
 */
export async function exchangeSocket(
  origin: string,
  request: SocketRequest,
  options: HandshakeOptions,
): Promise<HttpExchange> {
  const startedMs = performance.now();
  const handshake = await shakeHands(origin, request, options);
  const { times } = handshake;
  if (!handshake.accepted) {
    const { status, headers, body } = handshake;
    return { status, headers, body, ...times };
  }
  const { socket, head, headers } = handshake;
  const accepted = { status: SWITCHING_PROTOCOLS, headers };
  let told: ((event: SocketEvent | TransportFailure) => void) | undefined;
  const link = new SocketLink(socket, head, (event) => told?.(event));
  if (request.message === undefined) {
    link.close(1000);
    // The frame is written; nobody waits for its answer.
    socket.end();
    socket.setTimeout(1000, () => socket.destroy());
    return { ...accepted, body: NO_BODY, ...times };
  }
  const leftMs = Math.max(1, options.timeoutMs - (performance.now() - startedMs));
  const timer = setTimeout(() => told?.('timeout'), leftMs);
  const abort = () => told?.('aborted');
  options.signal?.addEventListener('abort', abort, { once: true });
  const sentMs = performance.now();
  try {
    const event = await new Promise<SocketEvent | TransportFailure>((resolve) => {
      told = (found) => {
        if (typeof found === 'string' || found.kind !== 'pong') resolve(found);
      };
      link.frame(OPCODE.text, Buffer.from(request.message ?? ''));
    });
    const totalMs = performance.now() - sentMs;
    if (typeof event === 'string') throw new TransportError(event, `no message within ${options.timeoutMs} ms`);
    if (event.kind !== 'message') {
      const code = event.kind === 'closed' ? event.code : 0;
      throw new TransportError('reset', `the connection was closed before a message came: code ${code}`);
    }
    const sentAtMs = performance.timeOrigin + sentMs;
    return { ...accepted, body: event.data, ...times, sentAtMs, firstByteMs: totalMs, totalMs };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', abort);
    link.end();
  }
}

/**
 * One WebSocket with one message in flight. `latencyMs` runs from the moment the message is written to the open
 * connection until the next message has come; connecting is not in it. `timeoutMs` bounds a whole exchange, connecting
 * included. After a failure, and after a message nobody asked for, the next `send` connects anew; nothing is sent twice.
 * Requests without `message` open and close a connection each, and time the handshake.
 */
export function openSocketConnection(origin: string, options: { readonly timeoutMs: number }): HttpConnection {
  return new MessageConnection(origin, options.timeoutMs);
}

class MessageConnection implements HttpConnection {
  readonly #origin: string;
  readonly #timeoutMs: number;
  #link: SocketLink | undefined;
  #closed = false;
  #done: Done | undefined;
  #sentMs = 0;
  #deadlineAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #connecting: AbortController | undefined;
  /** Frames of the last message, which load sends again and again. */
  #message: { readonly text: string; readonly bytes: Uint8Array } | undefined;

  constructor(origin: string, timeoutMs: number) {
    this.#origin = origin;
    this.#timeoutMs = timeoutMs;
  }

  send(request: WireRequest, done: Done): void {
    if (this.#done !== undefined) throw new Error('one request at a time: the one before has not been answered');
    if (this.#closed) throw new Error('the connection is closed');
    if (request.kind !== 'websocket') throw new TypeError('this connection is of WebSocket requests');
    this.#done = done;
    this.#sentMs = performance.now();
    if (request.message === undefined) return void this.#connectOnly(request);
    this.#deadlineAt = this.#sentMs + this.#timeoutMs;
    // One timer serves many messages: it looks at the current deadline when it fires.
    this.#timer ??= setTimeout(this.#onTimer, this.#timeoutMs);
    if (this.#link === undefined) void this.#connect(request);
    else this.#write(this.#link, request.message);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#link?.close(1000);
    this.#fail('aborted');
    this.#connecting?.abort();
  }

  async #connectOnly(request: SocketRequest): Promise<void> {
    const controller = this.#begin();
    try {
      const options = { timeoutMs: this.#timeoutMs, signal: controller.signal };
      const { status, body, totalMs: latencyMs } = await exchangeSocket(this.#origin, request, options);
      this.#finish({ ok: true, status, latencyMs, body, contentType: undefined });
    } catch (error) {
      this.#lost(controller, error);
    }
  }

  async #connect(request: SocketRequest): Promise<void> {
    const controller = this.#begin();
    try {
      const options = { timeoutMs: this.#timeoutMs, signal: controller.signal };
      const handshake = await shakeHands(this.#origin, request, options);
      if (!handshake.accepted) {
        const { status, body, times } = handshake;
        return this.#finish({ ok: true, status, latencyMs: times.totalMs, body, contentType: undefined });
      }
      const link: SocketLink = new SocketLink(handshake.socket, handshake.head, (event) => this.#onEvent(link, event));
      if (controller.signal.aborted) return link.end();
      this.#link = link;
      this.#write(link, request.message ?? '');
    } catch (error) {
      this.#lost(controller, error);
    }
  }

  /** Whoever aborted has finished already; by now another request may be under way. */
  #lost(controller: AbortController, error: unknown): void {
    if (!controller.signal.aborted) this.#fail(error instanceof TransportError ? error.failure : 'protocol');
  }

  #begin(): AbortController {
    this.#connecting = new AbortController();
    return this.#connecting;
  }

  #write(link: SocketLink, text: string): void {
    if (this.#message?.text !== text) this.#message = { text, bytes: Buffer.from(text) };
    this.#sentMs = performance.now();
    link.frame(OPCODE.text, this.#message.bytes);
  }

  #onEvent(link: SocketLink, event: SocketEvent): void {
    if (link !== this.#link || event.kind === 'pong') return;
    const latencyMs = performance.now() - this.#sentMs;
    if (event.kind === 'closed') this.#fail('reset');
    // Whose answer would the next message be?
    else if (this.#done === undefined) this.#drop();
    else this.#finish({ ok: true, status: SWITCHING_PROTOCOLS, latencyMs, body: event.data, contentType: undefined });
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    if (this.#done === undefined) return;
    const leftMs = this.#deadlineAt - performance.now();
    if (leftMs > 0) {
      this.#timer = setTimeout(this.#onTimer, Math.ceil(leftMs));
      return;
    }
    const connecting = this.#connecting;
    this.#fail('timeout');
    connecting?.abort();
  };

  #fail(failure: TransportFailure): void {
    this.#drop();
    this.#finish({ ok: false, failure, latencyMs: performance.now() - this.#sentMs });
  }

  #drop(): void {
    const link = this.#link;
    this.#link = undefined;
    link?.end();
  }

  #finish(outcome: HttpOutcome): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(outcome);
  }
}
