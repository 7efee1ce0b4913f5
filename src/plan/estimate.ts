import type { Plan, PlannedImplementation } from '../domain/plan.ts';
import { type PriceTable, pricesOf } from './prices.ts';

export interface Estimate {
  readonly services: number;
  readonly revisions: number;
  /** Create, update and delete calls to the Admin API. */
  readonly adminWrites: number;
  readonly coldStarts: number;
  readonly requests: number;
  readonly durationMs: number;
  /** Only on Google Cloud. */
  readonly dollars?: number;
  readonly prices?: PriceTable;
}

/** What the quota of 60 writes a minute and region leaves after a margin for others. */
const ADMIN_WRITES_PER_MINUTE = 40;
/** Rough figures of one instance: its cold start, and the warm answer of a small service. */
const COLD_MS = { cloudrun: 3000, local: 400 } as const;
const WARM_REQUEST_MS = { cloudrun: 40, local: 3 } as const;
/** SIGTERM to the end is billed too. */
const SHUTDOWN_MS = 1000;
const CHECK_MS = 15_000;

/** One create or update per revision, one delete per service. */
const writesOf = (planned: PlannedImplementation) =>
  planned.services.reduce((sum, service) => sum + revisionsOf(service) + 1, 0);

const revisionsOf = (service: PlannedImplementation['services'][number]) =>
  service.sampleTags.length + (service.checkTag === undefined ? 0 : 1);

/** Time, calls and money that a plan will take, for people: right in magnitude, not to the second. */
export function estimatePlan(plan: Plan): Estimate {
  const { settings, platform } = plan;
  const samplesPerSide = settings.samplesPerRound * settings.rounds;
  const requestsPerSample = 1 + settings.warm.warmupRequests + settings.warm.requests;
  const warmMs = ((requestsPerSample - 1) / settings.warm.connections) * WARM_REQUEST_MS[platform];
  const sampleMs = COLD_MS[platform] + warmMs;

  const services = plan.implementations.flatMap(({ services }) => services);
  const samples = services.length * samplesPerSide;
  const adminWrites = plan.implementations.reduce((sum, planned) => sum + writesOf(planned), 0);
  const deployMs = platform === 'cloudrun' ? (adminWrites / ADMIN_WRITES_PER_MINUTE) * 60_000 : 0;
  const idleMs = plan.implementations.length * settings.scaleToZeroTimeoutMs;
  const counts = {
    services: services.length,
    revisions: services.reduce((sum, service) => sum + revisionsOf(service), 0),
    adminWrites,
    coldStarts: samples,
    requests: samples * requestsPerSample,
    durationMs: Math.round(deployMs + samples * sampleMs + idleMs),
  };
  if (platform === 'local') return counts;
  const prices = pricesOf(plan.region);
  const busyMs = samplesPerSide * (sampleMs + SHUTDOWN_MS) + CHECK_MS;
  const compute = plan.implementations.reduce(
    (sum, planned) => sum + planned.services.length * computeDollars(planned, busyMs / 1000, prices),
    0,
  );
  return { ...counts, dollars: compute + (counts.requests / 1e6) * prices.perMillionRequests, prices };
}

function computeDollars({ profile }: PlannedImplementation, seconds: number, prices: PriceTable): number {
  return seconds * (Number(profile.cpu) * prices.perVcpuSecond + memoryGib(profile.memory) * prices.perGibSecond);
}

/** `512Mi` as 0.5. */
export function memoryGib(memory: string): number {
  const amount = Number.parseFloat(memory);
  return memory.endsWith('Mi') ? amount / 1024 : amount;
}
