/** gRPC status codes that matter here, as numbers, since gRPC errors and long-running operations carry them so. */
export const CODE = {
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** An answer with an error that did not come as a gRPC error: of a long-running operation, or over HTTP. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly code: number;
  /** How long the server asks to wait before another try. */
  readonly retryAfterMs: number | undefined;
  constructor(code: number, message: string, retryAfterMs?: number) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

const HTTP_CODES: Readonly<Record<number, number>> = {
  400: CODE.invalidArgument,
  401: CODE.unauthenticated,
  403: CODE.permissionDenied,
  404: CODE.notFound,
  409: CODE.aborted,
  429: CODE.resourceExhausted,
  500: CODE.internal,
  504: CODE.deadlineExceeded,
};

export function codeOfHttp(status: number): number {
  return HTTP_CODES[status] ?? (status >= 500 ? CODE.unavailable : CODE.failedPrecondition);
}

export function codeOf(error: unknown): number | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'number' ? code : undefined;
}

/** Temporary by nature: conflict (409), quota (429), unavailable and server errors (5xx). Nothing else is tried again. */
export function isTemporary(error: unknown): boolean {
  const code = codeOf(error);
  const temporary: readonly number[] = [
    CODE.aborted,
    CODE.resourceExhausted,
    CODE.unavailable,
    CODE.internal,
    CODE.deadlineExceeded,
  ];
  return code !== undefined && temporary.includes(code);
}

/** After these a write may have been carried out all the same; after a conflict or a quota it was not. */
export function mayHaveHappened(error: unknown): boolean {
  const code = codeOf(error);
  return code === CODE.unavailable || code === CODE.internal || code === CODE.deadlineExceeded;
}
