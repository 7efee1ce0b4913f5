import type { Side } from './deployment.ts';
import type { LoadOrigin } from './load.ts';

/**
 * How a cold start was obtained: the first start of a revision; a start after all instances were stopped by hand; a start
 * after the platform itself had taken away an idle instance. Samples of different strata are never pooled.
 */
export const STRATA = ['fresh-revision', 'forced-zero', 'after-idle'] as const;
export type Stratum = (typeof STRATA)[number];

/** Why a sample counts as cold, or why it does not. */
export interface ColdProof {
  readonly proven: boolean;
  /**
   * What a proof rests on: the platform's log, or what the service says of its own process, when the log had not told in
   * time. Absent in results of earlier versions, which knew the log only.
   */
  readonly by?: 'log' | 'marker';
  /** Instance that answered, by the platform's log; by the service's marker when the log does not tell. */
  readonly instanceId?: string;
  /** Start of that instance after the request was sent, milliseconds. */
  readonly startedAfterMs?: number;
  /** For an unproven sample: which condition was not met. */
  readonly reason?: string;
}

export interface ColdStart {
  /** Request sent to first byte of the answer, milliseconds, connection set-up to the front end excluded. */
  readonly ttfbMs: number;
  /** Request sent to last byte, milliseconds. */
  readonly totalMs: number;
  readonly status: number;
  /** Request sent to instance start, start to port open, port open to first byte; where the platform's log tells. */
  readonly scheduleMs?: number;
  readonly startupMs?: number;
  readonly responseMs?: number;
  readonly proof: ColdProof;
}

/** Outcome counts of requests that were not correct answers, by kind: `timeout`, `refused`, `reset`, `status 500`, `wrong answer`. */
export type ErrorCounts = Readonly<Record<string, number>>;

/** A closed-model block of requests against one warm instance. */
export interface WarmBlock {
  readonly connections: number;
  readonly warmupRequests: number;
  /** Requests sent in the timed part; errors included. */
  readonly requests: number;
  readonly durationMs: number;
  readonly errors: ErrorCounts;
  /** Correct answers per second. */
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly meanMs: number;
  readonly stddevMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** HDR histogram V2, compressed, base64; values in microseconds, 3 significant digits. */
  readonly histogram: string;
  /** Set when the block must not be used: an instance changed inside it, the generator was saturated, too many errors. */
  readonly void?: string;
}

/** What one fresh instance gave: one cold start, then one warm block. The unit of every statistical test. */
export interface Sample {
  readonly side: Side;
  readonly stratum: Stratum;
  /** Round from 0; a round holds as many samples of either side, in seeded random order. */
  readonly round: number;
  /** Position in the whole schedule from 0. */
  readonly order: number;
  readonly service: string;
  readonly revision: string;
  readonly tag: string;
  readonly startedAt: string;
  readonly cold: ColdStart;
  readonly warm?: WarmBlock;
}

/** A sample that was thrown away, and why. */
export interface DroppedSample {
  readonly side: Side;
  /** Absent in results of earlier versions, which knew fresh revisions only. */
  readonly stratum?: Stratum;
  readonly round: number;
  readonly tag: string;
  readonly reason: string;
  /** The platform itself answered, with this status and without an instance: 429, 500 or 503. */
  readonly abortedStatus?: number;
}

/** Cold starts of one side that were obtained in one way. */
export interface StratumSummary {
  readonly side: Side;
  readonly stratum: Stratum;
  /** Lost samples, aborted requests among them. */
  readonly dropped: number;
  /** Requests that the platform aborted while there was no instance. */
  readonly aborted: number;
  /** Of the proven ones, milliseconds; absent when there is none. */
  readonly ttfbMs?: Summary;
}

/** Time from the last request to the instance's end: it lies somewhere inside the interval. */
export interface ScaleToZero {
  readonly side: Side;
  readonly lastSeenAliveMs: number;
  readonly firstSeenGoneMs: number;
  readonly observed: 'log' | 'bounded' | 'unknown';
  readonly reason?: string;
}

export interface Measurement {
  readonly samples: readonly Sample[];
  readonly dropped: readonly DroppedSample[];
  /** What each stratum gave, side by side, never pooled. Absent in results of earlier versions. */
  readonly strata?: readonly StratumSummary[];
  /** The stratum whose cold starts are compared and judged; the others are shown. Absent: `fresh-revision`. */
  readonly gateStratum?: Stratum;
  readonly scaleToZero: readonly ScaleToZero[];
  /** Where the warm load came from. Absent in results of earlier versions, which knew the runner only. */
  readonly load?: { readonly from: LoadOrigin; readonly tasks: number };
  /** Self-audit of the load generator: findings in words; empty when sound. */
  readonly audit: readonly string[];
  readonly startedAt: string;
  readonly durationMs: number;
}

/** Statistics of one metric over the samples of one side. All values in the metric's unit. */
export interface Summary {
  readonly n: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly mean: number;
  readonly stddev: number;
  readonly min: number;
  readonly max: number;
}
