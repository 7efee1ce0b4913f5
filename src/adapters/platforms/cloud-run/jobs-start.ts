import type { protos } from '@google-cloud/run';
import { listExecutions } from './jobs-cancel.ts';
import { hasMarker } from './jobs-requests.ts';
import { attempt, type Session } from './session.ts';
import { CODE, mayHaveHappened, StatusError } from './status-code.ts';

type IExecution = protos.google.cloud.run.v2.IExecution;

/** Looks for an execution that nobody told of, before it counts as not made: 15 s at Google. */
const MOST_LOOKS = 15;

/** One execution that is to be made once. */
export interface Start {
  readonly job: string;
  /** In the environment of the execution, and of no other. */
  readonly marker: string;
  /** Sends the call; the execution's full name, where the answer has it. */
  readonly send: () => Promise<string | undefined>;
}

/**
 * Starts the execution and gives its full name. A call whose outcome is unknown is not repeated before the job's
 * executions have been looked through for ours: load twice would be a wrong measurement.
 */
export function startExecution(session: Session, start: Start, signal?: AbortSignal): Promise<string> {
  let unknown = false;
  return attempt(
    session,
    async () => {
      const known = unknown ? await traceOf(session, start, signal) : undefined;
      if (known !== undefined) return known;
      await session.admitWrite(signal);
      // The wait may have outlived an abort, and nobody would be left to cancel what is started now.
      signal?.throwIfAborted();
      try {
        const name = (await start.send()) ?? (await traceOf(session, start, signal));
        if (name !== undefined) return name;
      } catch (error) {
        unknown ||= mayHaveHappened(error);
        throw error;
      }
      unknown = true;
      throw new StatusError(CODE.unavailable, 'the run was accepted, and there is no execution of it');
    },
    signal,
  );
}

async function traceOf(session: Session, { job, marker }: Start, signal?: AbortSignal): Promise<string | undefined> {
  for (let looks = 1; ; looks += 1) {
    const [found] = await marked(session, job, marker, signal);
    if (found?.name != null) return found.name;
    if (looks === MOST_LOOKS) return undefined;
    await session.clock.sleep(session.pollMs, signal);
  }
}

/** Executions that the call with this marker made. */
export async function marked(
  session: Session,
  job: string,
  marker: string,
  signal?: AbortSignal,
): Promise<readonly IExecution[]> {
  const all = await listExecutions(session, job, signal);
  return all.filter((execution) => hasMarker(execution, marker));
}
