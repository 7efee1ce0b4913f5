import type { SchemaFinding } from './formats/json-schema.ts';
import type { DocumentedOperation } from './formats/openapi-document.ts';

/** What a message must look like, compiled. */
export interface DocumentedMessage {
  readonly name: string;
  /** Media type of the payload; absent: the document does not say. */
  readonly contentType?: string;
  /**
   * What is wrong with a payload and its headers (attributes of Pub/Sub); empty when nothing is. Pointers of findings in
   * headers read `headers /name`. Headers that are not given are not checked.
   */
  check(payload: unknown, headers?: unknown): readonly SchemaFinding[];
}

/** An AsyncAPI 2.6 document. Channels by their address, such as `/ws` or `results`. */
export interface DocumentedChannels {
  readonly addresses: readonly string[];
  /** Messages that the service sends on a channel; undefined: the document has no such channel. */
  sent(address: string): readonly DocumentedMessage[] | undefined;
  /** Messages that the service receives on a channel. */
  received(address: string): readonly DocumentedMessage[] | undefined;
}

/** One unary method of a proto3 service. Messages in the JSON mapping of proto3: int64 as text, bytes as base64. */
export interface DocumentedMethod {
  /** `/package.Service/Method`. */
  readonly path: string;
  /** What in a request the descriptor does not allow; fields whose value is open are not judged. */
  requestProblems(
    json: unknown,
    isOpen: (value: unknown) => boolean,
  ): readonly { readonly pointer: string; readonly message: string }[];
  /** Throws an Error whose text says which member is wrong. */
  encodeRequest(json: unknown): Uint8Array;
  /** Throws on bytes that are no such message. `unknown`: what the descriptor does not have, such as `field 9 of pkg.Item`. */
  decodeResponse(bytes: Uint8Array): { readonly json: unknown; readonly unknown: readonly string[] };
}

export interface DocumentedServices {
  /** `package.Service/Method` of all unary methods. */
  readonly methods: readonly string[];
  /** The same of all that stream, which are not checked. */
  readonly streaming: readonly string[];
  method(name: string): DocumentedMethod | undefined;
}

/** A GraphQL schema. */
export interface DocumentedGraph {
  /** What is wrong with an operation; empty when it is valid. */
  operationProblems(query: string): readonly string[];
  /** What in a result's data the schema does not allow for this operation. */
  dataFindings(
    operation: { readonly query: string; readonly operationName?: string; readonly variables?: unknown },
    data: unknown,
  ): readonly SchemaFinding[];
}

/** The documents of a contract, each read by its format. */
export interface ContractDocuments {
  readonly operations?: readonly DocumentedOperation[];
  readonly channels?: DocumentedChannels;
  readonly services?: DocumentedServices;
  readonly graph?: DocumentedGraph;
}
