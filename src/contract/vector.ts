import type { SourcePosition } from '../domain/errors.ts';
import type { SignOptions } from './signing.ts';

/** One test vector of the format `test-vectors/1`, as written: templates are not yet replaced. */
export interface Vector {
  readonly id: string;
  readonly title: string;
  /** Vector file, relative to the contract's directory. */
  readonly file: string;
  readonly at: SourcePosition;
  /** Features without which the vector is skipped. */
  readonly requires: readonly string[];
  /** Contract version that introduced it; absent: the first. */
  readonly since?: string;
  readonly vars: Readonly<Record<string, unknown>>;
  readonly steps: readonly Step[];
}

/** What steps of every kind have beside the member that names their kind. */
export interface StepParts {
  /** Name to runtime expression: `$response.body#/id`, `$response.header.etag`, `$response.status`. */
  readonly outputs?: Readonly<Record<string, string>>;
  readonly effects?: readonly Effect[];
  /** Longest time to repeat the step until it passes, such as `5s`. */
  readonly eventually?: string;
}

export interface HttpStep extends StepParts {
  readonly http: HttpStepRequest;
  readonly expect: Expectation;
}

export interface HttpStepRequest {
  readonly method: string;
  readonly path: string;
  /** Applied after signing; null removes, a list sends the header once for each of its texts. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly json?: unknown;
  readonly text?: string;
  readonly base64?: string;
  readonly sign?: SignOptions;
}

export interface Expectation {
  readonly status: number | readonly number[];
  readonly json?: unknown;
  readonly absent?: readonly string[];
  readonly excludes?: readonly string[];
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly contentType?: string;
  readonly empty?: boolean;
  readonly text?: unknown;
}

/** One GraphQL operation over HTTP. */
export interface GraphqlStep extends StepParts {
  readonly graphql: {
    readonly query: string;
    readonly variables?: Readonly<Record<string, unknown>>;
    readonly operationName?: string;
    readonly headers?: Readonly<Record<string, string | null>>;
    /** False: the operation is meant to be wrong, and is not checked against the schema when it is loaded. */
    readonly valid?: boolean;
  };
  readonly expect: {
    readonly status?: number | readonly number[];
    readonly data?: unknown;
    /** Absent: there must be none. */
    readonly errors?: unknown;
    readonly extensions?: unknown;
    readonly excludes?: readonly string[];
  };
}

/** One unary gRPC call; messages in the JSON mapping of proto3. */
export interface GrpcStep extends StepParts {
  readonly grpc: {
    /** `package.Service/Method`. */
    readonly method: string;
    readonly request?: unknown;
    /** Serialised message, in place of `request`: what no client of the schema would send. */
    readonly base64?: string;
    readonly metadata?: Readonly<Record<string, string>>;
    /** Deadline of the call, such as `2s`. */
    readonly timeout?: string;
  };
  readonly expect: {
    /** Names of gRPC status codes, `OK` among them. */
    readonly code: string | readonly string[];
    readonly json?: unknown;
    readonly absent?: readonly string[];
    /** Message of the status. */
    readonly message?: unknown;
    readonly headers?: Readonly<Record<string, unknown>>;
    readonly trailers?: Readonly<Record<string, unknown>>;
    readonly excludes?: readonly string[];
    /** The call must have ended by then, such as `500ms`. */
    readonly within?: string;
  };
}

/** One message delivered as a Pub/Sub push subscription delivers it. */
export interface DeliverStep extends StepParts {
  readonly deliver: {
    /** Channel of the contract that the service is subscribed to. */
    readonly channel: string;
    readonly json?: unknown;
    readonly text?: string;
    readonly base64?: string;
    readonly attributes?: Readonly<Record<string, string>>;
    readonly messageId?: string;
    readonly orderingKey?: string;
    /** A whole number, or a template of one. */
    readonly deliveryAttempt?: number | string;
    readonly publishTime?: string;
    /** Merged over the envelope when it is made (RFC 7396): null removes a member. */
    readonly envelope?: Readonly<Record<string, unknown>>;
    readonly headers?: Readonly<Record<string, string | null>>;
    /** False: the message is meant to be wrong, and is not checked against the documents when it is loaded. */
    readonly valid?: boolean;
  };
  readonly expect: {
    /** Acknowledged (102, 200, 201, 202, 204) or not. */
    readonly ack: boolean;
    readonly status?: number | readonly number[];
    readonly excludes?: readonly string[];
  };
}

/** Several clients on one WebSocket endpoint, in turns. */
export interface WebsocketStep extends StepParts {
  readonly websocket: {
    readonly path: string;
    readonly headers?: Readonly<Record<string, string | null>>;
    readonly subprotocols?: readonly string[];
    readonly exchange?: readonly SocketTurn[];
  };
  readonly expect: {
    /** 101 when the connection is accepted. */
    readonly status: number | readonly number[];
    /** Null: none may be chosen. */
    readonly subprotocol?: string | null;
    readonly headers?: Readonly<Record<string, unknown>>;
    readonly excludes?: readonly string[];
  };
}

/** One turn of one client, with one action; a client that is named the first time connects first. */
export interface SocketTurn {
  /** Absent: the only client. */
  readonly client?: string;
  readonly send?: SocketFrame;
  /** The next message of this client. */
  readonly receive?: {
    readonly json?: unknown;
    readonly text?: unknown;
    readonly base64?: string;
    readonly absent?: readonly string[];
  };
  /** Sends a ping with this payload; the pong must carry it. */
  readonly ping?: string;
  /** Nothing may come for so long. */
  readonly silence?: string;
  /** The server closes with one of these codes. Messages that come before are not compared with anything. */
  readonly closed?: readonly number[];
  /** The client closes. */
  readonly close?: { readonly code?: number; readonly reason?: string };
  /** The client stops reading, or goes on. */
  readonly reading?: boolean;
  /** Turns without further repetition. */
  readonly repeat?: { readonly times: number; readonly turns: readonly SocketTurn[] };
  /** Longest wait of `receive`, `ping` and `closed`, such as `2s`. */
  readonly within?: string;
  /** Taken from the message that `receive` got; variables of the turns and steps that follow. */
  readonly outputs?: Readonly<Record<string, string>>;
}

export interface SocketFrame {
  readonly json?: unknown;
  readonly text?: string;
  readonly base64?: string;
  /**
   * What a library would never send: bytes as a text frame whatever they are, a frame without mask, or a message in
   * three frames with a ping between them.
   */
  readonly raw?: 'text-bytes' | 'unmasked' | 'fragmented';
}

export interface StepOfKind {
  readonly http: HttpStep;
  readonly graphql: GraphqlStep;
  readonly grpc: GrpcStep;
  readonly deliver: DeliverStep;
  readonly websocket: WebsocketStep;
}
export type Step = StepOfKind[keyof StepOfKind];

/** Messages on a channel that `where` selects. */
export interface Effect {
  readonly channel: string;
  readonly where: { readonly attributes?: Readonly<Record<string, unknown>>; readonly json?: unknown };
  readonly count: number;
  readonly within?: string;
  readonly settle?: string;
  readonly message?: MessageExpectation;
}

export interface MessageExpectation {
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly json?: unknown;
  readonly text?: unknown;
  readonly absent?: readonly string[];
  readonly excludes?: readonly string[];
}

/** Milliseconds of `400ms`, `5s`, `1.5s` or `1m`. */
export function durationMs(text: string): number {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text);
  const unitMs = { ms: 1, s: 1000, m: 60_000 }[found?.[2] ?? 'ms'] ?? 1;
  return Number(found?.[1] ?? 0) * unitMs;
}
