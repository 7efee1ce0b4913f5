import type { Sample, Stratum, WarmBlock } from '../domain/measurement.ts';
import type { MeasureSettings, ScheduledSample } from '../domain/plan.ts';
import type { ColdRequest } from './cold-proof.ts';
import { type ColdPorts, measureColdStart } from './cold-start.ts';
import type { Loss } from './failure-streak.ts';
import type { LogPatience } from './log-wait.ts';
import type { MeasuredProtocol, SampleTarget } from './target.ts';
import { measureWarm } from './warm.ts';

export interface SampleInput {
  readonly slot: ScheduledSample;
  /** How the revision came to have no instance. Only fresh revisions get a warm block. */
  readonly stratum: Stratum;
  readonly target: SampleTarget;
  readonly settings: MeasureSettings;
  readonly protocol: MeasuredProtocol;
  readonly patience: LogPatience;
  readonly seenInstances: ReadonlySet<string>;
}

export interface SampleOutcome {
  /** Present with `loss`, too, when the cold start is proven and only the warm block is void. */
  readonly sample?: Sample;
  readonly loss?: Loss;
  readonly audit: readonly string[];
  /** The instance that answered, where known. */
  readonly instanceId?: string;
  readonly lastRequestAtMs?: number;
  /** What the proof of `sample` is about. */
  readonly request?: ColdRequest;
}

/** A block without one correct answer was lost to its errors; otherwise it is the block that is void. */
function voidKind(block: WarmBlock): string {
  const errors = Object.entries(block.errors).toSorted(([, a], [, b]) => b - a);
  const failed = errors.reduce((sum, [, count]) => sum + count, 0);
  return failed === block.requests ? (errors[0]?.[0] ?? 'void') : 'void';
}

/** One cold start with proof; on a fresh revision then a warm block, unless the settings leave that out. */
export async function takeSample(input: SampleInput, ports: ColdPorts, signal?: AbortSignal): Promise<SampleOutcome> {
  const { slot, target, settings, protocol, patience } = input;
  const outcome = await measureColdStart(
    { target, protocol, patience, timeoutMs: settings.coldTimeoutMs, seenInstances: input.seenInstances },
    ports,
    signal,
  );
  if (outcome.state === 'failed') {
    const { kind, reason, abortedStatus } = outcome;
    return { audit: [], loss: { kind, reason, ...(abortedStatus === undefined ? {} : { abortedStatus }) } };
  }
  const { cold, request } = outcome;
  const { sentAtMs } = request;
  const { instanceId, proven, reason } = cold.proof;
  if (!proven || instanceId === undefined) {
    const loss = { kind: 'unproven', reason: `not proven cold: ${reason ?? 'instance unknown'}` };
    const lastRequestAtMs = sentAtMs + cold.totalMs;
    return { audit: [], loss, ...(instanceId === undefined ? {} : { instanceId, lastRequestAtMs }) };
  }
  const sample: Sample = {
    side: slot.side,
    stratum: input.stratum,
    round: slot.round,
    order: slot.order,
    service: target.service,
    revision: target.revision,
    tag: target.tag,
    startedAt: new Date(sentAtMs).toISOString(),
    cold,
  };
  if (settings.warm.requests <= 0 || input.stratum !== 'fresh-revision') {
    return { sample, request, audit: [], instanceId, lastRequestAtMs: sentAtMs + cold.totalMs };
  }
  const { requestTimeoutMs, warm } = settings;
  const { block, audit, lastRequestAtMs } = await measureWarm(
    { target, protocol, instanceId, settings: warm, requestTimeoutMs, patience },
    ports,
    signal,
  );
  const reasonOf = (why: string) => ({ loss: { kind: voidKind(block), reason: `warm block void: ${why}` } });
  const loss = block.void === undefined ? {} : reasonOf(block.void);
  return { sample: { ...sample, warm: block }, request, audit, instanceId, lastRequestAtMs, ...loss };
}
