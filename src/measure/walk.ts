import type { Side } from '../domain/deployment.ts';
import { InfrastructureError } from '../domain/errors.ts';
import type { DroppedSample, Sample, Stratum } from '../domain/measurement.ts';
import type { MeasureSettings, ScheduledSample } from '../domain/plan.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { Platform } from '../ports/platform.ts';
import type { HttpTransport } from '../ports/transport.ts';
import { logsOf, roundsOf, Spares } from './batch.ts';
import { proveStart } from './cold-marker.ts';
import { askCold } from './cold-start.ts';
import { evidence } from './evidence.ts';
import { FailureStreak, type Loss, SOFT } from './failure-streak.ts';
import type { LoadDriver } from './load-driver.ts';
import type { LogPatience } from './log-wait.ts';
import { type Judged, judge, lastRequestAtMs, type Taken } from './sample.ts';
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
  readonly load: LoadDriver;
}

/** A schedule in one stratum. */
export interface Stretch {
  readonly stratum: Stratum;
  readonly schedule: readonly ScheduledSample[];
  /** Revisions that the schedule leaves over, per side; a lost sample is retaken on the next of them. */
  readonly spares: Readonly<Partial<Record<Side, readonly string[]>>>;
  /** Most samples that are taken before the log is waited for. */
  readonly batch: number;
  /** Why no sample of this revision can count, whatever its proof says; it is asked all the same, and so is warm. */
  readonly refuse?: (target: SampleTarget) => string | undefined;
  /** Called before so many instances are started. */
  readonly before?: (instances: number) => Promise<void>;
}

interface KeptSample extends Taken {
  readonly sample: Sample;
}

/** What one stretch keeps in mind from batch to batch. */
interface Progress {
  readonly stretch: Stretch;
  readonly streak: FailureStreak;
  readonly spares: Spares;
}

/** Takes samples one after the other, and remembers what was kept, what was lost, and which instances there have been. */
export class MeasureWalk {
  readonly #input: WalkInput;
  readonly #ports: MeasurePorts;
  readonly #signal: AbortSignal | undefined;
  readonly #seen = new Map<string, string>();
  readonly #markers = new Set<string>();
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
    const spares = new Spares(stretch.spares, stretch.schedule.length);
    const progress: Progress = { stretch, spares, streak: new FailureStreak() };
    const from = this.#order;
    this.#order += stretch.schedule.length;
    const schedule = stretch.schedule.map((slot) => ({ ...slot, order: from + slot.order }));
    try {
      const waiting: ScheduledSample[] = [];
      for (const round of roundsOf(schedule)) {
        waiting.push(...round);
        await this.#takeAll(waiting, progress);
      }
      do {
        while (waiting.length > 0) await this.#takeAll(waiting, progress);
        waiting.push(...this.#onSpares(await this.#lookAgain(), progress));
      } while (waiting.length > 0);
    } catch (error) {
      if (stretch.stratum === 'fresh-revision' || !(error instanceof InfrastructureError)) throw error;
      this.remark(`cold starts of stratum ${stretch.stratum} were given up: ${error.message}`);
    }
  }

