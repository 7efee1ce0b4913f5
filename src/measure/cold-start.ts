import type { ColdStart } from '../domain/measurement.ts';
import { type HttpExchange, type HttpTransport, TransportError } from '../ports/transport.ts';
import { abortedAtZero, mayBeAborted, requestLine } from './aborted.ts';
import { readMarker } from './cold-marker.ts';
import type { ColdFinding, ColdRequest } from './cold-proof.ts';
import type { Loss } from './failure-streak.ts';
import { awaitLog, type LogPatience, type LogPorts } from './log-wait.ts';
import type { MeasuredProtocol, SampleTarget } from './target.ts';
import { newTrace, traced } from './trace.ts';

export interface ColdInput {
  readonly target: SampleTarget;
  readonly protocol: MeasuredProtocol;
  readonly timeoutMs: number;
  readonly patience: LogPatience;
}

export type ColdPorts = LogPorts & { readonly transport: HttpTransport };

/** An answer whose proof is still to come. */
export interface AskedCold {
  readonly request: ColdRequest;
  readonly answer: Pick<ColdStart, 'ttfbMs' | 'totalMs' | 'status'>;
}

/** `loss`: no 200 came, there is nothing to time; its kind is the transport's failure, `status 503`, or `aborted`. */
export type ColdOutcome = { readonly asked: AskedCold } | { readonly loss: Loss };

/**
 * One request on a fresh connection to a revision without instances. An answer other than 200 is a failed sample: how fast
 * an error comes says nothing.
 */
export async function askCold(input: ColdInput, ports: ColdPorts, signal?: AbortSignal): Promise<ColdOutcome> {
  const { target } = input;
  const trace = newTrace();
  let exchange: HttpExchange;
  try {
    exchange = await ports.transport.exchange(
      target.url,
      traced(input.protocol.coldRequest(trace.traceparent), trace),
      {
        timeoutMs: input.timeoutMs,
        ...(signal === undefined ? {} : { signal }),
      },
    );
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof TransportError)) throw error;
    const text = error.failure === 'timeout' ? `no answer within ${input.timeoutMs} ms` : error.failure;
    return { loss: { kind: error.failure, reason: `cold request failed: ${text}` } };
  }
  if (exchange.status >= 300) return { loss: await failedWith(exchange.status, trace.id, input, ports, signal) };
  const fault = (input.protocol.coldFault ?? faultOfStatus)(exchange);
  if (fault !== undefined) return { loss: { kind: 'wrong answer', reason: `cold request failed: ${fault}` } };
  const { sentAtMs, firstByteMs: ttfbMs, totalMs, status } = exchange;
  const marker = readMarker(exchange.headers);
  const request: ColdRequest = {
    revision: target.revision,
    traceId: trace.id,
    sentAtMs,
    firstByteAtMs: sentAtMs + ttfbMs,
    ...(marker === undefined ? {} : { marker }),
  };
  return { asked: { request, answer: { ttfbMs, totalMs, status } } };
}

const faultOfStatus = ({ status }: HttpExchange) => (status === 200 ? undefined : `status ${status}, wanted 200`);

/** The answer with what the log says of it. */
export function coldStartOf({ answer }: AskedCold, { proof, phases }: ColdFinding): ColdStart {
  return { ...answer, ...phases, proof };
}

/** The log tells whose answer an error was: an instance's, or the platform's own. Only the first is the service's. */
async function failedWith(
  status: number,
  traceId: string,
  { target, patience }: ColdInput,
  ports: ColdPorts,
  signal?: AbortSignal,
): Promise<Loss> {
  const kind = `status ${status}`;
  const failed = { kind, reason: `cold request failed: ${kind}, wanted 200` };
  if (!mayBeAborted(status)) return failed;
  const events = await awaitLog(
    { service: target.service, revision: target.revision, sinceMs: target.deployedSinceMs },
    (read) => requestLine(read, traceId) !== undefined,
    patience,
    ports,
    signal,
  );
  if (!abortedAtZero(events, { revision: target.revision, traceId })) return failed;
  const reason = `the platform aborted the request with no instance there: ${kind}`;
  return { kind: 'aborted', reason, abortedStatus: status };
}
