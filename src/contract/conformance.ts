import type { Conformance, VectorResult, VectorState } from '../domain/conformance.ts';
import type { Clock } from '../ports/clock.ts';
import type { MessageBus, Subscription } from '../ports/message-bus.ts';
import type { SocketTransport } from '../ports/sockets.ts';
import { type HttpTransport, TransportError, type WireRequest } from '../ports/transport.ts';
import type { Hide } from './check-failure.ts';
import type { LoadedContract } from './contract.ts';
import { checkFeatures, missingFeatures } from './features.ts';
import { Limiter } from './limiter.ts';
import { MessagePool } from './message-pool.ts';
import { OutOfPatience, Patience } from './patience.ts';
import { checkSigning, chosenVectors, planVector } from './selection.ts';
import type { RequestSigner } from './signing.ts';
import type { Vector } from './vector.ts';
import { runVector, type VectorContext, type VectorOutcome } from './vector-run.ts';
import { checkContractVersion } from './version.ts';

export interface ConformanceInput {
  readonly contract: LoadedContract;
  /** Version that the service honours; vectors that came later are skipped. */
  readonly contractVersion: string;
  readonly features: readonly string[];
  /** `http://host:port` of the service. */
  readonly origin: string;
  /** Ids; absent or empty: all. */
  readonly onlyVectors?: readonly string[];
  /** Also run vectors of undeclared features, and say when they work. They never fail. */
  readonly probeUndeclared?: boolean;
}

