import type { HeaderList, HttpTransport, WireRequest } from '../../ports/transport.ts';
import type { CheckFailure } from '../check-failure.ts';
import type { Content } from '../content.ts';
import type { LoadedContract } from '../contract.ts';
import type { RequestSigner } from '../signing.ts';
import type { TemplateSource } from '../template.ts';
import type { StepOfKind } from '../vector.ts';
import type { VectorProblem } from '../vector-check.ts';

export type StepKindName = keyof StepOfKind;

/** What `outputs` are taken from: `$response.status`, `$response.header.x`, `$response.body#/x`. */
export interface OutputSource {
  readonly status: number | string;
  readonly headers: HeaderList;
  readonly content: Content;
}

/** What a step is run with. Templates of the step are replaced by the kind itself, as late as it can. */
export interface StepContext {
  readonly contract: LoadedContract;
  /** `http://host:port` of the service. */
  readonly origin: string;
  readonly exchange: HttpTransport['exchange'];
  readonly sockets?: SocketTransport;
  readonly signer: RequestSigner;
  readonly requestTimeoutMs: number;
  /** The variables of the vector and the time of now. */
  readonly source: () => TemplateSource;
  readonly sleep: (durationMs: number) => Promise<void>;
  readonly signal?: AbortSignal;
}

export interface StepRun {
  readonly failures: readonly CheckFailure[];
  /** Present when an answer came. */
  readonly output?: OutputSource;
  /** No answer came at all: the service may hang or be gone. */
  readonly unanswered?: 'timeout' | 'other';
}

/** A step as a load generator sends it: made anew as often as its templates or its signature want it. */
export type LoadStep = (source: TemplateSource) => LoadCall;

/** One request under load, and what its answer has to be. */
export interface LoadCall {
  readonly request: WireRequest;
  isCorrect(answer: LoadAnswer): boolean;
}

export interface LoadAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
  readonly grpcCode?: number;
}

/** One kind of step of the format `test-vectors/1`. */
export interface StepKind<Name extends StepKindName = StepKindName> {
  readonly name: Name;
  /** JSON Schema of a whole step of this kind. */
  readonly schema: object;
  /** What the schema cannot see, such as an operation that the contract's documents do not have. */
  problems?(step: StepOfKind[Name], pointer: string, contract: StepSurroundings): readonly VectorProblem[];
  /** Sends, and judges the answer by the vector and by the contract's documents. Effects are judged elsewhere. */
  run(step: StepOfKind[Name], context: StepContext): Promise<StepRun>;
  /** Absent: steps of this kind cannot be benchmark requests. */
  load?(step: StepOfKind[Name], contract: LoadedContract, signer: RequestSigner): LoadStep;
}

/** The documents of a contract, as far as they could be read. */
export type StepSurroundings = Pick<LoadedContract, 'documents' | 'channels' | 'schemas'>;

/** WebSocket connections for vectors: frames as they are, also such as a library would never send. */
export interface SocketTransport {
  connect(
    origin: string,
    request: { readonly path: string; readonly headers: HeaderList; readonly subprotocols: readonly string[] },
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<SocketConnection | SocketRefusal>;
}

/** The server answered something else than 101. */
export interface SocketRefusal {
  readonly accepted: false;
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}

export type SocketEvent =
  | { readonly kind: 'message'; readonly data: Uint8Array; readonly binary: boolean }
  | { readonly kind: 'pong'; readonly data: Uint8Array }
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string };

export interface SocketConnection {
  readonly accepted: true;
  readonly headers: HeaderList;
  readonly subprotocol: string | undefined;
  /** A whole message, or frames as they are given. */
  send(
    data: Uint8Array,
    options: { readonly binary: boolean; readonly raw?: 'text-bytes' | 'unmasked' | 'fragmented' },
  ): void;
  ping(data: Uint8Array): void;
  /** The next event that fits, in order of arrival; undefined when none came in time. What does not fit stays. */
  next(fits: (event: SocketEvent) => boolean, timeoutMs: number): Promise<SocketEvent | undefined>;
  /** Stops reading from the socket, so that the server's buffers fill; or goes on. */
  reading(on: boolean): void;
  close(code?: number, reason?: string): void;
  /** Ends it at once. */
  end(): void;
}
