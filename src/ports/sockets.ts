import type { HeaderList } from './transport.ts';

/** What asks for a WebSocket. Headers of the handshake are added where absent. */
export interface SocketOpening {
  /** Path with query, starting with a slash. */
  readonly path: string;
  readonly headers: HeaderList;
  readonly subprotocols: readonly string[];
  /** Headers of the handshake, in lower case, that are not sent: what no client would leave out. */
  readonly without?: readonly string[];
}

/** WebSocket connections for vectors: frames as they are, also such as a library would never send. */
export interface SocketTransport {
  /** Throws TransportError when no answer came. Nothing is ever retried. */
  connect(
    origin: string,
    request: SocketOpening,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<SocketConnection | SocketRefusal>;
}

/** The server answered something else than 101. */
export interface SocketRefusal {
  readonly accepted: false;
  readonly status: number;
  /** Names in lower case. */
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}

/** `closed`: code 1005 when the close frame had none, 1006 when there was no close frame. */
export type SocketEvent =
  | { readonly kind: 'message'; readonly data: Uint8Array; readonly binary: boolean }
  | { readonly kind: 'pong'; readonly data: Uint8Array }
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string };

/** Text frame whatever its bytes; or not masked; or three frames in place of one, a ping between them. */
export type RawFrame = 'text-bytes' | 'unmasked' | 'fragmented';

/** Pings of the server are answered, and its close frame too, as long as it is read. */
export interface SocketConnection {
  readonly accepted: true;
  readonly headers: HeaderList;
  readonly subprotocol: string | undefined;
  /** A whole message, or frames as they are given. */
  send(data: Uint8Array, options: { readonly binary: boolean; readonly raw?: RawFrame }): void;
  ping(data: Uint8Array): void;
  /** The next event that fits, in order of arrival; undefined when none came in time. What does not fit stays. */
  next(fits: (event: SocketEvent) => boolean, timeoutMs: number): Promise<SocketEvent | undefined>;
  /** Stops reading from the socket, so that the server's buffers fill; or goes on. */
  reading(on: boolean): void;
  close(code?: number, reason?: string): void;
  /** Ends it at once. */
  end(): void;
}
