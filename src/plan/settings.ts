import type { MeasureSettings, PlatformName, Suite } from '../domain/plan.ts';

/** What a configuration or a request changes of a suite. */
export interface SettingsOverrides {
  readonly samplesPerRound?: number | undefined;
  readonly rounds?: number | undefined;
  readonly warmupRequests?: number | undefined;
  readonly requests?: number | undefined;
  readonly connections?: number | undefined;
  readonly coldTimeoutMs?: number | undefined;
  readonly requestTimeoutMs?: number | undefined;
  readonly scaleToZeroTimeoutMs?: number | undefined;
  /** Instances that the quota of the project and region leaves to this run; absent: what a new project has. */
  readonly instancesAtOnce?: number | undefined;
}

/**
 * quick: 12 instances a side, which find +50 %, and +20 % on quiet services. full: 20, the number for which the
 * verdict's error rates were simulated. Below 8 a rank test over several implementations cannot find anything.
 * The warm-up must outlast the compiling of hot code, whose end moves from start to start: without that a block of a
 * runtime with a just-in-time compiler is noise.
 */
const SUITE_SETTINGS: Readonly<Record<Suite, MeasureSettings>> = {
  quick: {
    samplesPerRound: 6,
    rounds: 2,
    warm: { warmupRequests: 20, warmupMs: 300, requests: 200, connections: 4 },
    coldTimeoutMs: 300_000,
    requestTimeoutMs: 10_000,
    scaleToZeroTimeoutMs: 0,
  },
  full: {
    samplesPerRound: 10,
    rounds: 2,
    warm: { warmupRequests: 50, warmupMs: 1000, requests: 500, connections: 10 },
    coldTimeoutMs: 300_000,
    requestTimeoutMs: 10_000,
    // Cloud Run keeps an idle instance 15 minutes at most.
    scaleToZeroTimeoutMs: 960_000,
  },
};

/** A start of a minute on the own machine is a hang, not a cold start. */
const LOCAL_COLD_TIMEOUT_MS = 60_000;

/** Half as many again: an unproven cold start is retaken on a revision that has served nothing yet. */
const SPARES = 1.5;

export function measureSettings(suite: Suite, platform: PlatformName, overrides: SettingsOverrides): MeasureSettings {
  const base = SUITE_SETTINGS[suite];
  return {
    samplesPerRound: overrides.samplesPerRound ?? base.samplesPerRound,
    rounds: overrides.rounds ?? base.rounds,
    warm: {
      ...base.warm,
      warmupRequests: overrides.warmupRequests ?? base.warm.warmupRequests,
      requests: overrides.requests ?? base.warm.requests,
      connections: overrides.connections ?? base.warm.connections,
    },
    coldTimeoutMs: overrides.coldTimeoutMs ?? (platform === 'local' ? LOCAL_COLD_TIMEOUT_MS : base.coldTimeoutMs),
    requestTimeoutMs: overrides.requestTimeoutMs ?? base.requestTimeoutMs,
    scaleToZeroTimeoutMs: overrides.scaleToZeroTimeoutMs ?? base.scaleToZeroTimeoutMs,
    ...(overrides.instancesAtOnce === undefined ? {} : { instancesAtOnce: overrides.instancesAtOnce }),
  };
}

/** Revisions to deploy for one side: all samples and the spares. */
export function tagCount({ samplesPerRound, rounds }: MeasureSettings): number {
  return Math.ceil(samplesPerRound * rounds * SPARES);
}
