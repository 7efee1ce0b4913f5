import type { WarmBlock } from '../domain/measurement.ts';
import type { MeasureSettings } from '../domain/plan.ts';
import type { HttpConnection } from '../ports/transport.ts';
import { type ClosedLoad, runClosedLoad } from './closed-load.ts';
import type { ColdPorts } from './cold-start.ts';
import { type BlockWindow, instanceChange, loggedRequests } from './instance-change.ts';
import { awaitLog, type LogPatience } from './log-wait.ts';
import type { MeasuredProtocol, SampleTarget } from './target.ts';
import { auditLoad, describeBlock } from './warm-block.ts';

export interface WarmInput {
  readonly target: SampleTarget;
  readonly protocol: MeasuredProtocol;
  /** The instance that the cold start has just started. */
  readonly instanceId: string;
  readonly settings: MeasureSettings['warm'];
  readonly requestTimeoutMs: number;
  readonly patience: LogPatience;
}

export interface WarmOutcome {
  readonly block: WarmBlock;
  readonly audit: readonly string[];
  /** Epoch milliseconds by which the last request had been answered. */
  readonly lastRequestAtMs: number;
}

async function load(
  input: WarmInput,
  connections: readonly HttpConnection[],
  requests: number,
  ports: ColdPorts,
  signal?: AbortSignal,
): Promise<ClosedLoad> {
  return await runClosedLoad({
    connections,
    requests,
    // Asked for right before it is sent: signed requests go stale within seconds.
    next: () => input.protocol.warmRequest(ports.clock.epochMs()),
    isCorrect: (status, contentType, body) => input.protocol.isCorrectAnswer(status, contentType, body),
    clock: ports.clock,
    maxConsecutiveErrors: Math.max(10, connections.length * 2),
    ...(signal === undefined ? {} : { signal }),
  });
}

/**
 * One closed-model block on the instance just started: warm-up requests (at least one per connection, so that no
 * connecting is timed) are sent and discarded, then the timed ones. Never run two blocks at a time on one machine:
 * they would measure each other; the caller takes them one after the other.
 */
export async function measureWarm(input: WarmInput, ports: ColdPorts, signal?: AbortSignal): Promise<WarmOutcome> {
  const { settings, target } = input;
  const connections = Array.from({ length: settings.connections }, () =>
    ports.transport.open(target.url, { timeoutMs: input.requestTimeoutMs }),
  );
  const warmupRequests = Math.max(settings.warmupRequests, settings.connections);
  const fromMs = ports.clock.epochMs();
  const warmupFromMs = ports.clock.monotonicMs();
  const closeAll = () => Promise.all(connections.map((connection) => connection.close()));
  const onAbort = () => void closeAll();
  signal?.addEventListener('abort', onAbort, { once: true });
  let warmup: ClosedLoad;
  let timed: ClosedLoad;
  let warmupSent = 0;
  try {
    warmup = await load(input, connections, warmupRequests, ports, signal);
    warmupSent = warmup.sent;
    // A warm-up without one correct answer is the finding: timing the same again would only cost the timeouts again.
    const isDead = () => warmup.endedEarly !== undefined || warmup.latenciesMs.length === 0;
    while (!isDead() && ports.clock.monotonicMs() - warmupFromMs < (settings.warmupMs ?? 0)) {
      warmup = await load(input, connections, warmupRequests, ports, signal);
      warmupSent += warmup.sent;
    }
    const dead = isDead();
    timed = dead ? warmup : await load(input, connections, settings.requests, ports, signal);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await closeAll();
  }
  const block: BlockWindow = {
    revision: target.revision,
    instanceId: input.instanceId,
    fromMs,
    toMs: ports.clock.epochMs(),
  };
  const sent = warmup === timed ? warmupSent : warmupSent + timed.sent;
  const events = await awaitLog(
    { service: target.service, revision: target.revision, sinceMs: target.deployedSinceMs },
    (read) => loggedRequests(read, block).length >= sent,
    input.patience,
    ports,
    signal,
  );
  const logged = loggedRequests(events, block).length;
  const late = logged > 0 && logged < sent ? ['the platform log showed only a part of a warm block in time'] : [];
  const audit = auditLoad(timed, settings.connections);
  return {
    block: describeBlock(
      timed,
      { connections: settings.connections, warmupRequests: warmupSent },
      instanceChange(events, block),
    ),
    audit: audit === undefined ? late : [audit, ...late],
    lastRequestAtMs: block.toMs,
  };
}