export interface ConformancePorts {
  readonly exchange: HttpTransport['exchange'];
  /** Absent: vectors with WebSocket steps are not checked. */
  readonly sockets?: SocketTransport;
  readonly clock: Clock;
  readonly signer: RequestSigner;
  readonly messageBus?: MessageBus;
  /** Topic per channel that the service publishes to; created when missing. Channels without one are not checked. */
  readonly topics?: Readonly<Record<string, string>>;
  /** Requests in flight; default 4. After twice as many time-outs nothing more is sent. */
  readonly concurrency?: number;
  /** Of what answers say, before it is in a result; absent: nothing. */
  readonly hide?: Hide;
  /** Default 10 s. */
  readonly requestTimeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Vectors that may wait for messages at the same time. */
const VECTORS_AT_A_TIME = 16;
const REQUEST_TIMEOUT_MS = 10_000;
const REQUESTS_AT_A_TIME = 4;
/** Time limits that a service which hangs is given, one after another. */
const TIME_LIMITS = 2;
/** The first request may meet a cold start. */
const PROBE_TIMEOUT_MS = 60_000;
/** How long after the last vector a message too many is still seen. */
const LATE_MS = 250;

type Run = { readonly vector: Vector; readonly result: VectorResult; readonly outcome?: VectorOutcome };

/**
 * Checks a service against its contract. Throws UsageError for features, vectors or versions that the contract does
 * not know, and whatever the message bus throws; a failing service is a result, not an error.
 */
export async function runConformance(input: ConformanceInput, ports: ConformancePorts): Promise<Conformance> {
  const { contract } = input;
  checkContractVersion(input.contractVersion, contract.version);
  checkFeatures(contract, input.features);
  checkSigning(contract, ports.signer);
  const vectors = chosenVectors(contract, input.onlyVectors ?? []);
  const startedMs = ports.clock.monotonicMs();
  const unreachable = await probe(input, ports);
  if (unreachable !== undefined) {
    const results = vectors.map((vector) => notRun(vector, 'not-checked', 'the service is unreachable'));
    return summary(input, results, ports.clock.monotonicMs() - startedMs, unreachable);
  }
  const results = await withMessages(contract, ports, (pools) => runVectors(vectors, input, ports, pools));
  const unanswered = results.some(({ failures }) => failures.some(({ check }) => check === 'request'));
  const died = unanswered ? await probe(input, ports) : undefined;
  const gone = died === undefined ? undefined : `the service stopped answering during the checks: ${died}`;
  return summary(input, results, ports.clock.monotonicMs() - startedMs, gone);
}

/** One request tells a service that is not there from one that answers wrongly. Any answer will do. */
async function probe({ origin, contract }: ConformanceInput, ports: ConformancePorts): Promise<string | undefined> {
  const request = contract.documents.services === undefined ? HTTP_HEALTH : GRPC_HEALTH;
  try {
    await ports.exchange(origin, request, {
      timeoutMs: PROBE_TIMEOUT_MS,
      ...(ports.signal && { signal: ports.signal }),
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof TransportError) || error.failure === 'aborted') throw error;
    if (error.answered) return undefined;
    return `${request === HTTP_HEALTH ? 'GET' : 'gRPC call'} ${origin}${request.path}: ${error.message}`;
  }
}

const HTTP_HEALTH: WireRequest = { method: 'GET', path: '/health', headers: [] };
const GRPC_HEALTH: WireRequest = {
  kind: 'grpc',
  path: '/grpc.health.v1.Health/Check',
  headers: [],
  message: new Uint8Array(0),
};

/** Subscribes to every bound channel before the first request, and ends all subscriptions afterwards. */
async function withMessages<T>(
  contract: LoadedContract,
  ports: ConformancePorts,
  use: (pools: ReadonlyMap<string, MessagePool>) => Promise<T>,
): Promise<T> {
  const { messageBus: bus, topics = {}, signal } = ports;
  const pools = new Map<string, MessagePool>();
  const subscriptions: Subscription[] = [];
  const collecting: Promise<void>[] = [];
  const end = new AbortController();
  try {
    for (const [channel, topic] of Object.entries(topics)) {
      if (bus === undefined || contract.channels[channel] === undefined) continue;
      await bus.ensureTopic(topic, signal);
      const subscription = await bus.subscribe(topic, signal);
      const pool = new MessagePool();
      subscriptions.push(subscription);
      pools.set(channel, pool);
      collecting.push(pool.collect(subscription, end.signal));
    }
    return await use(pools);
  } finally {
    end.abort();
    await Promise.allSettled(collecting);
    await Promise.allSettled(subscriptions.map((subscription) => subscription.close()));
  }
}

async function runVectors(
  vectors: readonly Vector[],
  input: ConformanceInput,
  ports: ConformancePorts,
  pools: ReadonlyMap<string, MessagePool>,
): Promise<readonly VectorResult[]> {
  const concurrency = ports.concurrency ?? REQUESTS_AT_A_TIME;
  const requestTimeoutMs = ports.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  const context: VectorContext = {
    contract: input.contract,
    origin: input.origin,
    exchange: ports.exchange,
    clock: ports.clock,
    signer: ports.signer,
    pools,
    requests: new Limiter(concurrency),
    requestTimeoutMs,
    patience: new Patience(TIME_LIMITS * concurrency, requestTimeoutMs),
    ...(ports.sockets && { sockets: ports.sockets }),
    ...(ports.hide && { hide: ports.hide }),
    ...(ports.signal && { signal: ports.signal }),
  };
  const slots = new Limiter(VECTORS_AT_A_TIME);
  const runs = await Promise.all(vectors.map((vector) => slots.run(() => runOne(vector, input, context))));
  if (runs.some(({ vector }) => vector.steps.some((step) => step.effects !== undefined)) && pools.size > 0) {
    await ports.clock.sleep(LATE_MS, ports.signal);
  }
  return runs.map(({ result, outcome }) => {
    const late = result.state === 'passed' ? (outcome?.recheck() ?? []) : [];
    return late.length === 0 ? result : { ...result, state: 'failed', failures: late };
  });
}

async function runOne(vector: Vector, input: ConformanceInput, context: VectorContext): Promise<Run> {
  const plan = planVector(vector, {
    ...input,
    channels: new Set(context.pools.keys()),
    sockets: context.sockets !== undefined,
  });
  if (plan.kind === 'not-checked') return { vector, result: notRun(vector, 'not-checked', plan.reason) };
  const probing = plan.kind === 'skip' && plan.undeclared && input.probeUndeclared === true;
  if (plan.kind === 'skip' && !probing) return { vector, result: notRun(vector, 'skipped', plan.reason) };
  const startedMs = context.clock.monotonicMs();
  const outcome = await runVector(vector, context).catch((error: unknown) => {
    if (error instanceof OutOfPatience) return error;
    throw error;
  });
  if (outcome instanceof OutOfPatience) return { vector, result: notRun(vector, 'not-checked', outcome.message) };
  const durationMs = context.clock.monotonicMs() - startedMs;
  if (plan.kind === 'skip') {
    const works = outcome.failures.length === 0 ? `${plan.reason}, but it works` : plan.reason;
    return { vector, result: { ...notRun(vector, 'skipped', works), durationMs } };
  }
  const state: VectorState = outcome.failures.length === 0 ? 'passed' : 'failed';
  return { vector, outcome, result: { ...about(vector), state, failures: outcome.failures, durationMs } };
}

function notRun(vector: Vector, state: 'skipped' | 'not-checked', reason: string): VectorResult {
  return { ...about(vector), state, reason, failures: [], durationMs: 0 };
}

function about({ id, title, file, requires }: Vector): Pick<VectorResult, 'id' | 'title' | 'file' | 'requires'> {
  return { id, title, file, ...(requires.length === 0 ? {} : { requires }) };
}

function summary(
  input: ConformanceInput,
  vectors: readonly VectorResult[],
  durationMs: number,
  unreachable?: string,
): Conformance {
  const count = (state: VectorState) => vectors.filter((vector) => vector.state === state).length;
  return {
    serviceType: input.contract.type,
    contractVersion: input.contractVersion,
    vectors,
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    notChecked: count('not-checked'),
    missingFeatures: missingFeatures(input.contract, input.contractVersion, input.features),
    ...(unreachable === undefined ? {} : { unreachable }),
    durationMs,
  };
}
