import type { SocketTransport } from '../../ports/sockets.ts';
import type { HeaderList, HttpExchange, HttpTransport, WireRequest } from '../../ports/transport.ts';
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
  /** Makes values of an answer variables of the vector, before the step has ended. */
  readonly capture: (outputs: Readonly<Record<string, string>>, answer: OutputSource) => readonly CheckFailure[];
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
  /** What the outputs of a benchmark's setup are taken from; absent: the answer as HTTP. */
  output?(answer: HttpExchange): OutputSource | undefined;
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
  /** Variables that the step itself captures before it has ended. */
  captures?(step: StepOfKind[Name]): readonly string[];
  /** Why the step cannot be a request of a benchmark, though its kind can be. */
  loadProblem?(step: StepOfKind[Name]): string | undefined;
  /** Sends, and judges the answer by the vector and by the contract's documents. Effects are judged elsewhere. */
  run(step: StepOfKind[Name], context: StepContext): Promise<StepRun>;
  /** Absent: steps of this kind cannot be benchmark requests. */
  load?(step: StepOfKind[Name], contract: LoadedContract, signer: RequestSigner): LoadStep;
}

/** The documents of a contract, as far as they could be read. */
export type StepSurroundings = Pick<LoadedContract, 'documents' | 'channels' | 'schemas'>;
