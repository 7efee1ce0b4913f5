import type { Profile } from './profile.ts';

/** Prices of one way of billing in US dollars, without the free tier. */
export interface Rates {
  readonly perVcpuSecond: number;
  readonly perGibSecond: number;
  readonly perMillionRequests: number;
}

/** What Cloud Run costs in one region: billing by request where `cpuIdle` is set, else by instance. */
export interface RegionPrices {
  readonly region: string;
  readonly tier: 1 | 2;
  /** Month in which the prices were read, and where. */
  readonly asOf: string;
  readonly source: string;
  /** Set when the configuration changed them. */
  readonly overridden?: true;
  readonly requestBased: Rates;
  readonly instanceBased: Rates;
}

/** What a run's cost is reckoned with. */
export interface CostBasis {
  readonly prices: RegionPrices;
  /** Set on the local platform: nothing was billed, the same run on Cloud Run would have cost this. */
  readonly hypothetical?: true;
  /** Before the run, in US dollars: an upper figure. */
  readonly estimatedDollars: number;
  /** What makes warm load; absent: the machine that runs cloudrun-perf, which is not billed. */
  readonly load?: BilledTasks;
  /** The cap that was asked for. */
  readonly maxDollars?: number;
  /** The load to give a capacity for. */
  readonly monthlyRequests?: number;
}

/** Dollars of compute and of the request fee; never added up in tables, since the fee hides slow services. */
export interface Dollars {
  readonly compute: number;
  readonly requests: number;
}

/** Cloud Run bills whole tenths of a second. */
const GRANULARITY_MS = 100;
/** SIGTERM to the end is billed; a service that does not end by itself may take 10 s, most take less than one. */
export const SHUTDOWN_MS = 1000;
/** The contract is checked on an instance of its own, whose times are not recorded. */
export const CHECK_MS = 15_000;
/** Longest that Cloud Run keeps an idle instance. */
export const IDLE_KEPT_MS = 900_000;
/** Rough figures of a load job's task: until it is there, and until all tasks begin a block together. */
export const TASK_START_MS = 10_000;
export const MEETING_MS = 2_500;
/** Each task is billed for a minute at least. */
const LEAST_TASK_MS = 60_000;

/** Tasks of a job that makes load, and what each of them has. */
export interface BilledTasks {
  readonly tasks: number;
  readonly cpu: string;
  readonly memory: string;
}

/** Dollars of one execution: tasks have their CPU always, hence the prices by instance. */
export function taskDollars({ tasks, cpu, memory }: BilledTasks, executionMs: number, prices: RegionPrices): number {
  const perSecond = dollarsPerSecond({ cpu, memory, cpuIdle: false }, prices);
  return tasks * (Math.max(LEAST_TASK_MS, billedMs(executionMs)) / 1000) * perSecond;
}

/** A span as it is billed: rounded up to 100 ms. */
export function billedMs(spanMs: number): number {
  return Math.max(0, Math.ceil(spanMs / GRANULARITY_MS - 1e-9)) * GRANULARITY_MS;
}

export function ratesOf({ cpuIdle }: Pick<Profile, 'cpuIdle'>, prices: RegionPrices): Rates {
  return cpuIdle ? prices.requestBased : prices.instanceBased;
}

/** Dollars that one instance of the profile costs per second while it is billed. */
export function dollarsPerSecond(profile: Pick<Profile, 'cpu' | 'memory' | 'cpuIdle'>, prices: RegionPrices): number {
  const { perVcpuSecond, perGibSecond } = ratesOf(profile, prices);
  return Number(profile.cpu) * perVcpuSecond + memoryGib(profile.memory) * perGibSecond;
}

/** `512Mi` as 0.5. */
export function memoryGib(memory: string): number {
  const amount = Number.parseFloat(memory);
  return memory.endsWith('Mi') ? amount / 1024 : amount;
}