  /**
   * What waits, in batches. What a batch loses goes before what still waits; the last batch's waits for whoever comes
   * next, since a batch of its own costs a wait for the log, and where room is scarce a stop of all instances.
   */
  async #takeAll(waiting: ScheduledSample[], progress: Progress): Promise<void> {
    while (waiting.length > 0) {
      const lost = await this.#take(waiting.splice(0, progress.stretch.batch), progress);
      const isLast = waiting.length === 0;
      waiting.unshift(...lost);
      if (isLast) return;
    }
  }

  #onSpares(slots: readonly ScheduledSample[], { spares }: Progress): readonly ScheduledSample[] {
    return slots.flatMap((slot) => {
      const tag = spares.take(slot.side);
      return tag === undefined ? [] : [{ ...slot, tag }];
    });
  }

  /** Cold requests, then warm blocks, then the log's word on all of them. Answers the retakes of what was lost. */
  async #take(slots: readonly ScheduledSample[], progress: Progress): Promise<readonly ScheduledSample[]> {
    const { stretch } = progress;
    this.#signal?.throwIfAborted();
    await stretch.before?.(slots.length);
    const asked: Taken[] = [];
    for (const slot of slots) {
      const taken = await this.#ask(slot, progress);
      if (taken !== undefined) asked.push(taken);
    }
    const batch = await this.#load(asked);
    const logs = await logsOf(batch, this.#input.patience, this.#ports, this.#signal);
    const lost: ScheduledSample[] = [];
    for (const [index, taken] of batch.entries()) {
      const seen = { instances: new Set(this.#seen.keys()), markers: this.#markers };
      const judged = judge(taken, logs[index] ?? [], seen);
      lost.push(...(await this.#settle(taken, judged, progress)));
    }
    return lost;
  }

  /** One cold request; when it fails, on spares until one answers. Undefined when none did. */
  async #ask(first: ScheduledSample, progress: Progress): Promise<Taken | undefined> {
    const { settings, protocol, patience } = this.#input;
    const { stratum } = progress.stretch;
    let slot: ScheduledSample | undefined = first;
    while (slot !== undefined) {
      this.#signal?.throwIfAborted();
      const target = this.#target(slot);
      this.#ports.logger.progress(`measuring ${target.service}: sample ${slot.order + 1} of ${this.#order}`, {
        stratum,
        side: slot.side,
        round: slot.round + 1,
        tag: slot.tag,
      });
      const input = { target, protocol, patience, timeoutMs: settings.coldTimeoutMs };
      const outcome = await askCold(input, this.#ports, this.#signal);
      if ('asked' in outcome) return { slot, stratum, target, asked: outcome.asked };
      [slot] = await this.#lose(slot, target, outcome.loss, progress);
    }
    return undefined;
  }

  /** The warm blocks of a batch, one after the other. Only fresh revisions get one. */
  async #load(asked: readonly Taken[]): Promise<readonly Taken[]> {
    const { settings, protocol, load } = this.#input;
    const { warm, requestTimeoutMs } = settings;
    if (warm.requests <= 0 || asked[0]?.stratum !== 'fresh-revision') return asked;
    const blocks = asked.map(({ target }) => ({ id: `${target.side}-${target.tag}`, url: target.url }));
    const outcomes = await load.run({ blocks, protocol, warm, requestTimeoutMs }, this.#signal);
    return asked.map((taken, index) => {
      const block = outcomes[index] ?? { id: '', missing: 'the load generator did not tell about the block' };
      return { ...taken, block, logsConnections: protocol.logsConnections ?? false };
    });
  }

  /** Keeps a sample, or loses it; answers its retake. */
  async #settle(taken: Taken, judged: Judged, progress: Progress): Promise<readonly ScheduledSample[]> {
    const { slot, target } = taken;
    this.#note(taken, judged);
    const refused = judged.sample === undefined ? undefined : progress.stretch.refuse?.(target);
    const loss = refused === undefined ? judged.loss : { kind: 'unproven', reason: `not proven cold: ${refused}` };
    if (loss === undefined) {
      progress.streak.kept(slot.side);
      this.#keep(taken, judged);
      return [];
    }
    // A void block does not undo the proven cold start; the block itself stays marked and is never counted.
    const keep = () => {
      if (judged.sample === undefined || refused !== undefined) return false;
      this.#keep(taken, judged);
      this.remark(`a warm block on ${slot.side} was void and could not be retaken: ${loss.reason}`);
      return true;
    };
    // Where the log does not tell of the cold start, it tells of no block either: a retake would meet the same silence.
    if (judged.sample?.cold.proof.by === 'marker' && keep()) {
      progress.streak.kept(slot.side);
      return [];
    }
    return await this.#lose(slot, target, loss, progress, keep);
  }

  /** Counts a loss; `keepAll` may still keep the sample when there is no spare. Answers its retake. */
  async #lose(
    slot: ScheduledSample,
    target: SampleTarget,
    loss: Loss,
    { stretch: { stratum }, streak, spares }: Progress,
    keepAll: () => boolean = () => false,
  ): Promise<readonly ScheduledSample[]> {
    this.#ports.logger.debug(`sample lost: ${loss.reason}`, { service: target.service, tag: slot.tag, stratum });
    const spare = spares.take(slot.side);
    if (spare !== undefined || !keepAll()) this.dropped.push(droppedOf(slot, stratum, loss));
    const said = SOFT.has(loss.kind) ? undefined : await evidence(target, this.#ports, this.#signal);
    streak.lost(slot.side, target.service, loss, said);
    return spare === undefined ? [] : [{ ...slot, tag: spare }];
  }

  #keep(taken: Taken, { sample }: Judged): void {
    if (sample === undefined) return;
    this.samples.push(sample);
    this.#unchecked.push({ ...taken, sample });
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
      for (const { slot, target, sample, asked } of ones) {
        const since = events.filter(({ atMs }) => atMs >= target.deployedSinceMs);
        const { proof } = proveStart(since, asked.request, new Set(), new Set());
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

  #note(taken: Taken, { audit, instanceId }: Judged): void {
    for (const finding of audit) this.#audit.add(finding);
    const { marker } = taken.asked.request;
    if (marker !== undefined) this.#markers.add(marker.instance);
    if (instanceId === undefined) return;
    const { target } = taken;
    this.#seen.set(instanceId, target.service);
    this.#last.set(target.revision, { target, instanceId, lastRequestAtMs: lastRequestAtMs(taken) });
  }
}

function droppedOf({ side, round, tag }: ScheduledSample, stratum: Stratum, loss: Loss): DroppedSample {
  const { reason, abortedStatus } = loss;
  return { side, stratum, round, tag, reason, ...(abortedStatus === undefined ? {} : { abortedStatus }) };
}
