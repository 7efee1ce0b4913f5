import type { RegionPrices } from '../domain/cost.ts';
import type { Plan, PlannedImplementation } from '../domain/plan.ts';
import { mostDollars } from './ceiling.ts';

export interface Estimate {
  readonly services: number;
  readonly revisions: number;
  /** Create, update and delete calls to the Admin API. */
  readonly adminWrites: number;
  readonly coldStarts: number;
  readonly requests: number;
  readonly durationMs: number;
  /** Of `durationMs`: the longest time for which everything is left alone, once for all implementations. */
  readonly idleMs: number;
  /** Of Cloud Run, at most: see `mostDollars`. */
  readonly dollars: number;
}

/** What the quota of 60 writes a minute and region leaves after a margin for others. */
const ADMIN_WRITES_PER_MINUTE = 40;
/** Rough figures of one instance: its cold start, and the warm answer of a small service. */
const COLD_MS = { cloudrun: 3000, local: 400 } as const;
const WARM_REQUEST_MS = { cloudrun: 40, local: 3 } as const;

/** One create or update per revision, one delete per service, and two each time that all its instances are stopped. */
function writesOf(planned: PlannedImplementation, settings: Plan['settings']): number {
  const { forcedZeroStarts = 0, instancesAtOnce = Number.POSITIVE_INFINITY, samplesPerRound, rounds } = settings;
  const sides = planned.services.length;
  // Those that the contract was checked on are there before the samples.
  const instances = sides + samplesPerRound * rounds * sides;
  const stops = (forcedZeroStarts > 0 ? 1 : 0) + Math.floor((instances - 1) / Math.max(1, instancesAtOnce));
  return planned.services.reduce((sum, service) => sum + revisionsOf(service) + 1 + 2 * stops, 0);
}

const revisionsOf = (service: PlannedImplementation['services'][number]) =>
  service.sampleTags.length + (service.checkTag === undefined ? 0 : 1);

/**
 * Time and calls that a plan will take, for people: right in magnitude, not to the second; and money, an upper figure. The
 * money of a local plan is what the same measurement would cost on Cloud Run.
 */
export function estimatePlan(plan: Plan, prices: RegionPrices): Estimate {
  const { settings, platform } = plan;
  const samplesPerSide = settings.samplesPerRound * settings.rounds;
  const requestsPerSample = 1 + settings.warm.warmupRequests + settings.warm.requests;
  const sampleMs = COLD_MS[platform] + warmMs(plan, platform);

  const services = plan.implementations.flatMap(({ services }) => services);
  const samples = services.length * samplesPerSide;
  const { forcedZeroStarts = 0, afterIdleSamples = 0, scaleToZeroTimeoutMs: idleMs } = settings;
  const restarts = forcedZeroStarts + afterIdleSamples;
  const adminWrites = plan.implementations.reduce((sum, planned) => sum + writesOf(planned, settings), 0);
  const deployMs = platform === 'cloudrun' ? (adminWrites / ADMIN_WRITES_PER_MINUTE) * 60_000 : 0;
  return {
    services: services.length,
    revisions: services.reduce((sum, service) => sum + revisionsOf(service), 0),
    adminWrites,
    coldStarts: samples + services.length * restarts,
    requests: samples * requestsPerSample + services.length * restarts,
    durationMs: Math.round(deployMs + samples * sampleMs + services.length * restarts * COLD_MS[platform] + idleMs),
    idleMs,
    dollars: mostDollars(plan, prices),
  };
}

function warmMs({ settings: { warm } }: Plan, platform: Plan['platform']): number {
  return ((warm.warmupRequests + warm.requests) / warm.connections) * WARM_REQUEST_MS[platform];
}
