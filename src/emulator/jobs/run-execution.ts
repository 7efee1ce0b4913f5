import { randomBytes } from 'node:crypto';
import type { SecretLookup } from '../admin/local-secrets.ts';
import { durationMs } from '../admin/times.ts';
import type { Instance } from '../model.ts';
import type { WorkloadRuntime } from '../workload.ts';
import { attemptEnd } from './attempt-result.ts';
import { type ExecutionRecord, planOf } from './execution-record.ts';
import {
  type AttemptEnd,
  cancelled,
  type ExecutionState,
  newExecution,
  startable,
  taskEnded,
  taskStarted,
} from './execution-state.ts';
import { type TaskLog, type TaskOutput, taskOutput } from './task-log.ts';
import { taskSpec } from './task-spec.ts';

export interface TaskHost {
  readonly runtime: WorkloadRuntime;
  readonly log: TaskLog;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly secret: SecretLookup;
}

/** An execution that runs, or has run. */
export interface RunningExecution {
  readonly record: ExecutionRecord;
  state(): ExecutionState;
  /** Starts no task any more, and ends those that run: SIGTERM, grace period, SIGKILL. */
  cancel(): void;
  /** Resolves when no task runs or will run; never rejects. */
  readonly completed: Promise<void>;
}

/** Runs an execution's tasks, as many at a time as its plan allows, from the next turn of the event loop on. */
export function runExecution(record: ExecutionRecord, host: TaskHost): RunningExecution {
  const { now } = host;
  const timeoutMs = durationMs(record.template.template?.timeout ?? {});
  const { promise: completed, resolve } = Promise.withResolvers<void>();
  const running = new Set<Instance>();
  let state = newExecution(planOf(record), now());

  function advance(next: ExecutionState): void {
    state = next;
    if (state.completedAtMs !== undefined) {
      resolve();
      return;
    }
    for (const index of startable(state)) {
      state = taskStarted(state, index, now());
      const attempt = state.tasks[index]?.attempt ?? 0;
      void runAttempt(index, attempt).then((end) => advance(taskEnded(state, index, end, now())));
    }
  }

  /** One attempt from its start to its end; never rejects. */
  async function runAttempt(index: number, attempt: number): Promise<AttemptEnd> {
    const spec = taskSpec(record, index, attempt, host.secret);
    const output = taskOutput(spec, host.log, now);
    let instance: Instance;
    try {
      instance = await host.runtime.start(spec, randomBytes(32).toString('hex'), output.sink);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      output.say(reason);
      return { kind: 'not-started', reason };
    }
    running.add(instance);
    // Cancelled while it was being started.
    if (state.cancelledAtMs !== undefined) void instance.stop();
    const end = await untilEnd(instance, timeoutMs, output);
    running.delete(instance);
    output.flush();
    sayEnd(end, output);
    return end;
  }

  setImmediate(() => advance(state));
  return {
    record,
    state: () => state,
    cancel() {
      advance(cancelled(state, now()));
      for (const instance of running) void instance.stop();
    },
    completed,
  };
}

async function untilEnd(instance: Instance, timeoutMs: number, output: TaskOutput): Promise<AttemptEnd> {
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    output.say(`Terminating task because it has reached the maximum timeout of ${timeoutMs / 1000} seconds.`);
    void instance.stop();
  }, timeoutMs);
  const end = attemptEnd(await instance.ended);
  clearTimeout(timer);
  return timedOut ? { kind: 'timed-out' } : end;
}

function sayEnd(end: AttemptEnd, { say }: TaskOutput): void {
  if (end.kind === 'exited') say(`Container called exit(${end.exitCode}).`);
  else if (end.kind === 'signalled') say(`Container terminated on signal ${end.signal}.`);
}
