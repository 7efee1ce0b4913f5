import type { IncomingHttpHeaders, IncomingHttpStatusHeader } from 'node:http2';
import { broken, codeOfHttpStatus, decodedMessage, messagesIn } from './grpc-framing.ts';

export type ResponseHeaders = IncomingHttpHeaders & IncomingHttpStatusHeader;

/** What came of a call; times are of `performance.now()`. */
export interface AnswerParts {
  readonly headers: ResponseHeaders;
  /** The same block as the headers where the answer is trailers only. */
  readonly trailers: IncomingHttpHeaders;
  readonly chunks: readonly Buffer[];
  readonly sentAt: number;
  readonly firstByteAt: number;
  readonly lastByteAt: number;
}

export interface GrpcAnswer extends Omit<AnswerParts, 'chunks'> {
  readonly status: number;
  /** The one message; all of the body where the answer is none of gRPC. */
  readonly body: Buffer;
  /** Made of the HTTP status where `isGrpc` is false. */
  readonly code: number;
  readonly message: string;
  readonly isGrpc: boolean;
}

const NO_DATA = Buffer.alloc(0);
const DEADLINE_EXCEEDED = 4;

/** Throws TransportError `protocol` for a gRPC answer without status, or without exactly one message where it is OK. */
export function answerOf({ chunks, ...parts }: AnswerParts): GrpcAnswer {
  const { headers, trailers } = parts;
  const status = headers[':status'] ?? 0;
  const [first = NO_DATA] = chunks;
  const data = chunks.length > 1 ? Buffer.concat(chunks) : first;
  const type = headers['content-type'];
  if (status !== 200 || type === undefined || !/^application\/grpc($|[+;])/.test(type)) {
    const message = `HTTP status ${status}, ${type ?? 'no content-type'}`;
    return { ...parts, status, body: data, code: codeOfHttpStatus(status), message, isGrpc: false };
  }
  const found = trailers['grpc-status'];
  if (typeof found !== 'string' || !/^\d{1,3}$/.test(found)) throw broken(`grpc-status ${found ?? 'nowhere'}`);
  const code = Number(found);
  const messages = messagesIn(data);
  if (messages.length > 1 || (code === 0 && messages.length === 0)) {
    throw broken(`${messages.length} messages, wanted one`);
  }
  const text = trailers['grpc-message'];
  const message = typeof text === 'string' ? decodedMessage(text) : '';
  return { ...parts, status, body: messages[0] ?? NO_DATA, code, message, isGrpc: true };
}

/**
 * A call that its server, or what stands before it, ended after its deadline by other means than a status: the client's own
 * clock has told its caller DEADLINE_EXCEEDED by then.
 */
export function endedAtDeadline({ chunks: _, ...parts }: AnswerParts): GrpcAnswer {
  const headers: ResponseHeaders = { 'content-type': 'application/grpc' };
  const message = 'the call was ended after its deadline';
  return {
    ...parts,
    headers,
    trailers: {},
    status: 200,
    body: NO_DATA,
    code: DEADLINE_EXCEEDED,
    message,
    isGrpc: true,
  };
}
