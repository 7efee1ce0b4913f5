export type TaskPhase = 'waiting' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/** How one attempt of a task ended. */
export type AttemptEnd =
  | { readonly kind: 'exited'; readonly exitCode: number }
  | { readonly kind: 'signalled'; readonly signal: number }
  | { readonly kind: 'timed-out' }
  /** Its image cannot be started: trying again would not help. */
  | { readonly kind: 'not-started'; readonly reason: string };

export interface TaskState {
  readonly index: number;
  readonly phase: TaskPhase;
  /** Number of the current attempt, or of the last one, from 0: how often it was tried again. */
  readonly attempt: number;
  readonly startedAtMs?: number;
  readonly completedAtMs?: number;
  readonly lastEnd?: AttemptEnd;
}

export interface ExecutionPlan {
  readonly taskCount: number;
  /** Tasks that run at the same time, at most; at least 1. */
  readonly parallelism: number;
  readonly maxRetries: number;
}

/** One execution and its tasks, by index. Times are epoch milliseconds. */
export interface ExecutionState {
  readonly plan: ExecutionPlan;
  readonly tasks: readonly TaskState[];
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly startedAtMs?: number;
  readonly completedAtMs?: number;
  readonly cancelledAtMs?: number;
}

export function newExecution(plan: ExecutionPlan, nowMs: number): ExecutionState {
  const tasks = Array.from(
    { length: plan.taskCount },
    (_, index): TaskState => ({ index, phase: 'waiting', attempt: 0 }),
  );
  return { plan, tasks, createdAtMs: nowMs, updatedAtMs: nowMs };
}

/** Indexes of the tasks to start now, lowest first. */
export function startable({ plan, tasks }: ExecutionState): readonly number[] {
  const running = tasks.filter(({ phase }) => phase === 'running').length;
  const waiting = tasks.filter(({ phase }) => phase === 'waiting');
  return waiting.slice(0, Math.max(0, plan.parallelism - running)).map(({ index }) => index);
}

export function taskStarted(state: ExecutionState, index: number, nowMs: number): ExecutionState {
  const started = changed(state, index, nowMs, (task) => ({
    ...task,
    phase: 'running',
    startedAtMs: task.startedAtMs ?? nowMs,
  }));
  return { ...started, startedAtMs: state.startedAtMs ?? nowMs };
}

/** A failed attempt is tried again while the plan allows it, and nobody has cancelled the execution. Others go on. */
export function taskEnded(state: ExecutionState, index: number, end: AttemptEnd, nowMs: number): ExecutionState {
  const ended = changed(state, index, nowMs, (task) => {
    const phase = phaseAfter(state, task, end);
    return phase === 'waiting'
      ? { ...task, phase, attempt: task.attempt + 1, lastEnd: end }
      : { ...task, phase, lastEnd: end, completedAtMs: nowMs };
  });
  return completed(ended, nowMs);
}

function phaseAfter({ plan, cancelledAtMs }: ExecutionState, { attempt }: TaskState, end: AttemptEnd): TaskPhase {
  // What ends after SIGTERM was sent to it, however well, has not done its work.
  if (cancelledAtMs !== undefined) return 'cancelled';
  if (succeeded(end)) return 'succeeded';
  return end.kind !== 'not-started' && attempt < plan.maxRetries ? 'waiting' : 'failed';
}

export const succeeded = (end: AttemptEnd) => end.kind === 'exited' && end.exitCode === 0;

/** No task starts any more; those that run are the caller's to stop. */
export function cancelled(state: ExecutionState, nowMs: number): ExecutionState {
  if (state.completedAtMs !== undefined || state.cancelledAtMs !== undefined) return state;
  const tasks = state.tasks.map(
    (task): TaskState => (task.phase === 'waiting' ? { ...task, phase: 'cancelled', completedAtMs: nowMs } : task),
  );
  return completed({ ...state, tasks, cancelledAtMs: nowMs, updatedAtMs: nowMs }, nowMs);
}

function changed(
  state: ExecutionState,
  index: number,
  nowMs: number,
  change: (task: TaskState) => TaskState,
): ExecutionState {
  const task = state.tasks[index];
  return task === undefined ? state : { ...state, tasks: state.tasks.with(index, change(task)), updatedAtMs: nowMs };
}

function completed(state: ExecutionState, nowMs: number): ExecutionState {
  const goesOn = state.tasks.some(({ phase }) => phase === 'waiting' || phase === 'running');
  return goesOn ? state : { ...state, completedAtMs: nowMs };
}

export interface TaskCounts {
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Tasks that were tried more than once. */
  readonly retried: number;
}

export function countsOf({ tasks }: ExecutionState): TaskCounts {
  const of = (wanted: TaskPhase) => tasks.filter(({ phase }) => phase === wanted).length;
  return {
    running: of('running'),
    succeeded: of('succeeded'),
    failed: of('failed'),
    cancelled: of('cancelled'),
    retried: tasks.filter(({ attempt }) => attempt > 0).length,
  };
}

export type Outcome = 'pending' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/** An execution fails by any failed task, once all have ended; what was cancelled in time for a task is cancelled. */
export function outcomeOf(state: ExecutionState): Outcome {
  if (state.completedAtMs === undefined) return state.startedAtMs === undefined ? 'pending' : 'running';
  const counts = countsOf(state);
  if (counts.cancelled > 0) return 'cancelled';
  return counts.failed > 0 ? 'failed' : 'succeeded';
}
