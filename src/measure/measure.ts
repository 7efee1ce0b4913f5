import type { Side } from '../domain/deployment.ts';
import { InfrastructureError } from '../domain/errors.ts';
import type { Measurement, ScaleToZero, Stratum } from '../domain/measurement.ts';
import type { MeasureSettings, ScheduledSample } from '../domain/plan.ts';
import { type IdleEnd, leaveAlone } from './idle-window.ts';
import type { LoadDriver } from './load-driver.ts';
import { LOG_PATIENCE, type LogPatience } from './log-wait.ts';
import { runnerLoad } from './runner-load.ts';
import type { IdleInstance } from './scale-to-zero.ts';
import { scheduleSamples, spareTags } from './schedule.ts';
import { summarizeStrata } from './strata.ts';
import type { MeasuredProtocol, SampleTarget, SideDeployment } from './target.ts';
import { type MeasurePorts, MeasureWalk } from './walk.ts';
import { ZeroKeeper } from './zero-keeper.ts';

export interface MeasureInput {
  readonly deployments: readonly SideDeployment[];
  readonly schedule: readonly ScheduledSample[];
  readonly settings: MeasureSettings;
  readonly protocol: MeasuredProtocol;
  /** Deployed revisions that the schedule leaves over, per side; a lost sample is retaken on the next of them. */
  readonly retakeTags?: Readonly<Partial<Record<Side, readonly string[]>>>;
  /** Of the order in which other strata than the schedule's are taken; 0 when absent. */
  readonly seed?: number;
  /** How late the log may be; the platform's usual when absent. */
  readonly patience?: LogPatience;
  /** What makes the warm load; this machine when absent. */
  readonly load?: LoadDriver;
}

/**
 * One implementation's measurement, in the parts that a run may put other implementations' parts between. The parts are
 * called in the order in which they stand here; those of two implementations must not overlap: one warm block at a time
 * on a machine.
 */
export interface OpenMeasurement {
  /**
   * Fresh revisions, by the schedule: a cold start and a warm block each. Rejects with InfrastructureError when the same
   * loss comes several times in a row, or when not one sample could be kept.
   */
  fresh(): Promise<void>;
  /** All instances are stopped by hand; then one request to each of some revisions, which are warm afterwards. */
  forcedZero(): Promise<void>;
  /** Instances that are there and may be left alone. */
  idle(): readonly IdleInstance[];
  /** One request to each revision whose instance was left alone. */
  afterIdle(ends: ReadonlyMap<IdleInstance, IdleEnd>): Promise<void>;
  /** What was measured so far. */
  result(): Measurement;
}

/** Time between two readings of logs in an idle window: Cloud Logging allows a project 60 a minute. */
const WINDOW_POLL_MS = { local: 200, cloudrun: 2_000 } as const;

