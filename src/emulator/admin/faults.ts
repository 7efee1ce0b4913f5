/**
 * What can go wrong between a client and the Admin API:
 * - `unavailable`: 503, not carried out;
 * - `quota`: 429 with RetryInfo where `retryAfterMs` is given, not carried out;
 * - `aborted`: 409 of a concurrent change, not carried out;
 * - `internal`: 500, not carried out;
 * - `lost-response`: carried out, and the connection breaks before the answer;
 * - `duplicate`: carried out, sent again on its way, and only the second answer arrives;
 * - `hung-operation`: carried out, and its operation never says so;
 * - `slow-operation`: carried out, and its operation says so `slowMs` later;
 * - `dropped-operation`: accepted with an operation, and never carried out.
 */
export const FAULTS = [
  'unavailable',
  'quota',
  'aborted',
  'internal',
  'lost-response',
  'duplicate',
  'hung-operation',
  'slow-operation',
  'dropped-operation',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface FaultRule {
  readonly fault: Fault;
  /** Names such as `CreateService` and `GetOperation`. */
  readonly methods: readonly string[];
  /** Chance of each call, from 0 to 1; absent: 1. */
  readonly chance?: number;
  /** Only these calls of a method for one service or job, counted from 1; absent: all. */
  readonly calls?: readonly number[];
  /** Only the service, job or execution of this short name; absent: all. */
  readonly service?: string;
  readonly retryAfterMs?: number;
  readonly slowMs?: number;
}

/** Faults to inject, for tests. What happens to a call depends on the seed, the method, the service and the count alone. */
export interface FaultPlan {
  readonly seed: number;
  readonly rules: readonly FaultRule[];
}
