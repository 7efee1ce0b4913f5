import type { HttpRequest } from '../ports/transport.ts';

/** The `sign` member of a vector's request, templates resolved. */
export interface SignOptions {
  readonly scheme: string;
  /** Offset from now (`-10s`), or the literal text to send as timestamp. Absent: now. */
  readonly timestamp?: string;
  /** Sign this text in place of the body that is sent. */
  readonly body?: string;
  /** Name of the key to sign with; absent: the right one. */
  readonly key?: string;
}

/** Signs requests as a protocol wants it. Pure: the time is passed in. */
export interface RequestSigner {
  /** Values of `sign.scheme` that it knows. */
  readonly schemes: readonly string[];
  /** Values of `sign.key` that it knows. */
  readonly keys: readonly string[];
  /** The request with its signature headers added. */
  sign(request: HttpRequest, options: SignOptions, nowMs: number): HttpRequest;
}
