import { type InstanceEvent, SIDES, type Side } from '../domain/deployment.ts';
import { InfrastructureError } from '../domain/errors.ts';
import type { DroppedSample, Sample, Stratum } from '../domain/measurement.ts';
import type { MeasureSettings, ScheduledSample } from '../domain/plan.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { Platform } from '../ports/platform.ts';
import type { HttpTransport } from '../ports/transport.ts';
import { type ColdRequest, proveCold } from './cold-proof.ts';
import { FailureStreak, type Loss, SOFT } from './failure-streak.ts';
import type { LogPatience } from './log-wait.ts';
import { type SampleOutcome, takeSample } from './sample.ts';
import type { IdleInstance } from './scale-to-zero.ts';
import { findTarget, type MeasuredProtocol, type SampleTarget, type SideDeployment } from './target.ts';

export interface MeasurePorts {
  readonly transport: HttpTransport;
  readonly platform: Platform;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface WalkInput {
  readonly deployments: readonly SideDeployment[];
  readonly settings: MeasureSettings;
  readonly protocol: MeasuredProtocol;
  readonly patience: LogPatience;
}

/** A schedule in one stratum. */
export interface Stretch {
  readonly stratum: Stratum;
  readonly schedule: readonly ScheduledSample[];
  /** Revisions that the schedule leaves over, per side; a lost sample is retaken on the next of them. */
  readonly spares: Readonly<Partial<Record<Side, readonly string[]>>>;
  /** Why no sample of this revision can count, whatever its proof says; it is asked all the same, and so is warm. */
  readonly refuse?: (target: SampleTarget) => string | undefined;
  /** Called before every request. */
  readonly before?: () => Promise<void>;
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

interface KeptSample {
  readonly slot: ScheduledSample;
  readonly target: SampleTarget;
  readonly sample: Sample;
  readonly request: ColdRequest;
}

/** Takes samples one after the other, and remembers what was kept, what was lost, and which instances there have been. */
export class MeasureWalk {
  readonly #input: WalkInput;
  readonly #ports: MeasurePorts;
  readonly #signal: AbortSignal | undefined;
  readonly #seen = new Map<string, string>();
  readonly #audit = new Set<string>();
  readonly #last = new Map<string, IdleInstance>();
  readonly samples: Sample[] = [];
  readonly dropped: DroppedSample[] = [];
  readonly #unchecked: KeptSample[] = [];
  #order = 0;

  constructor(input: WalkInput, ports: MeasurePorts, signal?: AbortSignal) {
    this.#input = input;
    this.#ports = ports;
    this.#signal = signal;
  }