export function openMeasurement(input: MeasureInput, ports: MeasurePorts, signal?: AbortSignal): OpenMeasurement {
  const { deployments, settings, seed = 0 } = input;
  const patience = input.patience ?? LOG_PATIENCE[ports.platform.name];
  const load = input.load ?? runnerLoad(ports);
  const walk = new MeasureWalk({ deployments, settings, protocol: input.protocol, patience, load }, ports, signal);
  const zero = new ZeroKeeper(deployments, walk, ports.platform, settings.instancesAtOnce, signal);
  const startedAtMs = ports.clock.epochMs();
  // Cloud Logging is seconds behind, and a job's tasks take seconds to start: both are waited for once a round. A log that
  // is there at once makes the sample the better unit: its warm block follows its cold start.
  const batch = ports.platform.name === 'cloudrun' || load.from === 'job' ? Number.POSITIVE_INFINITY : 1;
  let activeMs = 0;
  let scaleToZero: readonly ScaleToZero[] = [];

  async function timed(part: () => Promise<void>): Promise<void> {
    const fromMs = ports.clock.monotonicMs();
    try {
      await part();
    } finally {
      activeMs += ports.clock.monotonicMs() - fromMs;
    }
  }

  /** `count` of the revisions that have run, per side, in an order of the seed; the others are spares. */
  function stretch(stratum: Stratum, among: readonly IdleInstance[], count: number) {
    const services = deployments.map(({ side }) => ({
      side,
      tags: among.filter(({ target }) => target.side === side).map(({ target }) => target.tag),
    }));
    const usable = Math.min(count, ...services.map(({ tags }) => tags.length));
    const rounds = { samplesPerRound: usable, rounds: 1 };
    return { stratum, schedule: scheduleSamples(services, rounds, seed), spares: spareTags(services, rounds) };
  }

  function idle(): readonly IdleInstance[] {
    const alive = walk.warmed.filter(zero.isAlive);
    return (settings.afterIdleSamples ?? 0) > 0 ? alive : lastOfSides(alive);
  }

  return {
    fresh: () =>
      timed(async () => {
        await walk.walk({
          stratum: 'fresh-revision',
          schedule: input.schedule,
          spares: input.retakeTags ?? {},
          batch: Math.min(batch, zero.room),
          before: (instances) => zero.makeRoom(instances),
        });
        if (walk.samples.length === 0) throw nothingKept(walk);
        // Instances that only wait for their end would hold the quota while others are measured.
        if ((settings.forcedZeroStarts ?? 0) > 0) await zero.force();
      }),
    forcedZero: () =>
      timed(async () => {
        const count = settings.forcedZeroStarts ?? 0;
        if (count === 0) return;
        const refuse = (target: SampleTarget) => zero.doubt(target.service);
        await walk.walk({ ...stretch('forced-zero', walk.warmed, count), batch, refuse });
      }),
    idle,
    afterIdle: (ends) =>
      timed(async () => {
        scaleToZero = lastOfSides([...ends.keys()].filter((one) => walk.warmed.includes(one))).flatMap(
          (one) => ends.get(one)?.end ?? [],
        );
        const count = settings.afterIdleSamples ?? 0;
        if (count === 0) return;
        const left = walk.warmed.filter((one) => ends.has(one));
        const crashed = new Map(left.map((one) => [one.target.revision, ends.get(one)?.crashed] as const));
        await walk.walk({
          ...stretch('after-idle', left, count),
          batch,
          refuse: ({ revision }) => crashed.get(revision),
        });
      }),
    result: () => ({
      samples: walk.samples,
      dropped: walk.dropped,
      strata: summarizeStrata(walk.samples, walk.dropped),
      gateStratum: settings.gateStratum ?? 'fresh-revision',
      scaleToZero,
      load: { from: load.from, tasks: load.tasks },
      audit: walk.audit,
      startedAt: new Date(startedAtMs).toISOString(),
      durationMs: activeMs,
    }),
  };
}

function nothingKept(walk: MeasureWalk): InfrastructureError {
  const lost = walk.dropped.at(-1)?.reason ?? 'the schedule is empty';
  return new InfrastructureError('measure-no-samples', `not one sample could be kept, the last because: ${lost}`, {
    hint: 'a suite with more samples names the cause; see also the log of the service',
  });
}

/** The one of each side that was asked last. */
function lastOfSides(instances: readonly IdleInstance[]): readonly IdleInstance[] {
  const last = new Map<Side, IdleInstance>();
  for (const one of instances) {
    const known = last.get(one.target.side);
    if (known === undefined || known.lastRequestAtMs <= one.lastRequestAtMs) last.set(one.target.side, one);
  }
  return [...last.values()];
}

/** Leaves the instances of all of these alone, in one window; nothing when the settings leave that out. */
export async function leaveAllAlone(
  measurements: readonly OpenMeasurement[],
  settings: MeasureSettings,
  ports: MeasurePorts,
  signal?: AbortSignal,
): Promise<ReadonlyMap<IdleInstance, IdleEnd>> {
  if (settings.scaleToZeroTimeoutMs <= 0) return new Map();
  const window = { longestMs: settings.scaleToZeroTimeoutMs, pollMs: WINDOW_POLL_MS[ports.platform.name] };
  const idle = measurements.flatMap((one) => one.idle());
  return await leaveAlone(idle, window, ports, signal);
}

/**
 * One implementation by itself, all parts in a row. Unproven and void samples are dropped, counted, and retaken on spare
 * revisions, at most half as many as scheduled; without a spare they stay missing, since strata are never pooled. A
 * single lost sample never ends it. Rejects as `fresh` does, and with the signal's reason on abort.
 */
export async function measureImplementation(
  input: MeasureInput,
  ports: MeasurePorts,
  signal?: AbortSignal,
): Promise<Measurement> {
  const measurement = openMeasurement(input, ports, signal);
  await measurement.fresh();
  await measurement.forcedZero();
  await measurement.afterIdle(await leaveAllAlone([measurement], input.settings, ports, signal));
  return measurement.result();
}
