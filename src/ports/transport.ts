/** Header names and values in the order sent or received. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

export interface HttpRequest {
  readonly method: string;
  /** Path with query, starting with a slash. */
  readonly path: string;
  /** Sent exactly so; only `host`, `connection` and `content-length` are added when absent. */
  readonly headers: HeaderList;
  readonly body?: Uint8Array;
}

/** `refused`: no connection. `reset`: closed before the answer was complete. `timeout`. `protocol`: not HTTP. */
export type TransportFailure = 'refused' | 'reset' | 'timeout' | 'protocol' | 'aborted';

export interface HttpExchange {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: HeaderList;
  readonly body: Uint8Array;
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
    }
  | { readonly ok: false; readonly failure: TransportFailure; readonly latencyMs: number };

/** One keep-alive connection with one request in flight at a time; it reconnects after a failure. */
export interface HttpConnection {
  /** Calls `done` exactly once. No promise, no closure per request on the hot path. */
  send(request: HttpRequest, done: (outcome: HttpOutcome) => void): void;
  close(): Promise<void>;
}

/** HTTP/1.1 to an origin such as `http://127.0.0.1:8080`. Nothing is ever retried. */
export interface HttpTransport {
  /** One request on a connection of its own. Throws TransportError. */
  exchange(
    origin: string,
    request: HttpRequest,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<HttpExchange>;
  open(origin: string, options: { readonly timeoutMs: number }): HttpConnection;
}

export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly failure: TransportFailure;
  constructor(failure: TransportFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}
