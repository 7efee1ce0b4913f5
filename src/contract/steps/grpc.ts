import { nearest } from '../../documents/nearest.ts';
import { printable } from '../../documents/show.ts';
import type { GrpcRequest, HttpExchange } from '../../ports/transport.ts';
import { failure } from '../check-failure.ts';
import type { DocumentedServices } from '../documents.ts';
import { expand, expandText, isTemplated, type TemplateSource } from '../template.ts';
import { durationMs, type GrpcStep } from '../vector.ts';
import type { VectorProblem } from '../vector-check.ts';
import { judgedCall } from './grpc-answer.ts';
import { GRPC_STEP } from './grpc-schema.ts';
import { send } from './send.ts';
import type { LoadAnswer, StepKind } from './step-kind.ts';

/** One unary gRPC call, its answer judged by the vector and by the .proto documents. */
export const grpcStep: StepKind<'grpc'> = {
  name: 'grpc',
  schema: GRPC_STEP,
  problems(step, pointer, { documents }) {
    return callProblems(step, `${pointer}/grpc`, documents.services);
  },
  async run(step, context) {
    const { services } = context.contract.documents;
    let request: GrpcRequest;
    try {
      request = buildCall(step, context.source(), services);
    } catch (error) {
      // Only what its variables make of it can be wrong: all else was seen when the vector was loaded.
      return { failures: [failure('request', 'a message that the method takes', (error as Error).message)] };
    }
    const sent = await send(request, context);
    if ('run' in sent) return sent.run;
    const expected = expand(step.expect, context.source());
    return judgedCall(expected, sent.answer, services?.method(step.grpc.method), context.contract.schemas);
  },
  load(step, { documents, schemas }) {
    return (source) => {
      const request = buildCall(step, source, documents.services);
      // How long it takes is what load measures, and it keeps no metadata.
      const { within: _, headers: __, trailers: ___, message: ____, ...expect } = step.expect;
      const expected = expand(expect, source);
      const method = documents.services?.method(step.grpc.method);
      const judge = (answer: HttpExchange) => judgedCall(expected, answer, method, schemas);
      return {
        request,
        isCorrect: (answer) => judge(asExchange(answer)).failures.length === 0,
        output: (answer) => judge(answer).output,
      };
    };
  },
};

/** Metadata and message with their templates replaced. Throws TypeError for a message that the method does not take. */
function buildCall({ grpc }: GrpcStep, source: TemplateSource, services: DocumentedServices | undefined): GrpcRequest {
  const method = services?.method(grpc.method);
  return {
    kind: 'grpc',
    path: `/${grpc.method}`,
    headers: Object.entries(grpc.metadata ?? {}).map(([name, value]) => [name, expandText(value, source)] as const),
    message:
      grpc.base64 === undefined
        ? (method?.encodeRequest(expand(grpc.request ?? {}, source)) ?? new Uint8Array(0))
        : Buffer.from(expandText(grpc.base64, source), 'base64'),
    ...(grpc.timeout === undefined ? {} : { deadlineMs: durationMs(grpc.timeout) }),
  };
}

function callProblems(
  { grpc }: GrpcStep,
  pointer: string,
  services: DocumentedServices | undefined,
): readonly VectorProblem[] {
  const { methods = [], streaming = [] } = services ?? {};
  const method = services?.method(grpc.method);
  if (method !== undefined) {
    return method.requestProblems(grpc.request ?? {}, isTemplated).map((found) => ({
      code: 'grpc-message-invalid',
      pointer: `${pointer}/request${found.pointer}`,
      message: found.message,
    }));
  }
  const name = printable(grpc.method);
  if (streaming.includes(grpc.method)) {
    return [
      { code: 'grpc-method-unknown', pointer: `${pointer}/method`, message: `${name} streams, wanted a unary method` },
    ];
  }
  // What no document has can only be called with bytes: to see that it is refused.
  if (grpc.base64 !== undefined) return [];
  const near = nearest(grpc.method, methods);
  const hint = near === undefined ? 'call what no document has with base64' : `Did you mean "${near}"?`;
  const message = `no document has the method ${name}`;
  return [{ code: 'grpc-method-unknown', pointer: `${pointer}/method`, message, hint }];
}

function asExchange({ status, contentType, body, grpcCode }: LoadAnswer): HttpExchange {
  const headers = contentType === undefined ? [] : [['content-type', contentType] as const];
  const grpc = grpcCode === undefined ? {} : { grpc: { code: grpcCode, message: '', trailers: [] } };
  return { status, headers, body, ...grpc, sentAtMs: 0, connectMs: 0, firstByteMs: 0, totalMs: 0 };
}
