import type { Side } from '../../src/domain/deployment.ts';
import type { IdleShare } from '../../src/plan/idle.ts';
import { checksFit } from '../../src/plan/strata.ts';
import { ASSUMPTIONS as A, draw } from './assumptions.ts';
import { Places, type Process } from './engine.ts';
import type { Instance, Quotas, Run } from './model.ts';
import type { JobSettings } from './settings.ts';

export interface JobInput {
  readonly settings: JobSettings;
  readonly sides: readonly Side[];
  readonly headChanged: boolean;
  /** Of the implementations of this job: how slowly each starts. */
  readonly factors: readonly number[];
  readonly quotas: Quotas;
}

/** What of one implementation is there. */
interface Measured {
  readonly factor: number;
  readonly services: number;
  readonly instances: Instance[];
  /** Revisions that the schedule has left over. */
  spares: number;
}

/** The implementations of one job, as commands/run-plan.ts, idle-measure.ts and measure/walk.ts go about them. */
export class Job {
  readonly #run: Run;
  readonly #input: JobInput;
  readonly #all: readonly Measured[];

  constructor(run: Run, input: JobInput) {
    this.#run = run;
    this.#input = input;
    const { settings, tags } = input.settings;
    const spares = (tags - settings.samplesPerRound * settings.rounds) * input.sides.length;
    this.#all = input.factors.map((factor) => ({ factor, services: input.sides.length, instances: [], spares }));
  }

  *work(): Process {
    const { settings, preparedAtOnce } = this.#input.settings;
    const places = new Places(preparedAtOnce);
    yield* this.#run.all(this.#all.map((one) => within(places, this.#prepare(one))));
    const { forcedZeroStarts = 0, afterIdleSamples = 0, scaleToZeroTimeoutMs: mostIdleMs } = settings;
    for (const one of this.#all) {
      let waiting = 0;
      for (let round = 0; round < settings.rounds; round += 1)
        waiting = yield* this.#takeAll(one, waiting + settings.samplesPerRound * one.services, true);
      while (waiting > 0) waiting = yield* this.#takeAll(one, waiting, true);
      yield* this.#lookAgain(one, settings.samplesPerRound * settings.rounds * this.#lines());
      if (forcedZeroStarts > 0) yield* this.#stopAll(one);
      if (forcedZeroStarts > 0 && mostIdleMs <= 0) yield* this.#restart(one, forcedZeroStarts);
      if (mostIdleMs <= 0) yield* this.#remove(one);
    }
    if (mostIdleMs <= 0) return;
    if (forcedZeroStarts > 0) for (const one of this.#all) yield* this.#restart(one, forcedZeroStarts);
    yield* this.#leaveAlone(this.#all, mostIdleMs);
    for (const one of this.#all) {
      yield* this.#restart(one, afterIdleSamples);
      yield* this.#remove(one);
    }
  }

  /** The job after the others: what they have pushed is deployed again, woken, left alone, asked once, removed. */
  *idle({ bothSides, samples, revisions, atOnce }: IdleShare): Process {
    const { preparedAtOnce, settings } = this.#input.settings;
    const services = bothSides ? this.#input.sides.length : 1;
    for (let from = 0; from < this.#all.length; from += atOnce) {
      const group = this.#all.slice(from, from + atOnce).map((one) => ({ ...one, services, instances: [], spares: 0 }));
      const lanes = new Places(preparedAtOnce);
      yield* this.#run.all(group.map((one) => within(lanes, this.#wake(one, revisions))));
      yield* this.#leaveAlone(group, settings.scaleToZeroTimeoutMs);
      const asking = new Places(1);
      yield* this.#run.all(group.map((one) => within(lanes, this.#askAgain(one, samples, asking))));
    }
  }

  /** No cold start beside another, but any number of waits for the log. */
  *#askAgain(one: Measured, samples: number, asking: Places): Process {
    const thereAtMs: number[] = [];
    for (let taken = 0; taken < samples * one.services; taken += 1) {
      yield* within(asking, this.#cold(one));
      thereAtMs.push(this.#run.nowMs + this.#draw(A.logLag));
    }
    yield* this.#proofs(thereAtMs);
    yield* this.#lookAgain(one);
    yield* this.#remove(one);
  }

  *#wake(one: Measured, revisions: number): Process {
    for (let service = 0; service < one.services; service += 1) yield* this.#deploy(revisions);
    yield* this.#take(one, revisions * one.services, false);
    yield* this.#lookAgain(one);
  }

  #spend(phase: string, durationMs: number): Process {
    return this.#run.spend(phase, durationMs);
  }

  #draw(spread: Parameters<typeof draw>[0], factor = 1): number {
    return draw(spread, this.#run.random, factor);
  }

  /** Both sides at the same time: build, push, a write for each revision, the first answer; then the head's contract. */
  *#prepare(one: Measured): Process {
    const { sides, headChanged, settings } = this.#input;
    const side = function* (this: Job, name: Side): Process {
      const build = name === 'head' && headChanged ? A.buildChanged : A.buildCached;
      yield* this.#spend('build', this.#draw(build) + this.#draw(A.push));
      yield* this.#deploy(settings.tags + 1);
      yield* this.#cold(one);
    };
    yield* this.#run.all(sides.map((name) => side.call(this, name)));
    yield* this.#spend('contract', this.#draw(A.contract));
    const services = this.#all.map((other) => other.services);
    if (!checksFit(this.#input.settings.settings, services)) yield* this.#stopAll(one);
  }

  *#deploy(revisions: number): Process {
    for (let revision = 0; revision < revisions; revision += 1) {
      yield* this.#input.quotas.write();
      yield* this.#spend('deploy', polled(this.#draw(A.operation)));
    }
  }

