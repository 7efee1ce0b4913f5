import type { Condition } from '../admin/messages.ts';
import { timestampOf } from '../admin/times.ts';
import { attemptMessage } from './attempt-result.ts';
import { countsOf, type ExecutionState, outcomeOf, type TaskState } from './execution-state.ts';

type Reason = Pick<Condition, 'reason' | 'executionReason'>;

const succeededAt = (type: string, atMs: number): Condition => ({
  type,
  state: 'CONDITION_SUCCEEDED',
  lastTransitionTime: timestampOf(atMs),
});
const underWay = (type: string, atMs: number, more: Partial<Condition> = {}): Condition => ({
  type,
  state: 'CONDITION_RECONCILING',
  lastTransitionTime: timestampOf(atMs),
  ...more,
});
const failedAt = (type: string, atMs: number, message: string, reason: Reason): Condition => ({
  type,
  state: 'CONDITION_FAILED',
  severity: 'ERROR',
  message,
  lastTransitionTime: timestampOf(atMs),
  ...reason,
});

/** Completed first, which says how it ended; the others are steps on the way. */
export function executionConditions(execution: string, state: ExecutionState): readonly Condition[] {
  const { createdAtMs, startedAtMs, completedAtMs = createdAtMs } = state;
  const imageless = state.tasks.find(({ lastEnd }) => lastEnd?.kind === 'not-started');
  return [
    executionCompleted(execution, state),
    ...['ResourcesAvailable', 'Started'].map((type) =>
      startedAtMs === undefined ? underWay(type, createdAtMs) : succeededAt(type, startedAtMs),
    ),
    imageless === undefined
      ? succeededAt('ContainerReady', createdAtMs)
      : failedAt('ContainerReady', completedAtMs, failureOf(imageless), reasonOf(imageless)),
  ];
}

function executionCompleted(execution: string, state: ExecutionState): Condition {
  const { completedAtMs = state.updatedAtMs, cancelledAtMs, createdAtMs, startedAtMs = createdAtMs } = state;
  switch (outcomeOf(state)) {
    case 'succeeded':
      return succeededAt('Completed', completedAtMs);
    case 'cancelled':
      return failedAt('Completed', completedAtMs, 'Execution was cancelled.', { executionReason: 'CANCELLED' });
    case 'failed': {
      const task = state.tasks.find(({ phase }) => phase === 'failed');
      const text = `Task ${taskId(execution, task?.index ?? 0)} failed with message: ${failureOf(task)}`;
      return failedAt('Completed', completedAtMs, text, reasonOf(task));
    }
    default:
      return cancelledAtMs === undefined
        ? underWay('Completed', startedAtMs)
        : underWay('Completed', cancelledAtMs, { executionReason: 'CANCELLING' });
  }
}

export function taskConditions(task: TaskState, createdAtMs: number): readonly Condition[] {
  const { phase, startedAtMs, completedAtMs = createdAtMs } = task;
  return [
    phase === 'succeeded'
      ? succeededAt('Completed', completedAtMs)
      : phase === 'failed'
        ? failedAt('Completed', completedAtMs, failureOf(task), reasonOf(task))
        : phase === 'cancelled'
          ? failedAt('Completed', completedAtMs, 'Task was cancelled.', { executionReason: 'CANCELLED' })
          : underWay('Completed', startedAtMs ?? createdAtMs),
    startedAtMs === undefined ? underWay('Started', createdAtMs) : succeededAt('Started', startedAtMs),
  ];
}

const failureOf = (task: TaskState | undefined) => (task?.lastEnd === undefined ? '' : attemptMessage(task.lastEnd));

function reasonOf(task: TaskState | undefined): Reason {
  switch (task?.lastEnd?.kind) {
    case 'timed-out':
      return { reason: 'PROGRESS_DEADLINE_EXCEEDED' };
    case 'not-started':
      return { reason: 'CONTAINER_MISSING' };
    default:
      return { executionReason: 'NON_ZERO_EXIT_CODE' };
  }
}

export const taskId = (execution: string, index: number) => `${execution}-task${index}`;

/** As Google says it of an execution that has failed. */
export function failureMessage(execution: string, state: ExecutionState): string {
  const { succeeded } = countsOf(state);
  return `Execution ${execution} has failed to complete, ${succeeded}/${state.plan.taskCount} tasks were a success.`;
}
