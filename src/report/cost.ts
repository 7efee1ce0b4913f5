import {
  billedMs,
  CHECK_MS,
  type CostBasis,
  type Dollars,
  dollarsPerSecond,
  IDLE_KEPT_MS,
  MEETING_MS,
  ratesOf,
  SHUTDOWN_MS,
  TASK_START_MS,
  taskDollars,
} from '../domain/cost.ts';
import type { Sample } from '../domain/measurement.ts';
import type { ImplementationResult, Run } from '../domain/run.ts';
import { formatDollars } from './dollars.ts';

/** What measuring one implementation cost, and what serving with it would. */
export interface ImplementationCost {
  readonly name: string;
  readonly profile: string;
  /** How its profile is billed. */
  readonly billing: 'request-based' | 'instance-based';
  /** Of all sides and instances of this run. */
  readonly billedSeconds: number;
  /** `billedSeconds` times the profile's vCPU: the active compute. */
  readonly vcpuSeconds: number;
  readonly requests: number;
  readonly dollars: Dollars;
  /** Of the head, one instance, the median of its warm blocks; absent without them, and so is what follows from it. */
  readonly requestsPerSecond?: number;
  readonly perMillionRequests?: Dollars;
  readonly capacity?: { readonly monthlyRequests: number; readonly instanceHours: number; readonly dollars: Dollars };
}

export interface RunCost {
  readonly hypothetical: boolean;
  readonly estimatedDollars: number;
  readonly dollars: Dollars;
  /** Active compute of all implementations. */
  readonly vcpuSeconds: number;
  readonly implementations: readonly ImplementationCost[];
}

/**
 * A run's cost by what was measured: of every instance its cold start, warm-up and block, and its SIGTERM second, rounded
 * up to 100 ms; billed by instance also the time for which it then was idle, 15 minutes at most; and the tasks of load
 * jobs. Dropped samples count as much as a kept one. Builds, storage, logs and the free tier are left out.
 * Undefined for a run that was stored without prices.
 */
export function runCost({ metadata, results }: Run): RunCost | undefined {
  const { cost } = metadata;
  if (cost === undefined) return undefined;
  const implementations = results
    .flatMap(({ implementations }) => implementations)
    .filter(({ measurement, state }) => measurement !== undefined && state !== 'carried')
    .map((result) => implementationCost(result, cost));
  return {
    hypothetical: cost.hypothetical === true,
    estimatedDollars: cost.estimatedDollars,
    dollars: {
      compute: implementations.reduce((sum, { dollars }) => sum + dollars.compute, 0),
      requests: implementations.reduce((sum, { dollars }) => sum + dollars.requests, 0),
    },
    vcpuSeconds: implementations.reduce((sum, one) => sum + one.vcpuSeconds, 0),
    implementations,
  };
}

function implementationCost(result: ImplementationResult, basis: CostBasis): ImplementationCost {
  const { profile } = result.tags;
  const { perMillionRequests } = ratesOf(profile, basis.prices);
  const perSecond = dollarsPerSecond(profile, basis.prices);
  const { samples = [], dropped = [] } = result.measurement ?? {};
  // Of a dropped sample only its loss is known.
  const share = samples.length === 0 ? 0 : (samples.length + dropped.length) / samples.length;
  const idleMs = idleAfter(result);
  const measuredMs = samples.reduce((sum, sample) => sum + billedMs(instanceMs(sample) + idleMs(sample)), 0);
  const checkMs = billedMs(CHECK_MS + (profile.cpuIdle ? 0 : idleFor(result.measurement?.durationMs ?? 0)));
  const billedSeconds = (measuredMs * share + result.sides.length * checkMs) / 1000;
  const requests = Math.round(samples.reduce((sum, sample) => sum + requestsOf(sample), 0) * share);
  return {
    name: result.name,
    profile: profile.name,
    billing: profile.cpuIdle ? 'request-based' : 'instance-based',
    billedSeconds,
    vcpuSeconds: billedSeconds * Number(profile.cpu),
    requests,
    dollars: {
      compute: billedSeconds * perSecond + loadDollars(result, basis),
      requests: (requests / 1e6) * perMillionRequests,
    },
    ...serving(result, perSecond, perMillionRequests, basis.monthlyRequests),
  };
}

const instanceMs = ({ cold, warm }: Sample) => cold.totalMs + blockMs(warm) + SHUTDOWN_MS;

function blockMs(warm: Sample['warm']): number {
  if (warm === undefined) return 0;
  return (warm.warmupRequests * warm.meanMs) / Math.max(1, warm.connections) + warm.durationMs;
}

const idleFor = (spanMs: number) => Math.min(IDLE_KEPT_MS, Math.max(0, spanMs));

/** Billed by instance, an instance costs until the service is removed, unless Cloud Run stops it before. */
function idleAfter({ tags, measurement }: ImplementationResult): (sample: Sample) => number {
  if (tags.profile.cpuIdle || measurement === undefined) return () => 0;
  const endMs = Date.parse(measurement.startedAt) + measurement.durationMs;
  return (sample) => idleFor(endMs - Date.parse(sample.startedAt) - instanceMs(sample));
}