  get audit(): readonly string[] {
    return [...this.#audit];
  }

  remark(finding: string): void {
    this.#audit.add(finding);
  }

  /** Instances of a service that have answered so far. */
  instancesOf(service: string): readonly string[] {
    return [...this.#seen].filter(([, of]) => of === service).map(([instance]) => instance);
  }

  /** The latest instance of each revision that has answered, in the order in which they first did. */
  get warmed(): readonly IdleInstance[] {
    return [...this.#last.values()];
  }

  /**
   * Rejects with InfrastructureError when the same loss comes several times in a row on fresh revisions. Another stratum
   * is then given up: what was measured before it stays good.
   */
  async walk(stretch: Stretch): Promise<void> {
    const streak = new FailureStreak();
    const spares = new Map(SIDES.map((side): [Side, string[]] => [side, [...(stretch.spares[side] ?? [])]]));
    const from = this.#order;
    this.#order += stretch.schedule.length;
    let retakesLeft = Math.floor(stretch.schedule.length * RETAKE_SHARE);
    const spareOf = (side: Side): string | undefined => {
      const spare = retakesLeft > 0 ? spares.get(side)?.shift() : undefined;
      if (spare !== undefined) retakesLeft -= 1;
      return spare;
    };
    const take = async (slot: ScheduledSample, first: string | undefined) => {
      let tag = first;
      while (tag !== undefined) tag = await this.#attempt({ ...slot, tag }, stretch, streak, () => spareOf(slot.side));
    };
    try {
      for (const slot of stretch.schedule) await take({ ...slot, order: from + slot.order }, slot.tag);
      for (const slot of await this.#lookAgain()) await take(slot, spareOf(slot.side));
    } catch (error) {
      if (stretch.stratum === 'fresh-revision' || !(error instanceof InfrastructureError)) throw error;
      this.remark(`cold starts of stratum ${stretch.stratum} were given up: ${error.message}`);
    }
  }

  /** One sample; the tag of its retake when it is lost and there is one. */
  async #attempt(
    slot: ScheduledSample,
    stretch: Stretch,
    streak: FailureStreak,
    nextSpare: () => string | undefined,
  ): Promise<string | undefined> {
    this.#signal?.throwIfAborted();
    await stretch.before?.();
    const { settings, protocol, patience } = this.#input;
    const target = this.#target(slot);
    const { stratum } = stretch;
    this.#ports.logger.progress(`measuring ${target.service}: sample ${slot.order + 1} of ${this.#order}`, {
      stratum,
      side: slot.side,
      round: slot.round + 1,
      tag: slot.tag,
    });
    const seenInstances = new Set(this.#seen.keys());
    const input = { slot, stratum, target, settings, protocol, patience, seenInstances };
    const outcome = await takeSample(input, this.#ports, this.#signal);
    this.#note(target, outcome);
    const refused = outcome.sample === undefined ? undefined : stretch.refuse?.(target);
    const loss = refused === undefined ? outcome.loss : { kind: 'unproven', reason: `not proven cold: ${refused}` };
    if (loss === undefined) {
      streak.kept(slot.side);
      this.#keep(slot, target, outcome);
      return undefined;
    }
    this.#ports.logger.debug(`sample lost: ${loss.reason}`, { service: target.service, tag: slot.tag, stratum });
    const spare = nextSpare();
    if (outcome.sample !== undefined && refused === undefined && spare === undefined) {
      // A void block does not undo the proven cold start; the block itself stays marked and is never counted.
      this.#keep(slot, target, outcome);
      this.remark(`a warm block on ${slot.side} was void and could not be retaken: ${loss.reason}`);
    } else this.dropped.push(droppedOf(slot, stratum, loss));
    const said = SOFT.has(loss.kind) ? undefined : await evidence(target, this.#ports, this.#signal);
    streak.lost(slot.side, target.service, loss, said);
    return spare;
  }

  #keep(slot: ScheduledSample, target: SampleTarget, { sample, request }: SampleOutcome): void {
    if (sample === undefined || request === undefined) return;
    this.samples.push(sample);
    this.#unchecked.push({ slot, target, sample, request });
  }

  /**
   * Proves what was kept once more, by the log as it is now: a line about a second start, or about somebody else's
   * request, may have come after the first proof. Answers the slots whose samples are lost by that.
   */
  async #lookAgain(): Promise<readonly ScheduledSample[]> {
    const lost: ScheduledSample[] = [];
    const kept = Map.groupBy(this.#unchecked.splice(0), ({ target }) => target.service);
    for (const [service, ones] of kept) {
      const sinceMs = Math.min(...ones.map(({ target }) => target.deployedSinceMs));
      const events = await this.#ports.platform.instanceLog({ service, sinceMs }, this.#signal);
      for (const { slot, target, sample, request } of ones) {
        const since = events.filter(({ atMs }) => atMs >= target.deployedSinceMs);
        const { proof } = proveCold(since, request, new Set());
        if (proof.proven) continue;
        this.samples.splice(this.samples.indexOf(sample), 1);
        const reason = `not proven cold after a second look: ${proof.reason ?? 'instance unknown'}`;
        this.dropped.push(droppedOf(slot, sample.stratum, { kind: 'unproven', reason }));
        lost.push(slot);
      }
    }
    return lost;
  }

  /** A revision that has run before is looked up in the log from there on: its earlier lines are of earlier instances. */
  #target(slot: ScheduledSample): SampleTarget {
    const target = findTarget(this.#input.deployments, slot.side, slot.tag);
    const before = this.#last.get(target.revision);
    return before === undefined ? target : { ...target, deployedSinceMs: before.lastRequestAtMs };
  }

  #note(target: SampleTarget, outcome: SampleOutcome): void {
    for (const finding of outcome.audit) this.#audit.add(finding);
    if (outcome.instanceId === undefined) return;
    this.#seen.set(outcome.instanceId, target.service);
    const { instanceId, lastRequestAtMs } = outcome;
    if (lastRequestAtMs !== undefined) this.#last.set(target.revision, { target, instanceId, lastRequestAtMs });
  }
}

function droppedOf({ side, round, tag }: ScheduledSample, stratum: Stratum, loss: Loss): DroppedSample {
  const { reason, abortedStatus } = loss;
  return { side, stratum, round, tag, reason, ...(abortedStatus === undefined ? {} : { abortedStatus }) };
}
