import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { Socket } from 'node:net';
import { type GrpcRequest, TransportError } from '../../ports/transport.ts';
import { type AnswerParts, answerOf, endedAtDeadline, type GrpcAnswer, type ResponseHeaders } from './grpc-answer.ts';
import { framed, refuseLarger, timeoutText } from './grpc-framing.ts';

type Done = (answer: GrpcAnswer | TransportError) => void;

const WINDOW_BYTES = 4 * 1024 * 1024;
/** Timers of servers may be that early, by their clock. */
const EARLY_MS = 10;

/**
 * One HTTP/2 connection with one call in flight at a time, and its handlers, which serve every call. A failure ends it:
 * what it still reports must never reach a later call.
 */
export class GrpcSession {
  readonly #session: ClientHttp2Session;
  readonly #origin: URL;
  #stream: ClientHttp2Stream | undefined;
  #done: Done | undefined;
  #request: GrpcRequest | undefined;
  #wire: { readonly headers: Record<string, string | string[]>; readonly frame: Buffer } | undefined;
  #headers: ResponseHeaders | undefined;
  #trailers: IncomingHttpHeaders | undefined;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #sentAt = 0;
  #firstByteAt = 0;
  #lastByteAt = 0;

  /** `socket` is connected, TLS included. */
  constructor(origin: URL, socket: Socket) {
    this.#origin = origin;
    this.#session = connect(origin.origin, {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: WINDOW_BYTES },
    });
    // A large answer must not wait for our acknowledgements on a long way.
    this.#session.once('connect', () => this.#session.setLocalWindowSize(WINDOW_BYTES));
    this.#session.on('error', (error) => this.#fail(failureOf(error)));
    this.#session.on('close', () => this.#fail(new TransportError('reset', 'the connection was closed')));
  }

  /** Whether another call can be made: the server may have said that it takes no more. */
  get usable(): boolean {
    return !this.#session.closed && !this.#session.destroyed;
  }

  send(request: GrpcRequest, done: Done): void {
    this.#done = done;
    this.#headers = undefined;
    this.#trailers = undefined;
    this.#chunks = [];
    this.#bytes = 0;
    this.#firstByteAt = 0;
    if (this.#request !== request || this.#wire === undefined) {
      this.#request = request;
      this.#wire = { headers: headersOf(request, this.#origin), frame: framed(request.message) };
    }
    if (this.#session.connecting) this.#session.once('connect', this.#begin);
    else this.#begin();
  }

  /** Ends the connection; a call in flight gets the failure at once. */
  end(failure: TransportError): void {
    this.#fail(failure);
    this.#session.destroy();
  }

  readonly #begin = (): void => {
    if (this.#wire === undefined || this.#done === undefined) return;
    this.#sentAt = performance.now();
    try {
      const stream = this.#session.request(this.#wire.headers);
      this.#stream = stream;
      stream.on('response', this.#onResponse);
      stream.on('data', this.#onData);
      stream.on('trailers', this.#onTrailers);
      stream.on('end', this.#onEnd);
      // These two may come when the next call is on its way.
      stream.on('close', () => stream === this.#stream && this.#onClose(stream.rstCode ?? 0));
      stream.on('error', (error) => stream === this.#stream && this.#fail(failureOf(error)));
      stream.end(this.#wire.frame);
    } catch (error) {
      this.#fail(failureOf(error));
    }
  };

  readonly #onResponse = (headers: ResponseHeaders, flags: number): void => {
    this.#firstByteAt = performance.now();
    this.#lastByteAt = this.#firstByteAt;
    this.#headers = headers;
    // Trailers-only: the one block of headers is the trailers too.
    if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0) this.#trailers = headers;
  };

  readonly #onData = (chunk: Buffer): void => {
    this.#lastByteAt = performance.now();
    this.#bytes += chunk.length;
    this.#chunks.push(chunk);
    try {
      refuseLarger(this.#bytes);
    } catch (error) {
      this.#fail(error as TransportError);
    }
  };

  readonly #onTrailers = (trailers: IncomingHttpHeaders): void => {
    this.#lastByteAt = performance.now();
    this.#trailers = trailers;
  };

  readonly #onEnd = (): void => {
    // A reset in the middle of an answer ends the stream as well; `close` tells which.
    if (this.#headers === undefined || (this.#stream?.rstCode ?? 0) !== constants.NGHTTP2_NO_ERROR) return;
    try {
      const parts = this.#parts(this.#headers);
      const answer = answerOf(parts);
      this.#finish(answer.isGrpc || !this.#isLate() ? answer : endedAtDeadline(parts));
    } catch (error) {
      this.#fail(failureOf(error));
    }
  };

  #onClose(code: number): void {
    if (this.#isLate() && code === constants.NGHTTP2_CANCEL && this.#trailers === undefined) {
      this.#lastByteAt = performance.now();
      this.#finish(endedAtDeadline(this.#parts({})));
      return;
    }
    const message = `the stream was closed before its answer was complete, code ${code}`;
    this.#fail(new TransportError('reset', message, code === 0 ? {} : { answered: true }));
  }

  #isLate(): boolean {
    const { deadlineMs } = this.#request ?? {};
    return deadlineMs !== undefined && performance.now() - this.#sentAt >= deadlineMs - EARLY_MS;
  }

  #parts(headers: ResponseHeaders): AnswerParts {
    return {
      headers,
      trailers: this.#trailers ?? {},
      chunks: this.#chunks,
      sentAt: this.#sentAt,
      firstByteAt: this.#firstByteAt === 0 ? this.#lastByteAt : this.#firstByteAt,
      lastByteAt: this.#lastByteAt,
    };
  }

  #finish(answer: GrpcAnswer): void {
    const stream = this.#stream;
    this.#stream = undefined;
    const done = this.#done;
    this.#done = undefined;
    // Answered before the request was taken whole: nobody waits for the rest.
    if (stream !== undefined && !stream.writableFinished && !stream.closed) stream.close(constants.NGHTTP2_CANCEL);
    done?.(answer);
  }

  #fail(failure: TransportError): void {
    const done = this.#done;
    this.#done = undefined;
    if (done === undefined) return;
    this.#session.destroy();
    done(failure);
  }
}

function headersOf(request: GrpcRequest, origin: URL): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {
    ':method': 'POST',
    ':scheme': origin.protocol.slice(0, -1),
    ':authority': origin.host,
    ':path': request.path,
    te: 'trailers',
    'content-type': 'application/grpc',
    'user-agent': 'cloudrun-perf',
  };
  if (request.deadlineMs !== undefined) headers['grpc-timeout'] = timeoutText(request.deadlineMs);
  const given: Record<string, string[]> = {};
  for (const [name, value] of request.headers) {
    const lower = name.toLowerCase();
    given[lower] = [...(given[lower] ?? []), value];
  }
  for (const [name, values] of Object.entries(given)) headers[name] = values.length === 1 ? (values[0] ?? '') : values;
  return headers;
}

/** `protocol`: what came is not HTTP/2, or not gRPC. All else ended the connection or the stream. */
function failureOf(error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const text = error instanceof Error ? error.message : String(error);
  const ofStream = code === 'ERR_HTTP2_STREAM_ERROR';
  const reset = ofStream || !code.startsWith('ERR_') || /ERR_HTTP2_(SESSION_ERROR|GOAWAY)/.test(code);
  return new TransportError(reset ? 'reset' : 'protocol', `${reset ? 'the call was ended' : 'not HTTP/2'}: ${text}`, {
    cause: error,
    ...(ofStream ? { answered: true } : {}),
  });
}
