import type { StartReason } from '../domain/deployment.ts';

/** What bounds the instances of one revision. */
export interface AutoscalerLimits {
  /** Requests at a time per instance. */
  readonly concurrency: number;
  readonly minInstances: number;
  readonly maxInstances: number;
  /** How long an instance without requests is kept. */
  readonly idleTimeoutMs: number;
  /** A fault: the first request of all starts two instances. */
  readonly startsTwo?: boolean;
}

/** `manual`: `floor` instances are kept, requests may raise that up to `ceiling`; a ceiling of 0 disables the revision. */
export type ScalingTarget =
  | { readonly mode: 'automatic' }
  | { readonly mode: 'manual'; readonly floor: number; readonly ceiling: number };

/** Requests are numbered by the caller, instances by the autoscaler. Times are in one unit of the caller's, here milliseconds. */
export type ScalingEvent =
  | { readonly kind: 'request-arrived'; readonly atMs: number; readonly request: number }
  /** Answered, timed out or given up by its client, assigned or not. */
  | { readonly kind: 'request-ended'; readonly atMs: number; readonly request: number }
  | { readonly kind: 'instance-ready'; readonly atMs: number; readonly instance: number }
  | { readonly kind: 'start-failed'; readonly atMs: number; readonly instance: number }
  | { readonly kind: 'instance-ended'; readonly atMs: number; readonly instance: number }
  | { readonly kind: 'target-changed'; readonly atMs: number; readonly target: ScalingTarget }
  /** One instance more for the deploy-time health check, whatever the load. */
  | { readonly kind: 'health-check'; readonly atMs: number }
  /** The revision is deleted: nothing starts any more. */
  | { readonly kind: 'retired'; readonly atMs: number }
  | { readonly kind: 'time-passed'; readonly atMs: number };

export type StopCause = 'idle' | 'manual scaling' | 'deleted';

export type Decision =
  | { readonly kind: 'start'; readonly instance: number; readonly reason: StartReason }
  | { readonly kind: 'stop'; readonly instance: number; readonly why: StopCause }
  | { readonly kind: 'assign'; readonly request: number; readonly instance: number }
  | { readonly kind: 'reject'; readonly request: number; readonly status: 429 | 503; readonly text: string };

/** Front-end texts; the first is Cloud Run's own wording. */
export const REJECTION = {
  noInstance: 'The request was aborted because there was no available instance.',
  startFailed: 'The request failed because the instance could not start successfully.',
  instanceDied: 'The request failed because the instance ended while it was being answered.',
  disabled: 'The service is disabled: manual scaling is set to 0 instances.',
  deleted: 'The revision was deleted.',
} as const;
