import type { Artifact } from './deployment.ts';
import type { ErrorCounts } from './measurement.ts';

/** Where warm load comes from: the machine that runs cloudrun-perf, or tasks of a Cloud Run job in the services' region. */
export const LOAD_ORIGINS = ['runner', 'job'] as const;
export type LoadOrigin = (typeof LOAD_ORIGINS)[number];

/** Cloud Run allows more; a block that needs more has other troubles. */
export const MOST_LOAD_TASKS = 64;

/** One revision to load, with one closed-model block. */
export interface LoadBlock {
  /** Unique in its plan. */
  readonly id: string;
  /** Origin without trailing slash. */
  readonly url: string;
}

/** How one block is loaded, by all tasks together. */
export interface BlockSettings {
  /** Requests that are sent first and thrown away, at least. */
  readonly warmupRequests: number;
  /** How long the warm-up lasts at least. */
  readonly warmupMs?: number;
  readonly requests: number;
  readonly connections: number;
}

/** What tasks of a job read from the store. Blocks are taken one after the other, by all tasks at the same time. */
export interface LoadPlan {
  readonly schemaVersion: 1;
  readonly runId: string;
  readonly serviceType: string;
  /** Of a shipped contract: its version chooses among those that ship. */
  readonly contractVersion?: string;
  /** Files of a contract that does not ship, by path: tasks see no service repository. */
  readonly contract?: Readonly<Record<string, string>>;
  readonly warm: BlockSettings;
  readonly requestTimeoutMs: number;
  /** Longest wait of one task for the others before a block. */
  readonly meetingTimeoutMs: number;
  readonly blocks: readonly LoadBlock[];
  /** Audience of the ID tokens that the services want; absent: they accept everybody's calls. */
  readonly audience?: string;
}

/**
 * What was recorded of one block, by one process or by several: recordings merge exactly, since all that is in them are
 * counts, sums of whole microseconds, and extremes.
 */
export interface LoadRecording {
  readonly connections: number;
  readonly warmupRequests: number;
  /** Requests of the timed part; errors included. */
  readonly sent: number;
  readonly errors: ErrorCounts;
  /** HDR histogram V2 of the correct answers' latencies, compressed, base64; microseconds, 3 significant digits. */
  readonly histogram: string;
  /** Over the same latencies, in whole microseconds; decimal text, since squares outgrow a double. */
  readonly sumUs: string;
  readonly sumOfSquaresUs: string;
  readonly leastUs: number;
  readonly mostUs: number;
  /** Time that connections waited for answers, errors included, in whole microseconds. */
  readonly waitedUs: number;
  /** Epoch milliseconds: first request of the warm-up, first of the timed part, last answer. */
  readonly fromMs: number;
  readonly timedFromMs: number;
  readonly toMs: number;
  /** Why the load ended before all requests were sent. */
  readonly endedEarly?: string;
}

/** What one task leaves in the store. */
export interface TaskRecording {
  readonly schemaVersion: 1;
  readonly task: number;
  readonly taskCount: number;
  readonly blocks: readonly { readonly id: string; readonly recording: LoadRecording }[];
  /** Why blocks are missing, when they are. */
  readonly problem?: string;
}

/** A job that makes load: one container per task. */
export interface JobSpec {
  /** Job id, at most 49 characters. */
  readonly name: string;
  readonly image: Artifact['image'];
  readonly labels: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly cpu: string;
  readonly memory: string;
  /** Account that tasks act as; absent: the project's default one. */
  readonly serviceAccount?: string;
  readonly taskTimeoutMs: number;
}

/** How one task of an execution ended. A task is never tried again: its load would be load twice. */
export interface TaskEnd {
  readonly index: number;
  readonly succeeded: boolean;
  /** Of a failed one: exit code, signal or the platform's reason, in words. */
  readonly reason?: string;
}

export interface ExecutionEnd {
  /** Short name of the execution. */
  readonly execution: string;
  /** One for each task, by index; a task that the platform does not tell about counts as failed, with that reason. */
  readonly tasks: readonly TaskEnd[];
}
