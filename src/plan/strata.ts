import type { LoadSettings, MeasureSettings, PlannedImplementation, PlatformName, Suite } from '../domain/plan.ts';
import type { Profile } from '../domain/profile.ts';
import { memoryBytes } from './profile-rules.ts';
import type { SettingsOverrides } from './settings.ts';

/** vCPU and memory that a new project may use in a region. Idle instances hold their share, too. */
const CPU_QUOTA = 20;
const MEMORY_QUOTA_BYTES = 40 * 2 ** 30;
/** Shown, not judged by themselves: two writes a service, however many there are, and the time of a cold start each. */
const FORCED_STARTS: Readonly<Record<PlatformName, number>> = { local: 4, cloudrun: 2 };
export const MOST_IDLE_SAMPLES = 10;
/** Idle revisions that are left alone beside those that are needed: an unproven sample is retaken on one of them. */
export const IDLE_SPARES = 1.25;
/** Fewer than this a side cannot carry a verdict: they are shown, and fresh revisions are judged. */
export const LEAST_TO_JUDGE = 8;

/**
 * Adds the ways of obtaining a cold start that a plan has room for. Quick suites take those that need no wait. A full
 * suite leaves revisions of all services alone in one window, as many as the CPU quota lets wait at the same time.
 */
export function withStrata(
  settings: MeasureSettings,
  suite: Suite,
  platform: PlatformName,
  implementations: readonly PlannedImplementation[],
  share: Pick<SettingsOverrides, 'instancesAtOnce' | 'parallelJobs' | 'idleElsewhere'> = {},
): MeasureSettings {
  const profiles = implementations.map(({ profile }) => profile);
  const instancesAtOnce = platform === 'cloudrun' ? instancesOfJob(profiles, share, settings.load) : undefined;
  const room = instancesAtOnce === undefined ? {} : { instancesAtOnce };
  const gate = { ...settings, ...room, gateStratum: 'fresh-revision' as const };
  // All of an implementation's forced starts are there at the same time.
  const sides = Math.max(1, ...implementations.map((planned) => planned.services.length));
  const forced = Math.min(FORCED_STARTS[platform], Math.floor((instancesAtOnce ?? Number.POSITIVE_INFINITY) / sides));
  if (suite === 'quick') return platform === 'local' || forced === 0 ? gate : { ...gate, forcedZeroStarts: forced };
  if (share.idleElsewhere) return gate;
  const services = implementations.reduce((sum, planned) => sum + planned.services.length, 0);
  const places = Math.floor((instancesAtOnce ?? Number.POSITIVE_INFINITY) / Math.max(1, services));
  const measured = Math.min(MOST_IDLE_SAMPLES, settings.samplesPerRound * settings.rounds);
  const afterIdleSamples = settings.scaleToZeroTimeoutMs > 0 ? Math.min(measured, Math.floor(places / IDLE_SPARES)) : 0;
  if (afterIdleSamples === 0) return { ...gate, forcedZeroStarts: Math.min(measured, forced) };
  return {
    ...gate,
    afterIdleSamples,
    // What is started by force is warm afterwards, and is what the window leaves alone.
    forcedZeroStarts: Math.min(places, Math.ceil(afterIdleSamples * IDLE_SPARES)),
    gateStratum: afterIdleSamples >= LEAST_TO_JUDGE ? 'after-idle' : 'fresh-revision',
  };
}

/**
 * Whether the instances that all contracts are checked on may stay idle while one implementation's round is measured.
 * `services`: how many each implementation has.
 */
export function checksFit(settings: MeasureSettings, services: readonly number[]): boolean {
  const checked = services.reduce((sum, one) => sum + one, 0);
  const round = settings.samplesPerRound * Math.max(0, ...services);
  // An implementation by itself makes room when it needs it.
  return services.length <= 1 || checked + round <= (settings.instancesAtOnce ?? Number.POSITIVE_INFINITY);
}

/**
 * One job's part of the instances that a run may have; jobs cannot see each other, so that each takes an equal part. What
 * tasks of a load job hold is left to them, unless the number of instances was given.
 */
export function instancesOfJob(
  profiles: readonly Pick<Profile, 'cpu' | 'memory'>[],
  { instancesAtOnce, parallelJobs = 1 }: Pick<SettingsOverrides, 'instancesAtOnce' | 'parallelJobs'>,
  load?: Pick<LoadSettings, 'from' | 'tasks' | 'cpu' | 'memory'>,
): number {
  const jobs = Math.max(1, parallelJobs);
  const cpu = Math.max(...profiles.map((profile) => Number(profile.cpu)), 1);
  const bytes = Math.max(...profiles.map(({ memory }) => memoryBytes(memory)), 1);
  const tasks = load?.from === 'job' ? load.tasks : 0;
  const cpuLeft = CPU_QUOTA / jobs - tasks * Number(load?.cpu ?? 0);
  const bytesLeft = MEMORY_QUOTA_BYTES / jobs - (tasks === 0 ? 0 : tasks * memoryBytes(load?.memory ?? '0'));
  const ofJob = instancesAtOnce === undefined ? Math.min(cpuLeft / cpu, bytesLeft / bytes) : instancesAtOnce / jobs;
  return Math.max(1, Math.floor(ofJob));
}