/** One execution a round, and one more for rounds that lost something; how many there were is not recorded. */
function loadDollars({ measurement }: ImplementationResult, { load, prices }: CostBasis): number {
  if (load === undefined || measurement === undefined) return 0;
  const rounds = Map.groupBy(
    measurement.samples.filter(({ warm }) => warm !== undefined),
    ({ round }) => round,
  );
  return [...rounds].reduce((sum, [round, samples]) => {
    const executionMs = samples.reduce((ms, { warm }) => ms + blockMs(warm) + MEETING_MS, TASK_START_MS);
    const executions = measurement.dropped.some((lost) => lost.round === round) ? 2 : 1;
    return sum + executions * taskDollars(load, executionMs, prices);
  }, 0);
}

const requestsOf = ({ warm }: Sample) => 1 + (warm === undefined ? 0 : warm.warmupRequests + warm.requests);

function serving(
  { sides }: ImplementationResult,
  perSecond: number,
  fee: number,
  monthlyRequests: number | undefined,
): Pick<ImplementationCost, 'requestsPerSecond' | 'perMillionRequests' | 'capacity'> {
  const requestsPerSecond = sides.find(({ side }) => side === 'head')?.summaries['warm-rps']?.p50;
  if (requestsPerSecond === undefined || !(requestsPerSecond > 0)) return {};
  const perMillionRequests = { compute: (1e6 / requestsPerSecond) * perSecond, requests: fee };
  if (monthlyRequests === undefined) return { requestsPerSecond, perMillionRequests };
  const millions = monthlyRequests / 1e6;
  return {
    requestsPerSecond,
    perMillionRequests,
    capacity: {
      monthlyRequests,
      instanceHours: monthlyRequests / requestsPerSecond / 3600,
      dollars: { compute: millions * perMillionRequests.compute, requests: millions * perMillionRequests.requests },
    },
  };
}

/** What the run cost as a whole, in a sentence; undefined for a run that was stored without prices. */
export function costSentence(run: Run): string | undefined {
  const cost = runCost(run);
  const prices = run.metadata.cost?.prices;
  if (cost === undefined || prices === undefined) return undefined;
  const { dollars, estimatedDollars, hypothetical, vcpuSeconds } = cost;
  const [total, compute, fee, estimated] = [
    dollars.compute + dollars.requests,
    dollars.compute,
    dollars.requests,
    estimatedDollars,
  ].map(formatDollars);
  const words = hypothetical ? `nothing was billed; on Cloud Run in ${prices.region} this run would have cost ` : '';
  const changed = prices.overridden === true ? ', changed by the configuration' : '';
  const source = `tier ${prices.tier} prices of ${prices.asOf}${changed}; free tier not deducted, builds, storage and logs left out`;
  return `Cost: ${words}about ${total} US dollars, ${compute} compute of ${vcpuSeconds.toFixed(0)} active vCPU-seconds and ${fee} request fee; estimated before: at most ${estimated} (${source})`;
}

export interface CostTable {
  readonly header: readonly string[];
  /** The first column is a name as it was recorded, to be escaped. */
  readonly rows: readonly (readonly string[])[];
  /** What a reader must know of the numbers. */
  readonly remark: string;
}

/**
 * What serving costs, one row an implementation, compute and request fee apart: the fee is the same for all and hides
 * what an implementation saves. Undefined when nothing was measured that could say it.
 */
export function costTable(run: Run): CostTable | undefined {
  const cost = runCost(run);
  const known = cost?.implementations.filter((one) => one.perMillionRequests !== undefined) ?? [];
  if (cost === undefined || known.length === 0) return undefined;
  const monthly = run.metadata.cost?.monthlyRequests;
  const load = monthly === undefined ? [] : ['Instance-hours a month', 'Compute a month', 'Fee a month'];
  const rows = known.map(({ name, profile, requestsPerSecond = 0, perMillionRequests, capacity }) => [
    `${name} (${profile})`,
    ...[perMillionRequests?.compute, perMillionRequests?.requests].map(formatDollars),
    requestsPerSecond.toFixed(requestsPerSecond < 10 ? 1 : 0),
    ...(capacity === undefined
      ? []
      : [
          String(Math.ceil(capacity.instanceHours)),
          formatDollars(capacity.dollars.compute),
          formatDollars(capacity.dollars.requests),
        ]),
  ]);
  const month = monthly === undefined ? '' : `; a month has ${monthly} requests`;
  const place = cost.hypothetical ? ', hypothetical: measured on this machine' : '';
  return {
    header: ['Implementation', 'Compute per million', 'Fee per million', 'Requests/s', ...load],
    rows,
    remark: `US dollars per million requests at the measured requests per second of one instance${place}${month}`,
  };
}
