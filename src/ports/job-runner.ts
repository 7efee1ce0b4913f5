import type { ExecutionEnd, JobSpec } from '../domain/load.ts';

export interface DeployedJob {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** 0 when the platform does not say. */
  readonly createdAtMs: number;
}

export interface ExecutionRequest {
  readonly taskCount: number;
  /** Merged into the job's own. */
  readonly env: Readonly<Record<string, string>>;
}

/** Cloud Run jobs: containers that run to their end, several of a kind at a time. */
export interface JobRunner {
  /** Creates the job; nothing runs yet. */
  deploy(spec: JobSpec, signal?: AbortSignal): Promise<void>;
  /**
   * One execution, until all its tasks have ended. A failed task rejects nothing: it is in the answer. On abort the
   * execution is cancelled before this rejects. Rejects with InfrastructureError `load-ran-twice` when the platform made
   * two executions: whatever their tasks recorded is then of no load that was asked for.
   */
  run(job: string, request: ExecutionRequest, signal?: AbortSignal): Promise<ExecutionEnd>;
  /** Jobs whose labels include all of `labels`. */
  list(labels: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<readonly DeployedJob[]>;
  /** Deletes a job with its executions, running ones too; succeeds when it does not exist. */
  remove(job: string, signal?: AbortSignal): Promise<void>;
}
