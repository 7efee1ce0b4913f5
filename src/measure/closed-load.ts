import type { ErrorCounts } from '../domain/measurement.ts';
import type { Clock } from '../ports/clock.ts';
import type { HttpConnection, HttpOutcome } from '../ports/transport.ts';
import type { WarmCall } from './target.ts';

export interface ClosedLoadInput {
  /** Each has at most one request in flight; the next is sent as soon as the answer is there. */
  readonly connections: readonly HttpConnection[];
  readonly requests: number;
  /** Called once per request, right before it is sent. */
  readonly next: () => WarmCall;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** So many errors in a row end the load early: a dead service must not cost requests x timeout. */
  readonly maxConsecutiveErrors: number;
  readonly signal?: AbortSignal;
}

export interface ClosedLoad {
  readonly sent: number;
  /** First request sent to last answer. */
  readonly durationMs: number;
  /** Of correct answers, in order of completion. */
  readonly latenciesMs: Float64Array;
  readonly errors: ErrorCounts;
  /**
   * Sum of the latencies of all requests, errors included, each in whole microseconds: the time that connections waited
   * for the service.
   */
  readonly waitedUs: number;
  readonly endedEarly?: string;
}

/** One connection, what it has asked last, and what is called with the answer: nothing is made per request. */
interface Lane {
  readonly connection: HttpConnection;
  call: WarmCall | undefined;
  done: (outcome: HttpOutcome) => void;
}

function errorOf(outcome: HttpOutcome, call: WarmCall | undefined): string | undefined {
  if (!outcome.ok) return outcome.failure;
  if (call?.isCorrect(outcome)) return undefined;
  if (outcome.grpcCode !== undefined && outcome.grpcCode !== 0) return `grpc code ${outcome.grpcCode}`;
  // 101: a message on a WebSocket.
  const isSuccess = outcome.status === 101 || (outcome.status >= 200 && outcome.status < 300);
  return isSuccess ? 'wrong answer' : `status ${outcome.status}`;
}

class ClosedLoop {
  readonly #input: ClosedLoadInput;
  readonly #latencies: Float64Array;
  readonly #errors: Record<string, number> = {};
  readonly #startedAtMs: number;
  readonly #finished: (load: ClosedLoad) => void;
  #correct = 0;
  #sent = 0;
  #inFlight = 0;
  #waitedUs = 0;
  #consecutive = 0;
  #endedEarly: string | undefined;

  constructor(input: ClosedLoadInput, finished: (load: ClosedLoad) => void) {
    this.#input = input;
    this.#finished = finished;
    this.#latencies = new Float64Array(input.requests);
    this.#startedAtMs = input.clock.monotonicMs();
  }

  start(): void {
    // Held up by one so that answers given at once cannot finish the load before every connection has started.
    this.#inFlight = 1;
    for (const connection of this.#input.connections) {
      const lane: Lane = { connection, call: undefined, done: () => undefined };
      lane.done = (outcome) => {
        this.#inFlight -= 1;
        this.#record(outcome, lane);
        this.#advance(lane);
      };
      this.#advance(lane);
    }
    this.#inFlight -= 1;
    this.#finishWhenIdle();
  }

  #advance(lane: Lane): void {
    if (this.#sent < this.#input.requests && this.#endedEarly === undefined && this.#input.signal?.aborted !== true) {
      this.#sent += 1;
      this.#inFlight += 1;
      lane.call = this.#input.next();
      lane.connection.send(lane.call.request, lane.done);
    } else this.#finishWhenIdle();
  }

  #record(outcome: HttpOutcome, { call }: Lane): void {
    this.#waitedUs += Math.round(outcome.latencyMs * 1000);
    const error = errorOf(outcome, call);
    if (error === undefined) {
      this.#latencies[this.#correct] = outcome.latencyMs;
      this.#correct += 1;
      this.#consecutive = 0;
      return;
    }
    this.#errors[error] = (this.#errors[error] ?? 0) + 1;
    this.#consecutive += 1;
    if (this.#consecutive >= this.#input.maxConsecutiveErrors) {
      this.#endedEarly ??= `ended after ${this.#consecutive} errors in a row, the last: ${error}`;
    }
  }

  #finishWhenIdle(): void {
    if (this.#inFlight > 0) return;
    this.#finished({
      sent: this.#sent,
      durationMs: this.#input.clock.monotonicMs() - this.#startedAtMs,
      latenciesMs: this.#latencies.subarray(0, this.#correct),
      errors: this.#errors,
      waitedUs: this.#waitedUs,
      ...(this.#endedEarly === undefined ? {} : { endedEarly: this.#endedEarly }),
    });
  }
}

/**
 * Closed-model load: connections x requests, one promise for all of it. Its latencies are service times; a stall of
 * the service also stalls the sending, so they must never be compared with those of an open model. Rejects with the
 * signal's reason once nothing is in flight any more; close the connections to make that soon.
 */
export async function runClosedLoad(input: ClosedLoadInput): Promise<ClosedLoad> {
  input.signal?.throwIfAborted();
  const load = await new Promise<ClosedLoad>((resolve) => new ClosedLoop(input, resolve).start());
  input.signal?.throwIfAborted();
  return load;
}
