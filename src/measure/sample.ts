import type { InstanceEvent } from '../domain/deployment.ts';
import type { Sample, Stratum, WarmBlock } from '../domain/measurement.ts';
import type { ScheduledSample } from '../domain/plan.ts';
import { proveStart } from './cold-marker.ts';
import { proveCold } from './cold-proof.ts';
import { type AskedCold, coldStartOf } from './cold-start.ts';
import type { Loss } from './failure-streak.ts';
import { type BlockWindow, instanceChange, loggedRequests } from './instance-change.ts';
import type { BlockOutcome } from './load-driver.ts';
import type { SampleTarget } from './target.ts';
import { auditLoad, describeRecording } from './warm-block.ts';

/** What was asked of one revision, before the log has said anything about it. */
export interface Taken {
  readonly slot: ScheduledSample;
  /** How the revision came to have no instance. */
  readonly stratum: Stratum;
  readonly target: SampleTarget;
  readonly asked: AskedCold;
  /** The warm block after it, when there was one. */
  readonly block?: BlockOutcome;
  /** The log has a line for each connection of the block, not for each request. */
  readonly logsConnections?: boolean;
}

/** Who has answered in this run, whatever became of the sample: instances by the log, processes by their own word. */
export interface Seen {
  readonly instances: ReadonlySet<string>;
  readonly markers: ReadonlySet<string>;
}

export interface Judged {
  /** Present with `loss`, too, when the cold start is proven and only the warm block is void. */
  readonly sample?: Sample;
  readonly loss?: Loss;
  readonly audit: readonly string[];
  /** The instance that answered, where known. */
  readonly instanceId?: string;
}

/** Epoch milliseconds by which the last request had been answered. */
export function lastRequestAtMs({ asked, block }: Taken): number {
  const coldMs = asked.request.sentAtMs + asked.answer.totalMs;
  return Math.max(coldMs, block?.recording?.toMs ?? 0);
}

/** Whether the log shows everything that a judgement needs: nothing that is still missing could change it. */
export function isSettled(taken: Taken, events: readonly InstanceEvent[]): boolean {
  const { settled, proof } = proveCold(events, taken.asked.request, new Set());
  const window = windowOf(taken, proof.instanceId ?? '');
  return settled && (window === undefined || loggedRequests(events, window).length >= linesOf(taken));
}

/**
 * One sample by the log, and by the service's marker where the log leaves it open: the cold start's proof first, then the
 * warm block on the instance that was proven.
 */
export function judge(taken: Taken, events: readonly InstanceEvent[], seen: Seen): Judged {
  const { slot, target, asked, block } = taken;
  const finding = proveStart(events, asked.request, seen.instances, seen.markers);
  const { instanceId, proven, reason } = finding.proof;
  if (!proven || instanceId === undefined) {
    const loss = { kind: 'unproven', reason: `not proven cold: ${reason ?? 'instance unknown'}` };
    return { audit: [], loss, ...(instanceId === undefined ? {} : { instanceId }) };
  }
  const sample: Sample = {
    side: slot.side,
    stratum: taken.stratum,
    round: slot.round,
    order: slot.order,
    service: target.service,
    revision: target.revision,
    tag: target.tag,
    startedAt: new Date(asked.request.sentAtMs).toISOString(),
    cold: coldStartOf(asked, finding),
  };
  if (block === undefined) return { sample, instanceId, audit: [] };
  const { recording, missing } = block;
  if (recording === undefined) {
    return { sample, instanceId, audit: [], loss: voided('void', missing ?? 'nothing was recorded') };
  }
  const window = windowOf(taken, instanceId) as BlockWindow;
  const warm = describeRecording(recording, missing ?? instanceChange(events, window));
  const saturation = auditLoad(recording);
  const audit = [...(saturation === undefined ? [] : [saturation]), ...lateLines(taken, window, events)];
  const loss = warm.void === undefined ? {} : { loss: voided(voidKind(warm), warm.void) };
  return { sample: { ...sample, warm }, instanceId, audit, ...loss };
}

const voided = (kind: string, why: string): Loss => ({ kind, reason: `warm block void: ${why}` });

/** A block without one correct answer was lost to its errors; otherwise it is the block that is void. */
function voidKind(block: WarmBlock): string {
  const errors = Object.entries(block.errors).toSorted(([, a], [, b]) => b - a);
  const failed = errors.reduce((sum, [, count]) => sum + count, 0);
  return failed === block.requests ? (errors[0]?.[0] ?? 'void') : 'void';
}

/** Lines that the log will have of the block. */
function linesOf({ block, logsConnections = false }: Taken): number {
  const { connections = 0, sent = 0, warmupRequests = 0 } = block?.recording ?? {};
  return logsConnections ? connections : sent + warmupRequests;
}

function windowOf({ target, block }: Taken, instanceId: string): BlockWindow | undefined {
  const recording = block?.recording;
  if (recording === undefined) return undefined;
  return { revision: target.revision, instanceId, fromMs: recording.fromMs, toMs: recording.toMs };
}

function lateLines(taken: Taken, window: BlockWindow, events: readonly InstanceEvent[]): readonly string[] {
  const logged = loggedRequests(events, window).length;
  return logged > 0 && logged < linesOf(taken) ? ['the platform log showed only a part of a warm block in time'] : [];
}
