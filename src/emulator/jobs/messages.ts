import type { Condition, Container, Duration, EnvVar, Timestamp } from '../admin/messages.ts';

/** The parts of jobs, executions and tasks that the emulator reads or writes; as in `admin/messages.ts`. */
export interface TaskTemplate {
  readonly containers?: readonly Container[];
  readonly volumes?: readonly object[];
  /** Absent differs from 0. */
  readonly maxRetries?: number;
  readonly timeout?: Duration;
  readonly serviceAccount?: string;
  readonly executionEnvironment?: string;
}

export interface ExecutionTemplate {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** 0: as many as possible. */
  readonly parallelism?: number;
  readonly taskCount?: number;
  readonly template?: TaskTemplate;
}

/** What a client may set. */
export interface JobInput {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly client?: string;
  readonly clientVersion?: string;
  readonly launchStage?: string;
  readonly binaryAuthorization?: object;
  readonly template?: ExecutionTemplate;
  readonly startExecutionToken?: string;
  readonly runExecutionToken?: string;
}

export type CompletionStatus =
  | 'EXECUTION_SUCCEEDED'
  | 'EXECUTION_FAILED'
  | 'EXECUTION_RUNNING'
  | 'EXECUTION_PENDING'
  | 'EXECUTION_CANCELLED';

export interface ExecutionReference {
  /** Short name. */
  readonly name: string;
  readonly createTime: Timestamp;
  readonly completionTime?: Timestamp;
  readonly completionStatus: CompletionStatus;
}

export interface Job extends JobInput {
  readonly name?: string;
  readonly uid?: string;
  readonly generation?: string;
  readonly observedGeneration?: string;
  readonly createTime?: Timestamp;
  readonly updateTime?: Timestamp;
  readonly deleteTime?: Timestamp;
  readonly terminalCondition?: Condition;
  readonly conditions?: readonly Condition[];
  readonly executionCount?: number;
  readonly latestCreatedExecution?: ExecutionReference;
  readonly reconciling?: boolean;
  readonly etag?: string;
}

export interface Execution {
  readonly name: string;
  readonly uid: string;
  readonly generation: string;
  readonly observedGeneration: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly createTime: Timestamp;
  readonly startTime?: Timestamp;
  readonly completionTime?: Timestamp;
  readonly updateTime: Timestamp;
  readonly deleteTime?: Timestamp;
  readonly launchStage?: string;
  /** Short name of the job. */
  readonly job: string;
  readonly parallelism: number;
  readonly taskCount: number;
  readonly template: TaskTemplate;
  readonly reconciling: boolean;
  readonly conditions: readonly Condition[];
  readonly runningCount: number;
  readonly succeededCount: number;
  readonly failedCount: number;
  readonly cancelledCount: number;
  /** Tasks that were tried more than once. */
  readonly retriedCount: number;
  readonly etag: string;
}

export interface TaskAttemptResult {
  readonly status: { readonly code?: number; readonly message?: string };
  readonly exitCode?: number;
  readonly termSignal?: number;
}

export interface Task extends TaskTemplate {
  readonly name: string;
  readonly uid: string;
  readonly generation: string;
  readonly observedGeneration: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly createTime: Timestamp;
  readonly scheduledTime?: Timestamp;
  readonly startTime?: Timestamp;
  readonly completionTime?: Timestamp;
  readonly updateTime: Timestamp;
  /** Short names. */
  readonly job: string;
  readonly execution: string;
  readonly reconciling: boolean;
  readonly conditions: readonly Condition[];
  readonly index: number;
  /** How often it was tried again. */
  readonly retried: number;
  readonly lastAttemptResult?: TaskAttemptResult;
  readonly etag: string;
}

export interface ContainerOverride {
  readonly name?: string;
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  readonly clearArgs?: boolean;
}

export interface Overrides {
  readonly containerOverrides?: readonly ContainerOverride[];
  readonly taskCount?: number;
  readonly timeout?: Duration;
}
