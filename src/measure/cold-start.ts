import type { ColdStart } from '../domain/measurement.ts';
import { type HttpExchange, type HttpTransport, TransportError } from '../ports/transport.ts';
import { abortedAtZero, mayBeAborted, requestLine } from './aborted.ts';
import { type ColdRequest, proveCold } from './cold-proof.ts';
import { awaitLog, type LogPatience, type LogPorts } from './log-wait.ts';
import type { MeasuredProtocol, SampleTarget } from './target.ts';
import { newTrace, traced } from './trace.ts';

export interface ColdStartInput {
  readonly target: SampleTarget;
  readonly protocol: MeasuredProtocol;
  readonly timeoutMs: number;
  /** Instances that have answered in this run, whatever became of the sample. */
  readonly seenInstances: ReadonlySet<string>;
  readonly patience: LogPatience;
}

export type ColdPorts = LogPorts & { readonly transport: HttpTransport };

/**
 * `failed`: no 200 came, there is nothing to time. `kind` is the transport's failure, `status 503`, or `aborted` when the
 * platform answered in place of an instance.
 */
export type ColdOutcome =
  | { readonly state: 'answered'; readonly cold: ColdStart; readonly request: ColdRequest }
  | { readonly state: 'failed'; readonly kind: string; readonly reason: string; readonly abortedStatus?: number };

/**
 * One request on a fresh connection to a revision without instances, and the log's word on whether an instance was
 * started for it. An answer other than 200 is a failed sample: how fast an error comes says nothing.
 */
export async function measureColdStart(
  input: ColdStartInput,
  ports: ColdPorts,
  signal?: AbortSignal,
): Promise<ColdOutcome> {
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
    return { state: 'failed', kind: error.failure, reason: `cold request failed: ${text}` };
  }
  if (exchange.status !== 200) return await failedWith(exchange.status, trace.id, input, ports, signal);
  const request: ColdRequest = {
    revision: target.revision,
    traceId: trace.id,
    sentAtMs: exchange.sentAtMs,
    firstByteAtMs: exchange.sentAtMs + exchange.firstByteMs,
  };
  const events = await awaitLog(
    { service: target.service, revision: target.revision, sinceMs: target.deployedSinceMs },
    (read) => proveCold(read, request, input.seenInstances).settled,
    input.patience,
    ports,
    signal,
  );
  const { proof, phases } = proveCold(events, request, input.seenInstances);
  const { firstByteMs: ttfbMs, totalMs, status } = exchange;
  return { state: 'answered', request, cold: { ttfbMs, totalMs, status, ...phases, proof } };
}

/** The log tells whose answer an error was: an instance's, or the platform's own. Only the first is the service's. */
async function failedWith(
  status: number,
  traceId: string,
  { target, patience }: ColdStartInput,
  ports: ColdPorts,
  signal?: AbortSignal,
): Promise<ColdOutcome> {
  const kind = `status ${status}`;
  const failed = { state: 'failed', kind, reason: `cold request failed: ${kind}, wanted 200` } as const;
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
  return { state: 'failed', kind: 'aborted', reason, abortedStatus: status };
}
