import type { InstanceEvent, Side } from '../domain/deployment.ts';
import { InfrastructureError } from '../domain/errors.ts';
import type { DroppedSample, Measurement, Sample, ScaleToZero } from '../domain/measurement.ts';
import type { MeasureSettings, ScheduledSample } from '../domain/plan.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { Platform } from '../ports/platform.ts';
import type { HttpTransport } from '../ports/transport.ts';
import { FailureStreak } from './failure-streak.ts';
import { LOG_PATIENCE, type LogPatience } from './log-wait.ts';
import { type SampleOutcome, takeSample } from './sample.ts';
import { type IdleInstance, measureScaleToZero } from './scale-to-zero.ts';
import { findTarget, type MeasuredProtocol, type SampleTarget, type SideDeployment } from './target.ts';

export interface MeasureInput {
  readonly deployments: readonly SideDeployment[];
  readonly schedule: readonly ScheduledSample[];
  readonly settings: MeasureSettings;
  readonly protocol: MeasuredProtocol;
  /** Deployed revisions that the schedule leaves over, per side; a lost sample is retaken on the next of them. */
  readonly retakeTags?: Readonly<Partial<Record<Side, readonly string[]>>>;
  /** How late the log may be; the platform's usual when absent. */
  readonly patience?: LogPatience;
}

export interface MeasurePorts {
  readonly transport: HttpTransport;
  readonly platform: Platform;
  readonly clock: Clock;
  readonly logger: Logger;
}

// Retakes may cost half as much again; a service that needs more is not measurable like this.
const RETAKE_SHARE = 0.5;
const EVIDENCE_CHARACTERS = 400;

/** The platform's own account of a failed start, bounded: its text comes from the service. */
async function evidence(target: SampleTarget, ports: MeasurePorts, signal?: AbortSignal): Promise<string | undefined> {
  const query = { service: target.service, revision: target.revision, sinceMs: target.deployedSinceMs };
  const events: readonly InstanceEvent[] = await ports.platform.instanceLog(query, signal);
  const detail = events.findLast(({ kind, detail }) => kind === 'start-failed' && detail !== undefined)?.detail;
  return detail === undefined ? undefined : JSON.stringify(detail.slice(-EVIDENCE_CHARACTERS));
}

class MeasureWalk {
  readonly #input: MeasureInput;
  readonly #ports: MeasurePorts;
  readonly #signal: AbortSignal | undefined;
  readonly #patience: LogPatience;
  readonly #spares: Map<Side, string[]>;
  readonly #streak = new FailureStreak();
  readonly #seen = new Set<string>();
  readonly #audit = new Set<string>();
  readonly #last = new Map<Side, IdleInstance>();
  readonly samples: Sample[] = [];
  readonly dropped: DroppedSample[] = [];
  #retakesLeft: number;

  constructor(input: MeasureInput, ports: MeasurePorts, signal?: AbortSignal) {
    this.#input = input;
    this.#ports = ports;
    this.#signal = signal;
    this.#patience = input.patience ?? LOG_PATIENCE[ports.platform.name];
    this.#retakesLeft = Math.floor(input.schedule.length * RETAKE_SHARE);
    this.#spares = new Map(input.deployments.map(({ side }) => [side, [...(input.retakeTags?.[side] ?? [])]] as const));
  }

