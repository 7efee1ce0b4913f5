import { delayUntilAllowedMs } from '../../src/adapters/platforms/cloud-run/write-limiter.ts';
import { SIDES, type Side } from '../../src/domain/deployment.ts';
import type { MeasureSettings } from '../../src/domain/plan.ts';
import { type SeededRandom, seededRandom } from '../../src/stats/random.ts';
import { ASSUMPTIONS as A, draw, type Spread } from './assumptions.ts';
import { Places, type Process, Simulation } from './engine.ts';

export interface Scenario {
  readonly implementations: number;
  readonly sides: readonly Side[];
  readonly settings: MeasureSettings;
  /** Measured revisions of one side, spares included; one more is for the contract. */
  readonly tags: number;
  /** Jobs of the matrix, and how many of them run at the same time; those share the write limit and the CPUs. */
  readonly jobs: number;
  readonly parallelJobs: number;
  /** Implementations of one job that are built and deployed at the same time. */
  readonly preparedAtOnce: number;
  /** Whether head and base are deployed at the same time. */
  readonly sidesAtOnce: boolean;
  /** Whether the head has to be built without its cache. */
  readonly headChanged: boolean;
  /** Whether the log is waited for after each request and block, or once after each round. */
  readonly proofs: 'each' | 'together';
  /** Whether a job after the others leaves one new instance of each head alone, for all implementations at once. */
  readonly idleJob: boolean;
  /** Images that are in the registry and whose contract was checked already. */
  readonly known?: boolean;
  /** Instances that one job lets live at a time; absent: it stops none. */
  readonly instancesAtOnce?: number;
  /** Admin writes a minute of the whole run. */
  readonly writesPerMinute: number;
  /** vCPU of one instance. */
  readonly cpus: number;
}

export interface Outcome {
  /** From the event on GitHub to the verdict. */
  readonly wallMs: number;
  readonly writes: number;
  /** Most writes in any 60 s. */
  readonly mostWritesAMinute: number;
  /** Most vCPU of instances that were there at the same time, idle ones included. */
  readonly mostCpus: number;
  /** Instance seconds in which requests were answered, times vCPU. */
  readonly activeCpuSeconds: number;
  /** Time of the whole run that jobs spent in each phase, summed over the jobs. */
  readonly phases: Readonly<Record<string, number>>;
}

const LONGEST_IDLE_MS = 960_000;

class Instance {
  ended = false;
  endsAtMs = Number.POSITIVE_INFINITY;
}

/** One run, from the event to the report. The same seed gives the same run. */
export class Run {
  readonly #simulation = new Simulation();
  readonly #random: SeededRandom;
  readonly #scenario: Scenario;
  readonly #writes: number[] = [];
  readonly #logReads: number[] = [];
  readonly #phases: Record<string, number> = {};
  #alive = 0;
  #mostAlive = 0;
  #activeMs = 0;

  constructor(scenario: Scenario, seed: number) {
    this.#scenario = scenario;
    // Small seeds give a generator that begins with almost the same number.
    this.#random = seededRandom(Math.imul(seed + 1, 0x9e3779b1));
  }

  outcome(): Outcome {
    this.#simulation.spawn(this.#whole());
    this.#simulation.run();
    const times = this.#writes.toSorted((a, b) => a - b);
    const cpus = this.#scenario.cpus;
    return {
      wallMs: this.#wallMs,
      writes: times.length,
      mostWritesAMinute: mostWithin(times, 60_000),
      mostCpus: this.#mostAlive * cpus,
      activeCpuSeconds: (this.#activeMs / 1000) * cpus,
      phases: this.#phases,
    };
  }

  #wallMs = 0;

  *#whole(): Process {
    const { implementations, jobs, parallelJobs } = this.#scenario;
    yield* this.#for('runner', A.runnerStart, A.jobSetUp);
    yield* this.#for('discover', A.discover);
    const places = new Places(Math.min(parallelJobs, A.jobsAtOnce));
    yield* this.#simulation.all(
      Array.from({ length: jobs }, (_, index) => {
        const part = Math.floor(((index + 1) * implementations) / jobs) - Math.floor((index * implementations) / jobs);
        return this.#job(part, places);
      }),
    );
    if (this.#scenario.idleJob) yield* this.#idleJob();
    yield* this.#for('runner', A.runnerStart, A.jobSetUp);
    yield* this.#for('report', A.report);
    this.#wallMs = this.#simulation.nowMs;
  }

  *#job(implementations: number, places: Places): Process {
    yield* places.take();
    yield* this.#for('runner', A.runnerStart, A.jobSetUp, A.login);
    yield* new Job(this, this.#scenario, implementations, this.#random).work();
    places.give();
  }

