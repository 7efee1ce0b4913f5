import { type HttpExchange, TransportError, type WireRequest } from '../../ports/transport.ts';
import { type CheckFailure, failure } from '../check-failure.ts';
import type { StepContext, StepRun } from './step-kind.ts';

const WANTED = { http: 'an HTTP answer', grpc: 'a gRPC answer', websocket: 'an answer' } as const;

/** One request; a failure of the transport becomes a finding, and tells whether it was for time. */
export async function send(
  request: WireRequest,
  { exchange, origin, requestTimeoutMs: timeoutMs, signal }: StepContext,
): Promise<{ readonly answer: HttpExchange } | { readonly run: StepRun }> {
  signal?.throwIfAborted();
  try {
    return { answer: await exchange(origin, request, { timeoutMs, ...(signal && { signal }) }) };
  } catch (error) {
    if (!(error instanceof TransportError) || error.failure === 'aborted') throw error;
    const failures: readonly CheckFailure[] = [
      failure('request', WANTED[request.kind ?? 'http'], `${error.failure}: ${error.message}`),
    ];
    return { run: { failures, unanswered: error.failure === 'timeout' ? 'timeout' : 'other' } };
  }
}