  get audit(): readonly string[] {
    return [...this.#audit];
  }

  async slot(slot: ScheduledSample): Promise<void> {
    let tag: string | undefined = slot.tag;
    while (tag !== undefined) tag = await this.#attempt(slot, tag);
  }

  /** One sample; the tag of its retake when it is lost and there is one. */
  async #attempt(slot: ScheduledSample, tag: string): Promise<string | undefined> {
    this.#signal?.throwIfAborted();
    const { settings, protocol, deployments, schedule } = this.#input;
    const target = findTarget(deployments, slot.side, tag);
    this.#ports.logger.progress(`measuring ${target.service}: sample ${slot.order + 1} of ${schedule.length}`, {
      side: slot.side,
      round: slot.round + 1,
      tag,
    });
    const input = { slot, target, settings, protocol, patience: this.#patience, seenInstances: this.#seen };
    const outcome = await takeSample(input, this.#ports, this.#signal);
    this.#note(target, outcome);
    if (outcome.loss === undefined) {
      this.#streak.kept(slot.side);
      if (outcome.sample !== undefined) this.samples.push(outcome.sample);
      return undefined;
    }
    const { reason } = outcome.loss;
    this.#ports.logger.debug(`sample lost: ${reason}`, { service: target.service, tag });
    const spare = this.#retakesLeft > 0 ? this.#spares.get(slot.side)?.shift() : undefined;
    if (outcome.sample !== undefined && spare === undefined) {
      // A void block does not undo the proven cold start; the block itself stays marked and is never counted.
      this.samples.push(outcome.sample);
      this.#audit.add(`a warm block on ${slot.side} was void and could not be retaken: ${reason}`);
    } else this.dropped.push({ side: slot.side, round: slot.round, tag, reason });
    const dead = outcome.loss.kind !== 'unproven' && outcome.loss.kind !== 'void';
    const said = dead ? await evidence(target, this.#ports, this.#signal) : undefined;
    this.#streak.lost(slot.side, target.service, outcome.loss, said);
    if (spare !== undefined) this.#retakesLeft -= 1;
    return spare;
  }

  #note(target: SampleTarget, outcome: SampleOutcome): void {
    for (const finding of outcome.audit) this.#audit.add(finding);
    if (outcome.instanceId === undefined) return;
    this.#seen.add(outcome.instanceId);
    const { instanceId, lastRequestAtMs } = outcome;
    if (lastRequestAtMs !== undefined) this.#last.set(target.side, { target, instanceId, lastRequestAtMs });
  }

  async scaleToZero(): Promise<ScaleToZero[]> {
    const waitMs = this.#input.settings.scaleToZeroTimeoutMs;
    if (waitMs <= 0) return [];
    const patience = { waitMs, pollMs: Math.max(this.#patience.pollMs, 200) };
    return await Promise.all(
      [...this.#last.values()].map((idle) => measureScaleToZero(idle, patience, this.#ports, this.#signal)),
    );
  }
}

/**
 * Walks the schedule: per slot one fresh instance, its cold start and a warm block. Unproven and void samples are
 * dropped, counted, and retaken on spare revisions, at most half as many as scheduled; without a spare they stay
 * missing, since the same revision could give only a start of another kind, and those are never pooled. A single lost
 * sample never ends it; the same loss several times in a row does, and so does a schedule without one kept sample:
 * InfrastructureError. Rejects with the signal's reason on abort. Calls for several implementations must not overlap:
 * one warm block at a time on a machine.
 */
export async function measureImplementation(
  input: MeasureInput,
  ports: MeasurePorts,
  signal?: AbortSignal,
): Promise<Measurement> {
  const startedAtMs = ports.clock.epochMs();
  const startedMonotonicMs = ports.clock.monotonicMs();
  const walk = new MeasureWalk(input, ports, signal);
  for (const slot of input.schedule) await walk.slot(slot);
  if (walk.samples.length === 0) {
    const lost = walk.dropped.at(-1)?.reason ?? 'the schedule is empty';
    throw new InfrastructureError('measure-no-samples', `not one sample could be kept, the last because: ${lost}`, {
      hint: 'a suite with more samples names the cause; see also the log of the service',
    });
  }
  const scaleToZero = await walk.scaleToZero();
  return {
    samples: walk.samples,
    dropped: walk.dropped,
    scaleToZero,
    audit: walk.audit,
    startedAt: new Date(startedAtMs).toISOString(),
    durationMs: ports.clock.monotonicMs() - startedMonotonicMs,
  };
}
