import type { RevisionSpec } from '../model.ts';
import type { TaskSpec, Workload } from '../workload.ts';
import { takeFreePort } from './free-port.ts';
import type { InstanceRecord } from './instance-record.ts';

const isTask = (workload: Workload): workload is TaskSpec => 'job' in workload;

/** What its record and its labels say of a workload. */
export function subjectOf(workload: Workload): Pick<InstanceRecord, 'service' | 'revision' | 'task'> {
  if (!isTask(workload)) return { service: workload.service, revision: workload.name };
  const { job, execution, index, attempt } = workload;
  return { service: job, revision: execution, task: { index, attempt } };
}

/** A port for what listens; 0 for a task, which does not. */
export async function portFor(workload: Workload): Promise<number> {
  return isTask(workload) ? 0 : takeFreePort();
}

/** What Cloud Run itself sets. */
export function platformEnvironment(workload: Workload, port: number): Record<string, string> {
  return isTask(workload) ? taskEnvironment(workload) : serviceEnvironment(workload, port);
}

function serviceEnvironment(revision: RevisionSpec, port: number): Record<string, string> {
  return {
    PORT: String(port),
    K_SERVICE: revision.service,
    K_REVISION: revision.name,
    K_CONFIGURATION: revision.service,
  };
}

function taskEnvironment({ job, execution, index, attempt, taskCount }: TaskSpec): Record<string, string> {
  return {
    CLOUD_RUN_JOB: job,
    CLOUD_RUN_EXECUTION: execution,
    CLOUD_RUN_TASK_INDEX: String(index),
    CLOUD_RUN_TASK_ATTEMPT: String(attempt),
    CLOUD_RUN_TASK_COUNT: String(taskCount),
  };
}
