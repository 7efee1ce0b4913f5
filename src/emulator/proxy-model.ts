import type { Readable, Writable } from 'node:stream';
import type { FlatHeaders } from './proxy-headers.ts';

/** A request at the front end, whichever HTTP version it came by. */
export interface FrontRequest {
  readonly method: string;
  readonly path: string;
  /** End-to-end and hop-by-hop, as received; contains `host`. */
  readonly headers: FlatHeaders;
  readonly clientAddress: string;
  /** False when the request certainly has no body. */
  readonly hasBody: boolean;
  /** The body of unknown length needs chunked framing on HTTP/1.1. */
  readonly hasLength: boolean;
  readonly body: Readable;
  /** Known once the body has ended. */
  trailers(): FlatHeaders;
}

/** Where the answer goes. */
export interface FrontResponse {
  readonly started: boolean;
  /** Throws when the headers cannot be expressed. `complete`: there is no body and no trailer, as in gRPC's trailers-only. */
  start(status: number, statusText: string, headers: FlatHeaders, complete: boolean): void;
  /** Takes the body. */
  readonly sink: Writable;
  end(trailers: FlatHeaders): void;
  /** Cuts the connection or resets the stream: the client must not take the answer for complete. */
  abort(): void;
  /** Calls back once, when the connection or stream is gone, complete or not. */
  onClose(gone: () => void): void;
}

/** One request on its way to an instance. */
export interface UpstreamCall {
  /** Ends it and everything it holds. Harmless when it is over. */
  abort(): void;
  /** Stops and restarts the flow of `data`. */
  pause(): void;
  resume(): void;
}

export interface UpstreamEvents {
  /** `complete`: neither body nor trailers follow. */
  started(status: number, statusText: string, headers: FlatHeaders, complete: boolean): void;
  data(chunk: Buffer): void;
  /** The body has ended in an orderly way. */
  ended(trailers: FlatHeaders): void;
  /** The connection failed, or what came was not HTTP; may come before or after `started`, and once. */
  failed(error: Error): void;
}

/** Connections to one instance. */
export interface Upstream {
  send(request: FrontRequest, headers: FlatHeaders, events: UpstreamEvents): UpstreamCall;
  close(): void;
}
