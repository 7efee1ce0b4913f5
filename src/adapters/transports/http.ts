import type { HttpConnection, HttpOutcome, HttpTransport, WireRequest } from '../../ports/transport.ts';
import { exchangeGrpc, openGrpcConnection } from './grpc.ts';
import { openConnection } from './keep-alive.ts';
import { exchange } from './raw-exchange.ts';
import { exchangeSocket, openSocketConnection } from './websocket.ts';

/**
 * Single exchanges, each on a connection of its own, and keep-alive connections for load: HTTP/1.1 as raw as node allows,
 * gRPC over HTTP/2, WebSockets, by the kind of the request.
 */
export function createHttpTransport(): HttpTransport {
  return {
    exchange(origin, request, options) {
      if (request.kind === 'grpc') return exchangeGrpc(origin, request, options);
      if (request.kind === 'websocket') return exchangeSocket(origin, request, options);
      return exchange(origin, request, options);
    },
    open: (origin, options) => new ConnectionByKind(origin, options),
  };
}

/** Opened by the first request; all others are of its kind. */
class ConnectionByKind implements HttpConnection {
  readonly #origin: string;
  readonly #options: { readonly timeoutMs: number };
  #connection: HttpConnection | undefined;
  #closed = false;

  constructor(origin: string, options: { readonly timeoutMs: number }) {
    this.#origin = origin;
    this.#options = options;
  }

  send(request: WireRequest, done: (outcome: HttpOutcome) => void): void {
    if (this.#closed) throw new Error('the connection is closed');
    this.#connection ??= this.#open(request);
    this.#connection.send(request, done);
  }

  #open({ kind }: WireRequest): HttpConnection {
    if (kind === 'grpc') return openGrpcConnection(this.#origin, this.#options);
    if (kind === 'websocket') return openSocketConnection(this.#origin, this.#options);
    return openConnection(this.#origin, this.#options);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#connection?.close();
  }
}
