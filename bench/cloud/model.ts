import { nextReadAtMs, readIntervalMs } from '../../src/adapters/platforms/cloud-run/read-pacer.ts';
import {
  delayUntilAllowedMs,
  writesBefore,
  writesPerMinute,
} from '../../src/adapters/platforms/cloud-run/write-limiter.ts';
import type { Side } from '../../src/domain/deployment.ts';
import { type IdleShare, idleShare } from '../../src/plan/idle.ts';
import { type SeededRandom, seededRandom } from '../../src/stats/random.ts';
import { ASSUMPTIONS as A, draw, type Spread } from './assumptions.ts';
import { Places, type Process, Simulation } from './engine.ts';
import { Job } from './job.ts';
import type { JobSettings } from './settings.ts';

export interface Scenario {
  readonly implementations: number;
  readonly sides: readonly Side[];
  /** Jobs of the matrix, and how many of them run at the same time. */
  readonly jobs: number;
  readonly parallelJobs: number;
  /** What each job is told of that: it takes such a part of the quotas. */
  readonly toldJobs: number;
  readonly settings: JobSettings;
  /** Whether the head has to be built without its cache. */
  readonly headChanged: boolean;
  /** Of the job after the others; absent: there is none. */
  readonly idle?: JobSettings;
}

export interface Outcome {
  /** From the event on GitHub to the verdict. */
  readonly wallMs: number;
  readonly writes: number;
  /** Most writes in any 60 s. */
  readonly mostWritesAMinute: number;
  /** Most readings of the log in any 60 s. */
  readonly mostReadsAMinute: number;
  /** Readings that Google refused, and that were tried again. */
  readonly refusedReads: number;
  /** Most vCPU of instances that were there at the same time, idle ones included. */
  readonly mostCpus: number;
  /** Instance seconds in which requests were answered, times vCPU. */
  readonly activeCpuSeconds: number;
  /** Time of the whole run that jobs spent in each phase, summed over the jobs. */
  readonly phases: Readonly<Record<string, number>>;
}

export class Instance {
  ended = false;
  endsAtMs = Number.POSITIVE_INFINITY;
}

/** What the jobs of one run share: the clock, chance, GitHub's runners, Google's quotas. */
export class Run {
  readonly random: SeededRandom;
  readonly #simulation = new Simulation();
  readonly #scenario: Scenario;
  readonly #writes: number[] = [];
  readonly #reads: number[] = [];
  readonly #phases: Record<string, number> = {};
  #alive = 0;
  #mostAlive = 0;
  #activeMs = 0;
  #refused = 0;
  #wallMs = 0;

  constructor(scenario: Scenario, seed: number) {
    this.#scenario = scenario;
    this.random = seededRandom(seed);
  }

  outcome(): Outcome {
    this.#simulation.spawn(this.#whole());
    this.#simulation.run();
    const { cpus } = this.#scenario.settings;
    return {
      wallMs: this.#wallMs,
      writes: this.#writes.length,
      mostWritesAMinute: mostWithin(this.#writes, 60_000),
      mostReadsAMinute: mostWithin(this.#reads, 60_000),
      mostCpus: this.#mostAlive * cpus,
      activeCpuSeconds: (this.#activeMs / 1000) * cpus,
      refusedReads: this.#refused,
      phases: this.#phases,
    };
  }

  *#whole(): Process {
    const { implementations, sides, jobs, parallelJobs, toldJobs, settings, headChanged, idle } = this.#scenario;
    yield* this.#for('runner', A.runnerStart, A.jobSetUp);
    yield* this.#for('discover', A.discover);
    const places = new Places(Math.min(parallelJobs, A.jobsAtOnce));
    const factors = Array.from({ length: implementations }, () => this.#factor());
    const start = (index: number) => Math.floor((index * implementations) / jobs);
    yield* this.all(
      Array.from({ length: jobs }, (_, index) => {
        const own = factors.slice(start(index), start(index + 1));
        const begin = () =>
          new Job(this, { settings, sides, headChanged, factors: own, quotas: new Quotas(this, toldJobs) });
        return this.#place(places, () => begin().work());
      }),
    );
    if (idle !== undefined) {
      const share: IdleShare = idleShare(implementations, sides.length > 1 ? implementations : 0, idle.instancesAtOnce);
      const begin = () =>
        new Job(this, { settings: idle, sides, headChanged: false, factors, quotas: new Quotas(this, 1) });
      yield* this.#place(new Places(1), () => begin().idle(share));
    }
    yield* this.#for('runner', A.runnerStart, A.jobSetUp);
    yield* this.#for('report', A.report);
    this.#wallMs = this.nowMs;
  }

  *#place(places: Places, work: () => Process): Process {
    yield* places.take();
    yield* this.#for('runner', A.runnerStart, A.jobSetUp, A.login);
    yield* work();
    places.give();
  }

  /** How much slower than the middling one an implementation starts. */
  #factor(): number {
    const { least, most } = A.implementationFactor;
    return least * (most / least) ** this.random.uniform();
  }

  get nowMs(): number {
    return this.#simulation.nowMs;
  }

  all(processes: readonly Process[]): Process {
    return this.#simulation.all(processes);
  }

  /** Lets one duration after the other pass, and books them. */
  *#for(phase: string, ...spreads: readonly Spread[]): Process {
    for (const one of spreads) yield* this.spend(phase, draw(one, this.random));
  }

