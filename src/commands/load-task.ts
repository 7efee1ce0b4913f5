import { UsageError } from '../domain/errors.ts';
import { PLAN_VARIABLE, placeOf, STORE_VARIABLE } from '../measure/load-files.ts';

/** Which part of which plan a worker has to do. */
export interface LoadTask {
  /** Directory or `gs://bucket/prefix`. */
  readonly store: string;
  /** Path of the plan in the store, and of the directory that it is in, with a slash at its end. */
  readonly plan: string;
  readonly place: string;
  /** From 0, less than `taskCount`. */
  readonly task: number;
  readonly taskCount: number;
}

/** Cloud Run's own variables. */
const INDEX_VARIABLE = 'CLOUD_RUN_TASK_INDEX';
const COUNT_VARIABLE = 'CLOUD_RUN_TASK_COUNT';

/** Throws UsageError `load-plan-unnamed` or `load-task-unknown` for an environment that is not that of such a task. */
export function readLoadTask(env: Readonly<Record<string, string | undefined>>): LoadTask {
  const { [STORE_VARIABLE]: store = '', [PLAN_VARIABLE]: plan = '' } = env;
  const place = placeOf(plan);
  if (store === '' || place === undefined) {
    throw new UsageError(
      'load-plan-unnamed',
      `found ${STORE_VARIABLE} "${store}" and ${PLAN_VARIABLE} "${plan}", wanted a store and the path of its plan.json`,
      { hint: 'worker is started by jobs that cloudrun-perf makes: give --load-from job to benchmark' },
    );
  }
  const { [INDEX_VARIABLE]: index = '', [COUNT_VARIABLE]: count = '' } = env;
  const [task, taskCount] = [wholeNumber(index), wholeNumber(count)];
  if (task === undefined || taskCount === undefined || task >= taskCount) {
    throw new UsageError(
      'load-task-unknown',
      `found ${INDEX_VARIABLE} "${index}" and ${COUNT_VARIABLE} "${count}", wanted a task of a number of tasks`,
      { hint: 'the platform sets both for every task of a job' },
    );
  }
  return { store, plan, place, task, taskCount };
}

function wholeNumber(text: string): number | undefined {
  return /^[0-9]{1,5}$/.test(text) ? Number(text) : undefined;
}
