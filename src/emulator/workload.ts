import type { Instance, InstanceRuntime, RevisionSpec } from './model.ts';

/** One attempt of one task of a job: runs to its end and listens nowhere. */
export interface TaskSpec {
  readonly job: string;
  /** Short name: `<job>-abcde`. */
  readonly execution: string;
  /** From 0, as attempts are. */
  readonly index: number;
  readonly attempt: number;
  readonly taskCount: number;
  readonly image: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Values of the variables that come from Secret Manager in the cloud. They are in no message and no log. */
  readonly secrets: Readonly<Record<string, string>>;
  /** vCPU and bytes; enforced by the container runtime alone. */
  readonly cpu: number;
  readonly memoryBytes: number;
}

/** What a runtime starts: an instance of a revision, or an attempt of a task. */
export type Workload = RevisionSpec | TaskSpec;

/** Is given all output as it comes. */
export type OutputSink = (stream: 'stdout' | 'stderr', chunk: Buffer) => void;

/** Starts instances, and tasks by the same means. A task's `port` is 0. */
export interface WorkloadRuntime extends InstanceRuntime {
  start(workload: Workload, instanceId: string, onOutput?: OutputSink): Promise<Instance>;
}