  *#idleJob(): Process {
    yield* this.#for('runner', A.runnerStart, A.jobSetUp, A.login);
    const settings: MeasureSettings = {
      ...this.#scenario.settings,
      samplesPerRound: 0,
      afterIdleSamples: 1,
      forcedZeroStarts: 0,
      scaleToZeroTimeoutMs: LONGEST_IDLE_MS,
    };
    const alone = { settings, sides: ['head'] as const, tags: 0, jobs: 1, parallelJobs: 1, known: true };
    const scenario = { ...this.#scenario, ...alone };
    yield* new Job(this, scenario, scenario.implementations, this.#random).work();
  }

  get nowMs(): number {
    return this.#simulation.nowMs;
  }

  all(processes: readonly Process[]): Process {
    return this.#simulation.all(processes);
  }

  /** Lets one duration after the other pass, and books them. */
  *#for(phase: string, ...spreads: readonly Spread[]): Process {
    for (const one of spreads) yield* this.spend(phase, draw(one, this.#random));
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

  busy(durationMs: number): void {
    this.#activeMs += durationMs;
  }

  /** All readers of one project share its quota. */
  *readLog(): Process {
    const delayMs = delayUntilAllowedMs(this.#logReads, this.nowMs, A.logReadsPerMinute);
    this.#logReads.push(this.nowMs + delayMs);
    yield delayMs;
  }

  started(): Instance {
    this.#alive += 1;
    this.#mostAlive = Math.max(this.#mostAlive, this.#alive);
    return new Instance();
  }

  /** The idle time begins anew with every request. */
  idles(instance: Instance): void {
    const endsAtMs = this.nowMs + draw(A.idle, this.#random);
    instance.endsAtMs = endsAtMs;
    this.#simulation.at(endsAtMs, () => (instance.endsAtMs === endsAtMs ? this.end(instance) : undefined));
  }

  end(instance: Instance): void {
    if (instance.ended) return;
    instance.ended = true;
    this.#alive -= 1;
  }
}

/** What of one implementation is there. */
interface Measured {
  readonly factor: number;
  readonly instances: Instance[];
}

/** The implementations of one job, as commands/run-plan.ts goes about them. */
class Job {
  readonly #run: Run;
  readonly #scenario: Scenario;
  readonly #random: SeededRandom;
  readonly #perMinute: number;
  readonly #mostAlive: number;
  readonly #writes: number[] = [];
  readonly #all: readonly Measured[];

  constructor(run: Run, scenario: Scenario, implementations: number, random: SeededRandom) {
    this.#run = run;
    this.#scenario = scenario;
    this.#random = random;
    const { least, most } = A.implementationFactor;
    this.#all = Array.from({ length: implementations }, () => ({
      factor: least * (most / least) ** random.uniform(),
      instances: [],
    }));
    const atOnce = Math.min(scenario.jobs, scenario.parallelJobs);
    this.#perMinute = Math.max(1, Math.floor(scenario.writesPerMinute / atOnce));
    // The revisions for the contract may have an instance each, too.
    this.#mostAlive = Math.max(1, (scenario.instancesAtOnce ?? Number.POSITIVE_INFINITY) - scenario.sides.length);
  }

  *work(): Process {
    const { settings, sides } = this.#scenario;
    const places = new Places(this.#scenario.preparedAtOnce);
    yield* this.#run.all(this.#all.map((one) => this.#prepare(one, places)));
    const { forcedZeroStarts = 0, afterIdleSamples = 0, scaleToZeroTimeoutMs: mostIdleMs } = settings;
    for (const one of this.#all) {
      for (let round = 0; round < settings.rounds; round += 1)
        yield* this.#samples(one, settings.samplesPerRound * sides.length, true);
      if (forcedZeroStarts > 0) {
        yield* this.#stopAll(one);
        yield* this.#samples(one, forcedZeroStarts * sides.length, false);
      }
      if (mostIdleMs <= 0) yield* this.#remove(one);
    }
    if (mostIdleMs <= 0) return;
    yield* this.#leaveAlone(mostIdleMs);
    for (const one of this.#all) {
      yield* this.#samples(one, afterIdleSamples * sides.length, false);
      yield* this.#remove(one);
    }
  }

  #spend(phase: string, durationMs: number): Process {
    return this.#run.spend(phase, durationMs);
  }

  *#prepare(one: Measured, places: Places): Process {
    yield* places.take();
    const sides = SIDES.filter((side) => this.#scenario.sides.includes(side)).toReversed();
    if (this.#scenario.sidesAtOnce) yield* this.#run.all(sides.map((side) => this.#deploy(one, side)));
    else for (const side of sides) yield* this.#deploy(one, side);
    if (this.#scenario.known !== true) yield* this.#spend('contract', draw(A.contract, this.#random));
    places.give();
  }

  /** Build, push and one write for each revision; then the first answer of the revision for the contract. */
  *#deploy(one: Measured, side: Side): Process {
    if (this.#scenario.known !== true) {
      const build = side === 'head' && this.#scenario.headChanged ? A.buildChanged : A.buildCached;
      yield* this.#spend('build', draw(build, this.#random) + draw(A.push, this.#random));
    }
    for (let revision = 0; revision <= this.#scenario.tags; revision += 1) {
      yield* this.#write();
      yield* this.#spend('deploy', polled(draw(A.operation, this.#random)));
    }
    const coldMs = draw(A.cold, this.#random, one.factor);
    this.#start(one);
    yield* this.#spend('contract', coldMs);
  }

  *#remove(one: Measured): Process {
    for (const _ of this.#scenario.sides) {
      yield* this.#write();
      yield* this.#spend('cleanup', draw(A.deletion, this.#random));
    }
    for (const instance of one.instances) this.#run.end(instance);
  }

  *#write(): Process {
    const attempts = this.#random.uniform() < A.repeatedShare ? 2 : 1;
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const delayMs = delayUntilAllowedMs(this.#writes, this.#run.nowMs, this.#perMinute);
      this.#writes.push(this.#run.nowMs + delayMs);
      yield* this.#spend('write limit', delayMs);
      this.#run.wrote();
      yield* this.#spend('deploy', draw(A.call, this.#random) + (attempt > 0 ? 1000 : 0));
    }
  }

  #start(one: Measured): void {
    const instance = this.#run.started();
    this.#run.idles(instance);
    one.instances.push(instance);
  }

  /** Cold starts, each with a warm block on a fresh revision. What is lost is taken again. */
  *#samples(one: Measured, count: number, fresh: boolean): Process {
    const { warm } = this.#scenario.settings;
    const paceMs = A.requestMs / warm.connections;
    const warmMs = fresh ? Math.max(warm.warmupMs ?? 0, warm.warmupRequests * paceMs) + warm.requests * paceMs : 0;
    for (let taken = 0; taken < count; taken += 1) {
      if (this.#random.uniform() < A.lostShare) taken -= 1;
      if (fresh) {
        const alive = one.instances.filter(({ ended }) => !ended).length - this.#scenario.sides.length;
        if (alive >= this.#mostAlive) yield* this.#stopAll(one);
      }
      const coldMs = draw(A.cold, this.#random, one.factor);
      this.#start(one);
      this.#run.busy(coldMs + warmMs);
      yield* this.#spend('cold', coldMs);
      if (this.#scenario.proofs === 'each') yield* this.#proof();
      if (!fresh) continue;
      yield* this.#spend('warm', warmMs);
      if (this.#scenario.proofs === 'each') yield* this.#proof();
    }
    if (this.#scenario.proofs === 'together' && count > 0) yield* this.#proof();
  }

  /** Looks once a second until the lines are there. */
  *#proof(): Process {
    const fromMs = this.#run.nowMs;
    const thereAtMs = fromMs + draw(A.logLag, this.#random);
    for (;;) {
      yield* this.#run.readLog();
      if (this.#run.nowMs >= thereAtMs) break;
      yield A.pollMs;
    }
    this.#run.book('proof', this.#run.nowMs - fromMs);
  }

  /** Manual scaling to 0 and back: two writes a service, the services at the same time. */
  *#stopAll(one: Measured): Process {
    const fromMs = this.#run.nowMs;
    yield* this.#run.all(this.#scenario.sides.map(() => this.#stop()));
    for (const instance of one.instances.splice(0)) this.#run.end(instance);
    this.#run.book('stop all', this.#run.nowMs - fromMs);
  }

  *#stop(): Process {
    yield* this.#write();
    yield draw(A.stop, this.#random);
    yield* this.#proof();
    yield* this.#write();
    yield polled(draw(A.operation, this.#random));
  }

  *#leaveAlone(mostMs: number): Process {
    const fromMs = this.#run.nowMs;
    const alive = this.#all.flatMap(({ instances }) => instances).filter(({ ended }) => !ended);
    const last = Math.max(fromMs, ...alive.map(({ endsAtMs }) => endsAtMs));
    yield Math.min(mostMs, last - fromMs);
    yield* this.#proof();
    this.#run.book('idle window', this.#run.nowMs - fromMs);
  }
}

const polled = (durationMs: number) => Math.ceil(durationMs / A.pollMs) * A.pollMs;

function mostWithin(times: readonly number[], windowMs: number): number {
  let first = 0;
  let most = 0;
  for (const [index, time] of times.entries()) {
    while ((times[first] as number) <= time - windowMs) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

export const simulateRun = (scenario: Scenario, seed: number): Outcome => new Run(scenario, seed).outcome();
