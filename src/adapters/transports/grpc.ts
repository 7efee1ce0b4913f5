import type { IncomingHttpHeaders } from 'node:http2';
import {
  type GrpcRequest,
  type HeaderList,
  type HttpConnection,
  type HttpExchange,
  type HttpOutcome,
  TransportError,
} from '../../ports/transport.ts';
import { connectTo } from './connect.ts';
import { exchangeFailure } from './exchange-failure.ts';
import type { GrpcAnswer } from './grpc-answer.ts';
import { GrpcSession } from './grpc-session.ts';
import type { ExchangeOptions } from './raw-exchange.ts';

/**
 * One unary call on one fresh connection: HTTP/2 with prior knowledge, or over TLS where the origin is https. The deadline
 * is told to the server and left to it; `timeoutMs` bounds everything. Throws TransportError: `reset` for a stream or
 * connection that ended early, `protocol` for what is not HTTP/2, is compressed, has no `grpc-status`, or does not
 * have exactly one message. An HTTP answer that is none of gRPC is an exchange with the code that clients map it to.
 */
export async function exchangeGrpc(
  origin: string,
  request: GrpcRequest,
  options: ExchangeOptions,
): Promise<HttpExchange> {
  const timeout = AbortSignal.timeout(Math.max(1, Math.ceil(options.timeoutMs)));
  const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
  const why = () => (options.signal?.aborted === true ? 'aborted' : timeout.aborted ? 'timeout' : undefined);
  const startedMs = performance.now();
  let session: GrpcSession | undefined;
  try {
    signal.throwIfAborted();
    const url = new URL(origin);
    const socket = await connectTo(url, signal, 'h2');
    const connectMs = performance.now() - startedMs;
    const opened = new GrpcSession(url, socket);
    session = opened;
    const answer = await new Promise<GrpcAnswer>((resolve, reject) => {
      const abort = () => opened.end(exchangeFailure(signal.reason, 'answer', why(), options.timeoutMs));
      signal.addEventListener('abort', abort, { once: true });
      opened.send(request, (result) => {
        signal.removeEventListener('abort', abort);
        if (result instanceof TransportError) reject(result);
        else resolve(result);
      });
      if (signal.aborted) abort();
    });
    return exchangeOf(answer, connectMs);
  } catch (cause) {
    throw cause instanceof TransportError ? cause : exchangeFailure(cause, 'connect', why(), options.timeoutMs);
  } finally {
    session?.end(new TransportError('aborted', 'the exchange is over'));
  }
}

function exchangeOf(answer: GrpcAnswer, connectMs: number): HttpExchange {
  const { status, body, code, message, sentAt, firstByteAt, lastByteAt } = answer;
  return {
    status,
    headers: headerList(answer.headers),
    body,
    grpc: { code, message, trailers: headerList(answer.trailers) },
    sentAtMs: performance.timeOrigin + sentAt,
    connectMs,
    firstByteMs: firstByteAt - sentAt,
    totalMs: lastByteAt - sentAt,
  };
}

function headerList(headers: IncomingHttpHeaders): HeaderList {
  return Object.entries(headers).flatMap(([name, value]): HeaderList => {
    if (value === undefined || name.startsWith(':')) return [];
    return [value].flat().map((one) => [name, String(one)] as const);
  });
}

const GIVEN_UP = new TransportError('aborted', 'ended after a failure');

type OutcomeDone = (outcome: HttpOutcome) => void;

class GrpcConnection implements HttpConnection {
  readonly #origin: URL;
  readonly #timeoutMs: number;
  readonly #closing = new AbortController();
  #session: GrpcSession | undefined;
  /** Which call the connection is at: one that was given up may still be connecting. */
  #call = 0;
  #done: OutcomeDone | undefined;
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(origin: string, timeoutMs: number) {
    this.#origin = new URL(origin);
    this.#timeoutMs = timeoutMs;
  }

  send(request: GrpcRequest, done: OutcomeDone): void {
    if (this.#done !== undefined) throw new Error('one request at a time: the one before has not been answered');
    if (this.#closing.signal.aborted) throw new Error('the connection is closed');
    this.#done = done;
    this.#call += 1;
    this.#startedAt = performance.now();
    // One timer serves many requests: it looks at the current deadline when it fires.
    this.#timer ??= setTimeout(this.#onTimer, this.#timeoutMs);
    if (this.#session?.usable === true) this.#session.send(request, this.#onAnswer);
    else void this.#connect(request, this.#call);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#fail(new TransportError('aborted', 'closed by the caller'));
    this.#drop();
  }

  async #connect(request: GrpcRequest, call: number): Promise<void> {
    this.#drop();
    try {
      const limit = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(Math.ceil(this.#timeoutMs))]);
      const session = new GrpcSession(this.#origin, await connectTo(this.#origin, limit, 'h2'));
      if (this.#call !== call || this.#done === undefined) return session.end(GIVEN_UP);
      this.#session = session;
      session.send(request, this.#onAnswer);
    } catch (cause) {
      if (this.#call !== call) return;
      this.#fail(
        cause instanceof TransportError ? cause : exchangeFailure(cause, 'connect', undefined, this.#timeoutMs),
      );
    }
  }

  readonly #onAnswer = (answer: GrpcAnswer | TransportError): void => {
    if (answer instanceof TransportError) {
      this.#fail(answer);
      return;
    }
    const { status, body, headers, code, isGrpc } = answer;
    const outcome: HttpOutcome = {
      ok: true,
      status,
      latencyMs: answer.lastByteAt - answer.sentAt,
      body,
      contentType: headers['content-type'],
      ...(isGrpc ? { grpcCode: code } : {}),
    };
    this.#finish(outcome);
  };

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    if (this.#done === undefined) return;
    const leftMs = this.#startedAt + this.#timeoutMs - performance.now();
    if (leftMs > 0) this.#timer = setTimeout(this.#onTimer, Math.ceil(leftMs));
    else this.#fail(new TransportError('timeout', `no complete answer within ${this.#timeoutMs} ms`));
  };

  #fail({ failure }: TransportError): void {
    if (this.#done === undefined) return;
    const latencyMs = performance.now() - this.#startedAt;
    const session = this.#session;
    this.#session = undefined;
    this.#finish({ ok: false, failure, latencyMs }, () => session?.end(GIVEN_UP));
  }

  /** The connection is ready for the next request before the caller is told. */
  #finish(outcome: HttpOutcome, before: () => void = () => undefined): void {
    const done = this.#done;
    this.#done = undefined;
    before();
    done?.(outcome);
  }

  #drop(): void {
    this.#session?.end(GIVEN_UP);
    this.#session = undefined;
  }
}

/**
 * One HTTP/2 connection for unary calls, one at a time. `latencyMs` runs by `performance.now()` from the moment the call is
 * written to the open connection until the last byte of its answer has been read; connecting is not in it. For a call that
 * never got written it runs from `send`. `timeoutMs` bounds one whole call, connecting included. After a failure, or when
 * the server has told that it takes no more calls, the next `send` connects anew; nothing is ever sent twice.
 */
export function openGrpcConnection(origin: string, options: { readonly timeoutMs: number }): HttpConnection {
  return new GrpcConnection(origin, options.timeoutMs);
}
