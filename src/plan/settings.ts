import type { LoadSettings, MeasureSettings, PlatformName, Suite } from '../domain/plan.ts';

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
  /** Instances that the quota of the project and region leaves to the whole run; absent: what a new project has. */
  readonly instancesAtOnce?: number | undefined;
  /** Jobs of the run that work at the same time, and share the quota; absent: one. */
  readonly parallelJobs?: number | undefined;
  /** Cold starts after idleness are another job's: none are taken, nor any that lead to them. */
  readonly idleElsewhere?: boolean | undefined;
  /** Where warm load comes from; absent: this machine. */
  readonly load?: LoadSettings | undefined;
}

/**
 * Fresh instances per side and round, and for each of them how many revisions are deployed: an unproven cold start is
 * retaken on one that has served nothing yet. On this machine revisions cost nothing: 12 a side find +50 %, and +20 % on
 * quiet services; 20 is the number for which the verdict's error rates were simulated. On Cloud Run each is a write of 40
 * a minute, and its instance 1 of 20 vCPU: 8 a side, the fewest that may be judged.
 */
const INSTANCES = {
  local: { quick: 6, full: 10, spares: 1.5 },
  cloudrun: { quick: 4, full: 4, spares: 1.25 },
} as const;

/**
 * Each request of a warm block is a line of the log, which is read 1000 lines at a time and 60 times a minute: what a batch
 * of four instances logs is one reading.
 */
const CLOUD_BLOCK = { warmupRequests: 20, warmupMs: 300, requests: 200, connections: 4 } as const;

/**
 * The warm-up must outlast the compiling of hot code, whose end moves from start to start: without that a block of a
 * runtime with a just-in-time compiler is noise.
 */
const SUITE_SETTINGS: Readonly<Record<Suite, Omit<MeasureSettings, 'samplesPerRound'>>> = {
  quick: {
    rounds: 2,
    warm: { warmupRequests: 20, warmupMs: 300, requests: 200, connections: 4 },
    coldTimeoutMs: 300_000,
    requestTimeoutMs: 10_000,
    scaleToZeroTimeoutMs: 0,
  },
  full: {
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

export function measureSettings(suite: Suite, platform: PlatformName, overrides: SettingsOverrides): MeasureSettings {
  const base = { ...SUITE_SETTINGS[suite], ...(platform === 'cloudrun' ? { warm: CLOUD_BLOCK } : {}) };
  return {
    samplesPerRound: overrides.samplesPerRound ?? INSTANCES[platform][suite],
    rounds: overrides.rounds ?? base.rounds,
    warm: {
      ...base.warm,
      warmupRequests: overrides.warmupRequests ?? base.warm.warmupRequests,
      requests: overrides.requests ?? base.warm.requests,
      connections: overrides.connections ?? base.warm.connections,
    },
    coldTimeoutMs: overrides.coldTimeoutMs ?? (platform === 'local' ? LOCAL_COLD_TIMEOUT_MS : base.coldTimeoutMs),
    requestTimeoutMs: overrides.requestTimeoutMs ?? base.requestTimeoutMs,
    scaleToZeroTimeoutMs: overrides.idleElsewhere ? 0 : (overrides.scaleToZeroTimeoutMs ?? base.scaleToZeroTimeoutMs),
    ...(overrides.load?.from === 'job' ? { load: overrides.load } : {}),
  };
}

/** Revisions to deploy for one side: all samples and the spares. */
export function tagCount(
  { samplesPerRound, rounds }: Pick<MeasureSettings, 'samplesPerRound' | 'rounds'>,
  platform: PlatformName,
): number {
  return Math.ceil(samplesPerRound * rounds * INSTANCES[platform].spares);
}
