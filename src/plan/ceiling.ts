import {
  billedMs,
  CHECK_MS,
  dollarsPerSecond,
  IDLE_KEPT_MS,
  MEETING_MS,
  type RegionPrices,
  ratesOf,
  SHUTDOWN_MS,
  TASK_START_MS,
  taskDollars,
} from '../domain/cost.ts';
import type { Plan, PlannedImplementation } from '../domain/plan.ts';
import { IDLE_SPARES } from './strata.ts';

/** The slowest and the fastest that a service may be, as means over its instances, for a plan to stay below its figure. */
interface Ceiling {
  readonly coldMs: number;
  readonly warmRequestMs: number;
  /** A warm-up lasts for a time: the faster the answers, the more requests are paid for. */
  readonly fastestRequestMs: number;
}

/** Most small services stay at a third of it. */
export const CEILINGS: Readonly<Record<Plan['platform'], Ceiling>> = {
  cloudrun: { coldMs: 10_000, warmRequestMs: 100, fastestRequestMs: 1 },
  // What it would have cost there has this machine's numbers of requests.
  local: { coldMs: 10_000, warmRequestMs: 100, fastestRequestMs: 0.2 },
};

/**
 * Dollars that the plan does not exceed as long as its services are no slower and no faster than CEILINGS: compute and
 * request fee of all revisions, spares among them, and the tasks of load jobs. Builds, storage, logs are not in it.
 */
export function mostDollars(plan: Plan, prices: RegionPrices): number {
  const spans = plan.implementations.map((planned) => spanMs(planned, plan));
  const wholeMs = spans.reduce((sum, ms) => sum + ms, plan.settings.scaleToZeroTimeoutMs);
  return plan.implementations.reduce((sum, planned, index) => {
    // A window of idleness comes after all fresh revisions of all implementations.
    const ownMs = plan.settings.scaleToZeroTimeoutMs > 0 ? wholeMs : (spans[index] ?? 0);
    return sum + serviceDollars(planned, plan, ownMs, prices) + loadDollars(planned, plan, prices);
  }, 0);
}

function serviceDollars(
  { profile, services }: PlannedImplementation,
  plan: Plan,
  spanMs: number,
  prices: RegionPrices,
) {
  // Billed by instance, one that is idle costs as much as one that serves, until it is stopped.
  const idleMs = profile.cpuIdle ? 0 : Math.min(IDLE_KEPT_MS, spanMs);
  const perMs = dollarsPerSecond(profile, prices) / 1000;
  const perRequest = ratesOf(profile, prices).perMillionRequests / 1e6;
  return services.reduce((sum, { sampleTags }) => {
    const restarts = restartsOf(plan);
    const busyMs = sampleTags.length * billedMs(sampleMs(plan)) + restarts * billedMs(restartMs(plan)) + CHECK_MS;
    const instances = sampleTags.length + restarts + 1;
    const requests = sampleTags.length * requestsOf(plan) + restarts;
    return sum + (busyMs + instances * idleMs) * perMs + requests * perRequest;
  }, 0);
}

/** How long an implementation is measured at most. */
function spanMs({ services }: PlannedImplementation, plan: Plan): number {
  const revisions = services.reduce((sum, { sampleTags }) => sum + sampleTags.length, 0);
  return CHECK_MS + revisions * sampleMs(plan) + services.length * restartsOf(plan) * restartMs(plan);
}

const restartsOf = ({ settings: { forcedZeroStarts = 0, afterIdleSamples = 0 } }: Plan) =>
  forcedZeroStarts + Math.ceil(afterIdleSamples * IDLE_SPARES);

const restartMs = ({ platform }: Plan) => CEILINGS[platform].coldMs + SHUTDOWN_MS;

const sampleMs = (plan: Plan) => restartMs(plan) + blockMs(plan);

/** The warm-up lasts until its time is over and the requests are answered that it has begun by then. */
function blockMs({ platform, settings: { warm } }: Plan): number {
  const perConnection = CEILINGS[platform].warmRequestMs / warm.connections;
  return (warm.warmupMs ?? 0) + (warm.warmupRequests + warm.requests) * perConnection;
}

function requestsOf({ platform, settings: { warm } }: Plan): number {
  const inTime = Math.ceil(((warm.warmupMs ?? 0) / CEILINGS[platform].fastestRequestMs) * warm.connections);
  return 1 + inTime + 2 * warm.warmupRequests + warm.requests;
}

/** An execution for each batch of a round, and one more where something of it is lost: all its blocks, in every task. */
function loadDollars({ services }: PlannedImplementation, plan: Plan, prices: RegionPrices): number {
  const { load, rounds, samplesPerRound, instancesAtOnce = Number.POSITIVE_INFINITY } = plan.settings;
  if (load?.from !== 'job') return 0;
  const samples = services.length * samplesPerRound;
  const room = Math.min(samples, Math.max(1, instancesAtOnce - services.length));
  const executionMs = TASK_START_MS + room * (blockMs(plan) + MEETING_MS);
  return 2 * rounds * Math.ceil(samples / Math.max(1, room)) * taskDollars(load, executionMs, prices);
}
