import { constants } from 'node:os';
import type { protos } from '@google-cloud/run';
import type { TaskEnd } from '../../../domain/load.ts';
import { attempt, type Session } from './session.ts';

type ITask = protos.google.cloud.run.v2.ITask;

const PAGE_SIZE = 100;
/** The list of tasks may lag behind the execution's end; so often it is read before what it lacks is believed. */
const MOST_LOOKS = 15;
const MAX_DETAIL_CHARS = 300;

/** How each task ended, by index; one that the platform does not tell about has failed, with that reason. */
export async function taskEnds(
  session: Session,
  execution: string,
  taskCount: number,
  signal?: AbortSignal,
): Promise<readonly TaskEnd[]> {
  for (let looks = 1; ; looks += 1) {
    const found = new Map((await listTasks(session, execution, signal)).map((task) => [task.index ?? 0, task]));
    const tasks = Array.from({ length: taskCount }, (_, index) => found.get(index));
    const told = tasks.every((task) => task?.completionTime != null);
    if (told || looks === MOST_LOOKS) return tasks.map(taskEnd);
    await session.clock.sleep(session.pollMs, signal);
  }
}

function listTasks(session: Session, execution: string, signal?: AbortSignal): Promise<readonly ITask[]> {
  const request = { parent: execution, pageSize: PAGE_SIZE };
  return attempt(
    session,
    async () => {
      const { tasks } = await session.clients.jobs();
      const found: ITask[] = [];
      for await (const task of tasks.listTasksAsync(request, { autoPaginate: false })) {
        signal?.throwIfAborted();
        found.push(task);
      }
      return found;
    },
    signal,
  );
}

/** Succeeded is only what the platform says has succeeded, at the first try, with nothing that speaks against it. */
export function taskEnd(task: ITask | undefined, index: number): TaskEnd {
  const reason = task === undefined ? 'the platform does not tell of it' : failureOf(task);
  return reason === undefined ? { index, succeeded: true } : { index, succeeded: false, reason };
}

function failureOf({ conditions, completionTime, startTime, retried, lastAttemptResult }: ITask): string | undefined {
  const completed = conditions?.find(({ type }) => type === 'Completed');
  const details = [lastAttemptResult?.status?.message, completed?.message].map(oneLine).filter((text) => text !== '');
  const because = (what: string) => [what, ...new Set(details)].join(': ');
  if (retried) return because(`it was started ${retried + 1} times`);
  const { exitCode, termSignal, status } = lastAttemptResult ?? {};
  if (exitCode) return because(`exit code ${exitCode}`);
  if (termSignal) return because(`ended by signal ${termSignal}${signalName(termSignal)}`);
  if (status?.code) return because('failed');
  if (completed?.state === 'CONDITION_FAILED') {
    const reason = completed.executionReason ?? completed.reason;
    return because(reason == null ? 'failed' : String(reason));
  }
  if (completionTime == null && startTime == null) return because('it was never started');
  if (completionTime == null) return because('it had not ended when its execution had');
  if (completed?.state === 'CONDITION_SUCCEEDED' || lastAttemptResult != null) return undefined;
  return because('the platform does not tell how it ended');
}

const oneLine = (text: string | null | undefined) =>
  (text ?? '').replace(/\s+/g, ' ').trim().slice(0, MAX_DETAIL_CHARS);

function signalName(wanted: number): string {
  const found = Object.entries(constants.signals).find(([, number]) => number === wanted);
  return found === undefined ? '' : ` (${found[0]})`;
}
