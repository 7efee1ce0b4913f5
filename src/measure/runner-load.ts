import type { BlockSettings, LoadRecording } from '../domain/load.ts';
import type { Clock } from '../ports/clock.ts';
import type { HttpConnection, HttpTransport, WireRequest } from '../ports/transport.ts';
import { type ClosedLoad, runClosedLoad } from './closed-load.ts';
import type { BlockOutcome, LoadDriver } from './load-driver.ts';
import { recordLoad } from './recording.ts';
import type { MeasuredProtocol } from './target.ts';

export interface LoadPorts {
  readonly transport: HttpTransport;
  readonly clock: Clock;
}

export interface BlockInput {
  /** Origin of one revision. */
  readonly url: string;
  readonly protocol: MeasuredProtocol;
  readonly warm: BlockSettings;
  readonly requestTimeoutMs: number;
  /** Awaited between the warm-up and the timed part, so that several processes can begin together. */
  readonly meet?: () => Promise<void>;
}

async function load(
  warmCall: MeasuredProtocol['warmCall'],
  connections: readonly HttpConnection[],
  requests: number,
  { clock }: LoadPorts,
  signal?: AbortSignal,
): Promise<ClosedLoad> {
  return await runClosedLoad({
    connections,
    requests,
    // Asked for right before it is sent: signed requests go stale within seconds.
    next: () => warmCall(clock.epochMs()),
    clock,
    maxConsecutiveErrors: Math.max(10, connections.length * 2),
    ...(signal === undefined ? {} : { signal }),
  });
}

// A warm-up without one correct answer is the finding: timing the same again would only cost the timeouts again.
const isDead = (warmup: ClosedLoad) => warmup.endedEarly !== undefined || warmup.latenciesMs.length === 0;

/**
 * One closed-model block: warm-up requests (at least one per connection, so that no connecting is timed) are sent and
 * discarded, then the timed ones. Never run two blocks at a time on one machine: they would measure each other.
 */
export async function loadBlock(input: BlockInput, ports: LoadPorts, signal?: AbortSignal): Promise<LoadRecording> {
  const { warm, url, requestTimeoutMs: timeoutMs } = input;
  const { clock, transport } = ports;
  const connections = Array.from({ length: warm.connections }, () => transport.open(url, { timeoutMs }));
  const helping = Math.max(warm.warmupRequests, warm.connections);
  const closeAll = () => Promise.all(connections.map((connection) => connection.close()));
  const onAbort = () => void closeAll();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const fromMs = clock.epochMs();
    const { protocol } = input;
    const send = (request: WireRequest) => transport.exchange(url, request, { timeoutMs, ...(signal && { signal }) });
    const warmCall = (await protocol.prepare?.(send, () => clock.epochMs())) ?? ((nowMs) => protocol.warmCall(nowMs));
    const warmupFromMs = clock.monotonicMs();
    let warmup = await load(warmCall, connections, helping, ports, signal);
    let warmupRequests = warmup.sent;
    while (!isDead(warmup) && clock.monotonicMs() - warmupFromMs < (warm.warmupMs ?? 0)) {
      warmup = await load(warmCall, connections, helping, ports, signal);
      warmupRequests += warmup.sent;
    }
    await input.meet?.();
    const dead = isDead(warmup);
    const timedFromMs = dead ? clock.epochMs() - warmup.durationMs : clock.epochMs();
    const timed = dead ? warmup : await load(warmCall, connections, warm.requests, ports, signal);
    if (dead) warmupRequests -= warmup.sent;
    return recordLoad(timed, { connections: warm.connections, warmupRequests, fromMs, timedFromMs });
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await closeAll();
  }
}

/** Load from this machine. */
export function runnerLoad(ports: LoadPorts): LoadDriver {
  return {
    from: 'runner',
    tasks: 1,
    async run({ blocks, protocol, warm, requestTimeoutMs }, signal) {
      const outcomes: BlockOutcome[] = [];
      for (const { id, url } of blocks) {
        const recording = await loadBlock({ url, protocol, warm, requestTimeoutMs }, ports, signal);
        outcomes.push({ id, recording });
      }
      return outcomes;
    },
  };
}