  *#remove(one: Measured): Process {
    for (let service = 0; service < one.services; service += 1) {
      yield* this.#input.quotas.write();
      yield* this.#spend('cleanup', this.#draw(A.deletion));
    }
    for (const instance of one.instances) this.#run.end(instance);
  }

  /** A request to a revision that has no instance. */
  *#cold(one: Measured): Process {
    const coldMs = this.#draw(A.cold, one.factor);
    const instance = this.#run.started();
    this.#run.idles(instance);
    one.instances.push(instance);
    this.#run.busy(coldMs);
    yield* this.#spend('cold', coldMs);
  }

  /** What waits, in batches that the room allows; what the last of them loses on spares waits for whoever comes next. */
  *#takeAll(one: Measured, count: number, fresh: boolean): Process<number> {
    const most = Math.max(1, this.#input.settings.instancesAtOnce);
    let waiting = count;
    while (waiting > 0) {
      const batch = Math.min(most, waiting);
      waiting -= batch;
      const lost = Math.min(yield* this.#take(one, batch, fresh), one.spares);
      one.spares -= lost;
      if (waiting === 0) return lost;
      waiting += lost;
    }
    return 0;
  }

  /** Cold requests, then warm blocks, then the log's word on all of them. Answers how many are lost. */
  *#take(one: Measured, count: number, fresh: boolean): Process<number> {
    if (fresh) {
      const alive = one.instances.filter(({ ended }) => !ended).length;
      if (alive > 0 && alive + count > this.#input.settings.instancesAtOnce) yield* this.#stopAll(one);
    }
    const fromMs: number[] = [];
    for (let taken = 0; taken < count; taken += 1) {
      yield* this.#cold(one);
      fromMs.push(this.#run.nowMs);
    }
    if (fresh) {
      const { warm } = this.#input.settings.settings;
      const paceMs = A.requestMs / warm.connections;
      const warmMs = Math.max(warm.warmupMs ?? 0, warm.warmupRequests * paceMs) + warm.requests * paceMs;
      for (let taken = 0; taken < count; taken += 1) {
        this.#run.busy(warmMs);
        yield* this.#spend('warm', warmMs);
        fromMs[taken] = this.#run.nowMs;
      }
    }
    yield* this.#proofs(
      fromMs.map((time) => time + this.#draw(A.logLag)),
      count * (fresh ? this.#lines() : 1),
    );
    return Array.from({ length: count }).filter(() => this.#run.random.uniform() < A.lostShare).length;
  }

  /** All revisions of a batch are waited for together. */
  *#proofs(thereAtMs: readonly number[], lines = 1): Process {
    const fromMs = this.#run.nowMs;
    yield* this.#input.quotas.readUntil(Math.max(...thereAtMs), 'revisions', pagesOf(lines));
    this.#run.book('proof', this.#run.nowMs - fromMs);
  }

  /** All that is known of each service is read once more. */
  *#lookAgain(one: Measured, lines = 1): Process {
    const fromMs = this.#run.nowMs;
    for (let service = 0; service < one.services; service += 1)
      yield* this.#input.quotas.readUntil(0, 'service', pagesOf(lines));
    this.#run.book('proof', this.#run.nowMs - fromMs);
  }

  /** Lines of the log that one fresh instance makes: each request is one. */
  #lines(): number {
    const { warm } = this.#input.settings.settings;
    const warmup = Math.max(warm.warmupRequests, ((warm.warmupMs ?? 0) * warm.connections) / A.requestMs);
    return 1 + warmup + warm.requests;
  }

  /** Cold starts of revisions that have run before: no warm block, no spares. */
  *#restart(one: Measured, samples: number): Process {
    if (samples === 0) return;
    yield* this.#take(one, samples * one.services, false);
    yield* this.#lookAgain(one);
  }

  /** Manual scaling to 0 and back: two writes a service, the services at the same time. */
  *#stopAll(one: Measured): Process {
    const fromMs = this.#run.nowMs;
    const stop = function* (this: Job): Process {
      yield* this.#input.quotas.write();
      const goneMs = this.#run.nowMs + this.#draw(A.stop) + this.#draw(A.logLag);
      yield polled(this.#draw(A.operation));
      yield* this.#input.quotas.readUntil(goneMs, 'ends');
      yield* this.#input.quotas.write();
      yield polled(this.#draw(A.operation));
    };
    yield* this.#run.all(Array.from({ length: one.services }, () => stop.call(this)));
    for (const instance of one.instances.splice(0)) this.#run.end(instance);
    this.#run.book('stop all', this.#run.nowMs - fromMs);
  }

  *#leaveAlone(group: readonly Measured[], mostMs: number): Process {
    const fromMs = this.#run.nowMs;
    const alive = group.flatMap(({ instances }) => instances).filter(({ ended }) => !ended);
    const last = Math.max(fromMs, ...alive.map(({ endsAtMs }) => endsAtMs));
    yield Math.min(mostMs, last - fromMs);
    // The end of the last one is seen when its service's turn to be read has come.
    const services = group.reduce((sum, one) => sum + one.services, 0);
    for (let turn = 0; turn < services; turn += 1) yield* this.#input.quotas.readUntil(0, 'service');
    yield* this.#input.quotas.readUntil(this.#run.nowMs + this.#draw(A.logLag), 'service');
    this.#run.book('idle window', this.#run.nowMs - fromMs);
  }
}

const pagesOf = (lines: number) => Math.max(1, Math.ceil(lines / A.linesOfAPage));
const polled = (durationMs: number) => Math.ceil(durationMs / A.pollMs) * A.pollMs;

function* within(places: Places, work: Process): Process {
  yield* places.take();
  yield* work;
  places.give();
}
