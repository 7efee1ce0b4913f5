import type { ExecutionEnd, TaskEnd } from '../../src/domain/load.ts';
import { PLAN_VARIABLE, parseLoadPlan, placeOf } from '../../src/measure/load-files.ts';
import type { MeasuredProtocol } from '../../src/measure/target.ts';
import { runTask } from '../../src/measure/task-load.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { JobRunner } from '../../src/ports/job-runner.ts';
import type { ResultStore } from '../../src/ports/result-store.ts';
import type { HttpTransport } from '../../src/ports/transport.ts';

export interface InProcessJobs {
  readonly store: ResultStore;
  readonly clock: Clock;
  readonly protocol: MeasuredProtocol;
  /** What a task sends by. */
  readonly transportOf: (task: number) => HttpTransport;
  /** How long after the execution's start a task comes up; 0 unless told. */
  readonly startsAfterMs?: (task: number) => number;
  /** A task that dies right before it would write so many recordings, and how the platform tells of it. */
  readonly dies?: Readonly<Record<number, { readonly beforeBlock: number; readonly reason: string }>>;
}

/** Executions whose tasks are promises of this process; what a killed one would not write is not written. */
export function inProcessJobs(options: InProcessJobs): Pick<JobRunner, 'run'> & { readonly log: string[] } {
  const { store, clock, protocol, transportOf, startsAfterMs = () => 0, dies = {} } = options;
  const log: string[] = [];
  const logger = { info: () => undefined, warn: (message: string) => void log.push(message) };
  return {
    log,
    async run(_job, { taskCount, env }, signal): Promise<ExecutionEnd> {
      const path = env[PLAN_VARIABLE] ?? '';
      const plan = parseLoadPlan((await store.read(path)) ?? '');
      const place = placeOf(path) ?? '';
      const one = async (task: number): Promise<TaskEnd> => {
        await clock.sleep(startsAfterMs(task), signal);
        const death = dies[task];
        const dying = new AbortController();
        const write = async (to: string, text: string) => {
          const isDeath = to.endsWith('.json') && JSON.parse(text).blocks.length > (death?.beforeBlock ?? Infinity);
          if (isDeath) dying.abort(new Error('dead'));
          dying.signal.throwIfAborted();
          await store.write(to, text);
        };
        const ports = { store: { ...store, write }, clock, logger, transport: transportOf(task) };
        try {
          const done = await runTask({ plan, place, task, taskCount, protocol }, ports, dying.signal);
          return done.problem === undefined
            ? { index: task, succeeded: true }
            : { index: task, succeeded: false, reason: 'exit code 1' };
        } catch (error) {
          if (death === undefined) throw error;
          return { index: task, succeeded: false, reason: death.reason };
        }
      };
      return { execution: 'x', tasks: await Promise.all(Array.from({ length: taskCount }, (_, task) => one(task))) };
    },
  };
}
