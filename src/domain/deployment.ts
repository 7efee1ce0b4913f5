import type { Profile } from './profile.ts';

/** Which of two compared builds something belongs to. */
export const SIDES = ['base', 'head'] as const;
export type Side = (typeof SIDES)[number];

/** Tag of the revision that the contract is checked on: it has an instance before anything is measured. */
export const CHECK_TAG = 'check';

/** A built implementation: what the platform starts, and what it was built from. */
export interface Artifact {
  /** `process`: a prepared directory with an argument vector. `container`: an OCI image. */
  readonly kind: 'process' | 'container';
  /** What goes into the revision's `image` field, always with its digest: `name@sha256:...`. */
  readonly image: string;
  /** `sha256:<64 hex>` of the OCI image, or of the source tree for `process`. */
  readonly digest: string;
  readonly sourceCommit?: string;
  readonly imageBytes?: number;
  readonly buildMs: number;
}

/** A service to deploy: one template and the tagged revisions that shall exist of it. */
export interface ServiceSpec {
  /** Service id, at most 34 characters, so that a tag of 12 still fits Cloud Run's 46. */
  readonly name: string;
  readonly image: string;
  readonly profile: Profile;
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /**
   * Tags, one revision each, created in this order. Every revision is deployed without a deploy-time instance
   * (`health_check_disabled`), so the first request to its tag URL meets a cold start.
   */
  readonly tags: readonly string[];
}

export interface TaggedRevision {
  readonly tag: string;
  /** Short revision name, as `K_REVISION` and logs say it. */
  readonly revision: string;
  /** Origin without trailing slash. */
  readonly url: string;
}

export interface Deployment {
  readonly service: string;
  readonly image: string;
  /** Origin that serves by traffic percent, without trailing slash. */
  readonly url: string;
  readonly revisions: readonly TaggedRevision[];
  readonly deployedAtMs: number;
  readonly deployMs: number;
}

/** Why the platform started an instance, in Cloud Run's words. */
export type StartReason = 'AUTOSCALING' | 'DEPLOYMENT_ROLLOUT' | 'MANUAL_SCALING' | 'MIN_INSTANCES' | 'UNKNOWN';

/**
 * One line of the platform's instance log. Times are epoch milliseconds with fractions. `sigterm` is the service's own
 * word that it was told to end.
 */
export interface InstanceEvent {
  readonly kind: 'start' | 'ready' | 'start-failed' | 'request' | 'sigterm' | 'stop';
  readonly atMs: number;
  readonly service: string;
  readonly revision: string;
  readonly instanceId: string;
  /** Of `start`. */
  readonly reason?: StartReason;
  /** Of `start-failed` and `stop`: why, in words, with the tail of the instance's output when it failed. */
  readonly detail?: string;
  /** Of `request`: status answered; latency includes the wait for an instance. */
  readonly status?: number;
  readonly latencyMs?: number;
  /** Of `request`: trace id of the request, 32 hex digits. */
  readonly trace?: string;
}
