import type { PlatformName, Suite } from './plan.ts';

/** One implementation that a job has to measure, with one profile. */
export interface PlannedItem {
  readonly type: string;
  readonly implementation: string;
  readonly profile: string;
}

/** One job of the matrix. */
export interface Shard {
  /** `01`, `02`, ...: names the job's results and its artifact. */
  readonly id: string;
  readonly items: readonly PlannedItem[];
}

/** An implementation that this change does not touch: its row is taken over from the baseline. */
export interface CarriedItem extends PlannedItem {
  readonly contractVersion: string;
  readonly reason: string;
}

/**
 * `runs/{run-id}/plan.json`: what the jobs of one workflow run share. `discover` writes it, the fan-in reads it, so that
 * a job that left nothing is seen.
 */
export interface JobPlan {
  readonly format: 'plan/1';
  readonly runId: string;
  readonly platform: PlatformName;
  readonly suite: Suite;
  /** What all shards compare with, as `--baseline` takes it. */
  readonly baseline: string;
  readonly commit?: string;
  /** Set when only what was asked for by name is planned. */
  readonly partial?: true;
  /** Why everything, or why only these, in words. */
  readonly reason: string;
  readonly shards: readonly Shard[];
  /** By service type, where it is another than what is assumed of a type that ships. */
  readonly contractVersions?: Readonly<Record<string, string>>;
  /**
   * A job after those of the shards, which leaves instances of all implementations alone in one window. The others then
   * take no cold starts after idleness. `id` names its results, as a shard's does.
   */
  readonly idle?: { readonly id: string };
  readonly carried: readonly CarriedItem[];
}
