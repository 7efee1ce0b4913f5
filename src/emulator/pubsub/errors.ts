/** What Pub/Sub answers when it refuses: one code for REST and one for gRPC, with the same message. */
const CODES = {
  INVALID_ARGUMENT: { http: 400, grpc: 3 },
  OUT_OF_RANGE: { http: 400, grpc: 11 },
  NOT_FOUND: { http: 404, grpc: 5 },
  ALREADY_EXISTS: { http: 409, grpc: 6 },
  INTERNAL: { http: 500, grpc: 13 },
} as const;

export type PubSubStatus = keyof typeof CODES;

export class PubSubError extends Error {
  override readonly name = 'PubSubError';
  readonly status: PubSubStatus;
  readonly httpCode: number;
  readonly grpcCode: number;

  constructor(status: PubSubStatus, message: string) {
    super(message);
    this.status = status;
    this.httpCode = CODES[status].http;
    this.grpcCode = CODES[status].grpc;
  }
}

/** Anything unexpected is an INTERNAL error, so that a client sees an answer and not a closed connection. */
export function asPubSubError(error: unknown): PubSubError {
  if (error instanceof PubSubError) return error;
  return new PubSubError('INTERNAL', error instanceof Error ? error.message : String(error));
}
