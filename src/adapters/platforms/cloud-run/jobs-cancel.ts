import type { protos } from '@google-cloud/run';
import type { Clock } from '../../../ports/clock.ts';
import { jobNameOf } from './requests.ts';
import { attempt, type Session } from './session.ts';
import { CODE, codeOf } from './status-code.ts';

type IExecution = protos.google.cloud.run.v2.IExecution;

const PAGE_SIZE = 100;
/** A cancelled job of CI is killed soon after; what is not cancelled by then ends with the job's removal. */
const CANCEL_WITHIN_MS = 10_000;

/** Executions of a job that are kept, the newest first. */
export function listExecutions(session: Session, job: string, signal?: AbortSignal): Promise<readonly IExecution[]> {
  const request = { parent: jobNameOf(session.place, job), pageSize: PAGE_SIZE };
  return attempt(
    session,
    async () => {
      const { executions } = await session.clients.jobs();
      const found: IExecution[] = [];
      for await (const execution of executions.listExecutionsAsync(request, { autoPaginate: false })) {
        signal?.throwIfAborted();
        found.push(execution);
      }
      return found;
    },
    signal,
  );
}

/** Whether all tasks have ended, in whatever way. */
export function hasEnded({ completionTime, reconciling, conditions }: IExecution): boolean {
  if (completionTime != null) return true;
  const state = conditions?.find(({ type }) => type === 'Completed')?.state;
  return reconciling !== true && (state === 'CONDITION_SUCCEEDED' || state === 'CONDITION_FAILED');
}

/** Undefined when there is none of that name. */
export async function findExecution(
  session: Session,
  name: string,
  signal?: AbortSignal,
): Promise<IExecution | undefined> {
  try {
    const { executions } = await session.clients.jobs();
    const [found] = await attempt(session, () => executions.getExecution({ name }), signal);
    return found;
  } catch (error) {
    if (codeOf(error) === CODE.notFound) return undefined;
    throw error;
  }
}

/**
 * Cancels those of the found ones that still run and waits until they have ended: 10 s at most for all of it. Rejects
 * when that cannot be known. Not held back by the limit of writes: there are few, and each second of unwanted load counts.
 */
export function cancelAll(
  session: Session,
  find: (signal: AbortSignal) => Promise<readonly IExecution[]>,
  signal?: AbortSignal,
): Promise<void> {
  return within(
    session.clock,
    CANCEL_WITHIN_MS,
    async (limit) => {
      const running = (await find(limit)).filter((one) => !hasEnded(one));
      await Promise.all(running.map(({ name }) => cancel(session, name ?? '', limit)));
    },
    signal,
  );
}

async function cancel(session: Session, name: string, signal: AbortSignal): Promise<void> {
  const { executions } = await session.clients.jobs();
  try {
    await attempt(session, () => executions.cancelExecution({ name }), signal);
  } catch (error) {
    // It has ended by itself meanwhile, or is gone.
    const over = codeOf(error) === CODE.notFound || codeOf(error) === CODE.failedPrecondition;
    if (!over) throw error;
  }
  for (;;) {
    const execution = await findExecution(session, name, signal);
    if (execution === undefined || hasEnded(execution)) return;
    await session.clock.sleep(session.pollMs, signal);
  }
}

/** Rejects when the work takes longer; its signal aborts then, and when `outer` does. */
export async function within<T>(
  clock: Clock,
  limitMs: number,
  work: (signal: AbortSignal) => Promise<T>,
  outer?: AbortSignal,
): Promise<T> {
  const over = new AbortController();
  const ended = new AbortController();
  clock.sleep(limitMs, ended.signal).then(
    () => over.abort(new Error(`not done within ${limitMs / 1000} s`)),
    () => undefined,
  );
  try {
    return await work(outer === undefined ? over.signal : AbortSignal.any([over.signal, outer]));
  } finally {
    ended.abort();
  }
}
