import { randomUUID } from 'node:crypto';
import type { protos } from '@google-cloud/run';
import { InfrastructureError } from '../../../domain/errors.ts';
import type { ExecutionEnd, TaskEnd } from '../../../domain/load.ts';
import type { ExecutionRequest } from '../../../ports/job-runner.ts';
import { cancelAll, findExecution, hasEnded, within } from './jobs-cancel.ts';
import { runJobRequest } from './jobs-requests.ts';
import { marked, startExecution } from './jobs-start.ts';
import { taskEnds } from './jobs-tasks.ts';
import { abortable } from './retry.ts';
import type { Session } from './session.ts';
import { CODE, codeOf, isTemporary, StatusError } from './status-code.ts';

type IExecution = protos.google.cloud.run.v2.IExecution;

/** How long an execution may stay unseen, for a platform that fails or has only just made it. */
const UNSEEN_MS = 300_000;
/** Beside the time of its tasks: until all of them have found a place to run. */
const PLACING_MS = 900_000;
/** What Cloud Run gives a task whose job does not say. */
const DEFAULT_TASK_MS = 600_000;
/** How long a failed or aborted run waits for the answer of the call that started it. */
const ANSWER_WITHIN_MS = 5_000;

/** One execution from its start to the ends of its tasks. Whatever goes wrong, none is left running. */
export async function runJob(
  session: Session,
  job: string,
  request: ExecutionRequest,
  signal?: AbortSignal,
): Promise<ExecutionEnd> {
  const marker = randomUUID();
  const { jobs } = await session.clients.jobs();
  const call = runJobRequest(session.place, job, request, marker);
  let sent: Promise<string | undefined> | undefined;
  let name: string | undefined;
  const send = () => {
    sent = jobs.runJob(call).then(([{ metadata }]) => nameIn(metadata));
    return sent;
  };
  try {
    name = await startExecution(session, { job, marker, send }, signal);
    await refuseSecond(session, job, marker, signal);
    const tasks = await endsOf(session, name, request.taskCount, signal);
    await refuseSecond(session, job, marker, signal);
    return { execution: shortName(name), tasks };
  } catch (error) {
    if (sent !== undefined) await stop(session, { job, marker, name }, sent);
    throw signal?.aborted ? signal.reason : error;
  }
}

const shortName = (name: string) => name.replace(/^.*\//, '');

/** The client decodes what an operation says of its execution, and types it loosely. */
function nameIn(metadata: unknown): string | undefined {
  const name = typeof metadata === 'object' && metadata !== null && 'name' in metadata ? metadata.name : undefined;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** Of an execution that somebody deletes, all tasks have failed. */
async function endsOf(
  session: Session,
  name: string,
  taskCount: number,
  signal?: AbortSignal,
): Promise<readonly TaskEnd[]> {
  try {
    await untilEnded(session, name, signal);
    return await taskEnds(session, name, taskCount, signal);
  } catch (error) {
    if (codeOf(error) !== CODE.notFound) throw error;
    const reason = 'its execution was deleted while it ran';
    return Array.from({ length: taskCount }, (_, index) => ({ index, succeeded: false, reason }));
  }
}

/** A call that went out once can arrive twice: what loads twice is ended, and no measurement comes of it. */
async function refuseSecond(session: Session, job: string, marker: string, signal?: AbortSignal): Promise<void> {
  const found = await orNone(marked(session, job, marker, signal));
  if (found.length <= 1) return;
  const names = found.map(({ name }) => shortName(name ?? '')).join(', ');
  throw new InfrastructureError(
    'load-ran-twice',
    `running ${job} made ${found.length} executions of one call (${names}): the load was not what was asked for`,
    { hint: 'They were cancelled. Run again: the platform seldom carries out a call twice.' },
  );
}

/** A job that is gone has no executions. */
async function orNone<T>(read: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await read;
  } catch (error) {
    if (codeOf(error) === CODE.notFound) return [];
    throw error;
  }
}

/** Polled here, as operations are. Throws StatusError `not found` when it is gone. */
async function untilEnded(session: Session, name: string, signal?: AbortSignal): Promise<void> {
  const { clock, pollMs } = session;
  const startedMs = clock.monotonicMs();
  let seenMs: number | undefined;
  for (;;) {
    const found = await look(session, name, signal);
    const nowMs = clock.monotonicMs();
    if (found === 'absent' && seenMs !== undefined) throw new StatusError(CODE.notFound, `${name} is gone`);
    if (typeof found === 'object') {
      if (hasEnded(found)) return;
      seenMs = nowMs;
      if (nowMs - startedMs > taskMs(found) + PLACING_MS) throw overdue(name, nowMs - startedMs);
    } else if (nowMs - (seenMs ?? startedMs) > UNSEEN_MS) {
      throw new StatusError(CODE.unavailable, `nothing was seen of ${shortName(name)} for ${UNSEEN_MS / 1000} s`);
    }
    await clock.sleep(pollMs, signal);
  }
}

/** A platform that fails for minutes must not cost the measurement: its tasks go on meanwhile. */
async function look(session: Session, name: string, signal?: AbortSignal): Promise<IExecution | 'absent' | 'unseen'> {
  try {
    return (await findExecution(session, name, signal)) ?? 'absent';
  } catch (error) {
    if (signal?.aborted || !isTemporary(error)) throw error;
    return 'unseen';
  }
}

function taskMs({ template }: IExecution): number {
  const { seconds, nanos } = template?.timeout ?? {};
  return seconds == null ? DEFAULT_TASK_MS : Number(seconds) * 1000 + (nanos ?? 0) / 1e6;
}

function overdue(name: string, afterMs: number): InfrastructureError {
  const text = `running ${shortName(name)} has not come to an end within ${Math.round(afterMs / 1000)} s`;
  return new InfrastructureError('operation-timeout', text, {
    hint: 'Its tasks had more time than their timeout allows: see the execution in the Cloud Run console.',
  });
}

interface Started {
  readonly job: string;
  readonly marker: string;
  /** Of the execution, when it is known. */
  readonly name: string | undefined;
}

/** Cancels all that the call made, also when its answer is still on the way. Tells what it could not do. */
async function stop(session: Session, { job, marker, name }: Started, sent: Promise<unknown>): Promise<void> {
  try {
    // An execution that is made after the look would go on alone.
    await within(session.clock, ANSWER_WITHIN_MS, (limit) => abortable(sent, limit)).catch(() => undefined);
    await cancelAll(session, async (limit) => {
      const found = await marked(session, job, marker, limit);
      if (name === undefined || found.some((one) => one.name === name)) return found;
      const known = await findExecution(session, name, limit);
      return known === undefined ? found : [...found, known];
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    session.logger.warn('An execution may go on until its job is removed', { job, reason });
  }
}
