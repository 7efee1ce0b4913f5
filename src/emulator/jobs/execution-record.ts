import { createHash, randomUUID } from 'node:crypto';
import type { Timestamp } from '../admin/messages.ts';
import { executionName, type Location, taskName } from '../admin/names.ts';
import { timestampOf } from '../admin/times.ts';
import { attemptResult } from './attempt-result.ts';
import { executionConditions, taskConditions, taskId } from './conditions.ts';
import { countsOf, type ExecutionPlan, type ExecutionState, outcomeOf, type TaskState } from './execution-state.ts';
import type {
  CompletionStatus,
  Execution,
  ExecutionReference,
  ExecutionTemplate,
  Task,
  TaskTemplate,
} from './messages.ts';

/** Tasks of one execution that run at the same time when the job does not say; Cloud Run's own most is higher. */
export const MOST_AT_ONCE = 100;

/** What stays the same over the life of an execution. */
export interface ExecutionRecord {
  /** Short name. */
  readonly id: string;
  readonly uid: string;
  readonly job: string;
  readonly location: Location;
  readonly launchStage: string;
  readonly template: ExecutionTemplate;
}

export function newExecutionRecord(given: Omit<ExecutionRecord, 'uid'>): ExecutionRecord {
  return { ...given, uid: randomUUID() };
}

export function planOf({ template }: ExecutionRecord): ExecutionPlan {
  const { taskCount = 1, parallelism = 0 } = template;
  return {
    taskCount,
    parallelism: parallelism === 0 ? Math.min(taskCount, MOST_AT_ONCE) : parallelism,
    maxRetries: template.template?.maxRetries ?? 0,
  };
}

/** The execution as clients see it. */
export function executionMessage(
  record: ExecutionRecord,
  state: ExecutionState,
  deletedAtMs: number | undefined,
): Execution {
  const { id, uid, job, location, launchStage, template } = record;
  const counts = countsOf(state);
  return {
    name: executionName(location, job, id),
    uid,
    generation: '1',
    observedGeneration: '1',
    ...metadataOf(template),
    ...timesOf(state),
    ...(deletedAtMs === undefined ? {} : { deleteTime: timestampOf(deletedAtMs) }),
    updateTime: timestampOf(state.updatedAtMs),
    launchStage,
    job,
    parallelism: state.plan.parallelism,
    taskCount: state.plan.taskCount,
    template: template.template ?? {},
    reconciling: state.completedAtMs === undefined,
    conditions: executionConditions(id, state),
    runningCount: counts.running,
    succeededCount: counts.succeeded,
    failedCount: counts.failed,
    cancelledCount: counts.cancelled,
    retriedCount: counts.retried,
    etag: etagOf(uid),
  };
}

/** One task as clients see it. */
export function taskMessage(record: ExecutionRecord, state: ExecutionState, task: TaskState): Task {
  const { id, job, location, template } = record;
  const { attempt, index, lastEnd, completedAtMs } = task;
  const {
    containers = [],
    maxRetries = 0,
    timeout,
    serviceAccount,
    executionEnvironment,
  }: TaskTemplate = template.template ?? {};
  const uid = taskUid(record.uid, index);
  return {
    name: taskName(location, job, id, taskId(id, index)),
    uid,
    generation: '1',
    observedGeneration: '1',
    ...metadataOf(template),
    ...timesOf({ ...task, createdAtMs: state.createdAtMs }),
    ...(task.startedAtMs === undefined ? {} : { scheduledTime: timestampOf(task.startedAtMs) }),
    updateTime: timestampOf(completedAtMs ?? task.startedAtMs ?? state.createdAtMs),
    job,
    execution: id,
    containers,
    maxRetries,
    ...(timeout === undefined ? {} : { timeout }),
    ...(serviceAccount === undefined ? {} : { serviceAccount }),
    ...(executionEnvironment === undefined ? {} : { executionEnvironment }),
    reconciling: completedAtMs === undefined,
    conditions: taskConditions(task, state.createdAtMs),
    index,
    retried: attempt,
    ...(lastEnd === undefined ? {} : { lastAttemptResult: attemptResult(lastEnd) }),
    etag: etagOf(uid),
  };
}

const STATUS: Readonly<Record<ReturnType<typeof outcomeOf>, CompletionStatus>> = {
  pending: 'EXECUTION_PENDING',
  running: 'EXECUTION_RUNNING',
  succeeded: 'EXECUTION_SUCCEEDED',
  failed: 'EXECUTION_FAILED',
  cancelled: 'EXECUTION_CANCELLED',
};

export function referenceTo({ id }: ExecutionRecord, state: ExecutionState): ExecutionReference {
  const { createTime, completionTime } = timesOf(state);
  return {
    name: id,
    createTime,
    ...(completionTime === undefined ? {} : { completionTime }),
    completionStatus: STATUS[outcomeOf(state)],
  };
}

interface Times {
  readonly createTime: Timestamp;
  readonly startTime?: Timestamp;
  readonly completionTime?: Timestamp;
}

function timesOf(of: Pick<ExecutionState, 'createdAtMs' | 'startedAtMs' | 'completedAtMs'>): Times {
  const { createdAtMs, startedAtMs, completedAtMs } = of;
  return {
    createTime: timestampOf(createdAtMs),
    ...(startedAtMs === undefined ? {} : { startTime: timestampOf(startedAtMs) }),
    ...(completedAtMs === undefined ? {} : { completionTime: timestampOf(completedAtMs) }),
  };
}

function metadataOf({ labels, annotations }: ExecutionTemplate): Pick<Execution, 'labels' | 'annotations'> {
  return { ...(labels === undefined ? {} : { labels }), ...(annotations === undefined ? {} : { annotations }) };
}

/** In the form of a random UUID, and the same each time it is asked for. */
function taskUid(execution: string, index: number): string {
  const hex = createHash('sha256').update(`${execution}/${index}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const etagOf = (uid: string) => `"${Buffer.from(uid.slice(0, 8)).toString('base64url')}"`;