  *spend(phase: string, durationMs: number): Process {
    this.book(phase, durationMs);
    yield durationMs;
  }

  book(phase: string, durationMs: number): void {
    this.#phases[phase] = (this.#phases[phase] ?? 0) + durationMs;
  }

  wrote(): void {
    this.#writes.push(this.nowMs);
  }

  /** False when the project has had its readings of the last minute. */
  read(): boolean {
    const admitted = delayUntilAllowedMs(this.#reads, this.nowMs, A.quota.logReadsPerMinute) <= 0;
    if (admitted) this.#reads.push(this.nowMs);
    else this.#refused += 1;
    return admitted;
  }

  busy(durationMs: number): void {
    this.#activeMs += durationMs;
  }

  started(): Instance {
    this.#alive += 1;
    this.#mostAlive = Math.max(this.#mostAlive, this.#alive);
    return new Instance();
  }

  /** The idle time begins anew with every request. */
  idles(instance: Instance): void {
    const endsAtMs = this.nowMs + draw(A.idle, this.random);
    instance.endsAtMs = endsAtMs;
    this.#simulation.at(endsAtMs, () => (instance.endsAtMs === endsAtMs ? this.end(instance) : undefined));
  }

  end(instance: Instance): void {
    if (instance.ended) return;
    instance.ended = true;
    this.#alive -= 1;
  }
}

interface Reading {
  readonly waiting: (() => void)[];
  asOfMs: number;
}

/** One process's part of Google's quotas, by the product's own limiters. */
export class Quotas {
  readonly #run: Run;
  readonly #perMinute: number;
  readonly #readIntervalMs: number;
  readonly #writes: number[];
  #lastReadMs: number | undefined;
  readonly #gathering = new Map<string, Reading>();

  constructor(run: Run, toldJobs: number) {
    this.#run = run;
    this.#perMinute = writesPerMinute(toldJobs);
    this.#readIntervalMs = readIntervalMs(toldJobs);
    this.#writes = Array.from({ length: writesBefore(toldJobs) }, () => run.nowMs);
  }

  /** One call to the Admin API, until it answers. */
  *write(): Process {
    const attempts = this.#run.random.uniform() < A.repeatedShare ? 2 : 1;
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const delayMs = delayUntilAllowedMs(this.#writes, this.#run.nowMs, this.#perMinute);
      this.#writes.push(this.#run.nowMs + delayMs);
      yield* this.#run.spend('write limit', delayMs);
      this.#run.wrote();
      yield* this.#run.spend('deploy', draw(A.call, this.#run.random) + (attempt > 0 ? 1000 : 0));
    }
  }

  /** Reads the log until what is to be seen is there; who asks alike while a reading waits for its turn is answered by it. */
  *readUntil(thereAtMs: number, kind: 'revisions' | 'service' | 'ends', pages = 1): Process {
    for (;;) {
      const known = this.#gathering.get(kind);
      const reading: Reading = known ?? { waiting: [], asOfMs: 0 };
      if (known === undefined) yield* this.#read(reading, kind, pages);
      else yield (wake) => reading.waiting.push(wake);
      if (reading.asOfMs >= thereAtMs) return;
      yield A.pollMs;
    }
  }

  *#read(reading: Reading, kind: string, pages: number): Process {
    this.#gathering.set(kind, reading);
    for (let page = 0; page < pages; page += 1) {
      const atMs = nextReadAtMs(this.#lastReadMs, this.#run.nowMs, this.#readIntervalMs);
      this.#lastReadMs = atMs;
      yield atMs - this.#run.nowMs;
      // Google refuses what is too much; the product tries again, later each time.
      for (let attempt = 0; !this.#run.read(); attempt += 1)
        yield Math.min(30_000, 4000 * 2 ** attempt) * (0.5 + this.#run.random.uniform() / 2);
      if (page > 0) continue;
      this.#gathering.delete(kind);
      reading.asOfMs = this.#run.nowMs;
    }
    for (const wake of reading.waiting) wake();
  }
}

function mostWithin(found: readonly number[], windowMs: number): number {
  const times = found.toSorted((a, b) => a - b);
  let first = 0;
  let most = 0;
  for (const [index, time] of times.entries()) {
    while ((times[first] as number) <= time - windowMs) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

export const simulateRun = (scenario: Scenario, seed: number): Outcome => new Run(scenario, seed).outcome();
