/** Header names and values in the order sent or received. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

export interface HttpRequest {
  readonly kind?: 'http';
  readonly method: string;
  /** Path with query, starting with a slash. */
  readonly path: string;
  /** Sent exactly so; only `host`, `connection` and `content-length` are added when absent. */
  readonly headers: HeaderList;
  readonly body?: Uint8Array;
}

/** One unary gRPC call over HTTP/2 in clear text with prior knowledge (h2c); over TLS where the origin is https. */
export interface GrpcRequest {
  readonly kind: 'grpc';
  /** `/package.Service/Method`. */
  readonly path: string;
  /** Names in lower case; values of names that end in `-bin` are base64. */
  readonly headers: HeaderList;
  /** The request message, serialised. */
  readonly message: Uint8Array;
  /** Sent as `grpc-timeout`; absent: no deadline. */
  readonly deadlineMs?: number;
}

/** A WebSocket connection; with `message` also one message, whose answer is the next message that comes. */
export interface SocketRequest {
  readonly kind: 'websocket';
  /** Path with query, starting with a slash. */
  readonly path: string;
  readonly headers: HeaderList;
  readonly subprotocols: readonly string[];
  readonly message?: string;
}

export type WireRequest = HttpRequest | GrpcRequest | SocketRequest;

/** `refused`: no connection. `reset`: closed before the answer was complete. `timeout`. `protocol`: not HTTP. */
export type TransportFailure = 'refused' | 'reset' | 'timeout' | 'protocol' | 'aborted';

export interface HttpExchange {
  /** Of the HTTP answer; 101 for an accepted WebSocket. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: HeaderList;
  /** The response message, serialised, of a gRPC call; the message that came, of a WebSocket. */
  readonly body: Uint8Array;
  /** Of a gRPC call: its status code (0 is OK), message and trailers. */
  readonly grpc?: { readonly code: number; readonly message: string; readonly trailers: HeaderList };
  /** Epoch milliseconds with fractions. */
  readonly sentAtMs: number;
  /** Connection ready, milliseconds before the request was sent. */
  readonly connectMs: number;
  /** Request written to first byte of the answer, and to its last. */
  readonly firstByteMs: number;
  readonly totalMs: number;
}

export type HttpOutcome =
  | {
      readonly ok: true;
      readonly status: number;
      readonly latencyMs: number;
      readonly body: Uint8Array;
      readonly contentType: string | undefined;
      /** Status code of a gRPC call; 0 is OK. */
      readonly grpcCode?: number;
    }
  | { readonly ok: false; readonly failure: TransportFailure; readonly latencyMs: number };

/**
 * One keep-alive connection with one request in flight at a time; it reconnects after a failure. All its requests are of
 * one kind.
 */
export interface HttpConnection {
  /** Calls `done` exactly once. No promise, no closure per request on the hot path. */
  send(request: WireRequest, done: (outcome: HttpOutcome) => void): void;
  close(): Promise<void>;
}

/** To an origin such as `http://127.0.0.1:8080`: HTTP/1.1, gRPC, WebSocket, by the kind of the request. Nothing is ever retried. */
export interface HttpTransport {
  /** One request on a connection of its own. Throws TransportError. */
  exchange(
    origin: string,
    request: WireRequest,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<HttpExchange>;
  open(origin: string, options: { readonly timeoutMs: number }): HttpConnection;
}

export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly failure: TransportFailure;
  /** The service is there and did say something, which was no answer. */
  readonly answered: boolean;
  constructor(failure: TransportFailure, message: string, options?: ErrorOptions & { readonly answered?: true }) {
    super(message, options);
    this.failure = failure;
    this.answered = options?.answered === true;
  }
}
