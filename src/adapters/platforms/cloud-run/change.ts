import type { protos } from '@google-cloud/run';
import { concluded, type OperationState } from './operation.ts';
import { attempt, getService, type Session, type Started } from './session.ts';
import { CODE, codeOf, mayHaveHappened } from './status-code.ts';
import { truthOf } from './truth.ts';

type IService = protos.google.cloud.run.v2.IService;

/** A write that can be recognised in the service afterwards, so that a lost answer never makes it happen twice. */
export interface Change {
  /** What is done, to name it: "creating". */
  readonly action: string;
  readonly service: string;
  readonly send: () => Started;
  /** Whether the service as read has the change; undefined: there is no such service. Throws when it is another's. */
  readonly accepted: (service: IService | undefined) => boolean;
}

/** How often a change is sent that the platform accepts and then loses. */
const MOST_SENDS = 3;

/** Sends the change until the platform has accepted it, and waits until it is carried out, once only. */
export async function carryOut(session: Session, change: Change, signal?: AbortSignal): Promise<void> {
  const { action, service, accepted } = change;
  const { clock, logger, pollMs, clients } = session;
  const hasIt = async () => accepted(await findService(session, service, signal));
  const conclusion = {
    clock,
    logger,
    pollMs,
    client: clients.services,
    what: `${action} ${service}`,
    attempt: <T>(call: () => Promise<T>) => attempt(session, call, signal),
    look: async () => {
      const found = await findService(session, service, signal);
      return truthOf(found, accepted(found));
    },
  };
  for (let sends = 1; ; sends += 1) {
    const operation = await acceptance(session, change, hasIt, signal);
    const mayGiveUp = sends < MOST_SENDS;
    if ((await concluded(operation, { ...conclusion, mayGiveUp }, signal)) === 'done') return;
    logger.warn('A change was accepted and never carried out; it is sent again', { what: conclusion.what });
  }
}

/** The operation of the change; undefined when the platform has the change but its answer was lost. */
function acceptance(
  session: Session,
  change: Change,
  hasIt: () => Promise<boolean>,
  signal: AbortSignal | undefined,
): Promise<OperationState | undefined> {
  let lost = false;
  return attempt(
    session,
    async () => {
      if (lost && (await hasIt())) return undefined;
      await session.admitWrite(signal);
      try {
        const [started] = await change.send();
        return started.latestResponse;
      } catch (error) {
        const code = codeOf(error);
        if ((code === CODE.alreadyExists || code === CODE.notFound) && (await hasIt())) return undefined;
        lost ||= mayHaveHappened(error);
        throw error;
      }
    },
    signal,
  );
}

/** The service, or undefined when there is none of that name. */
async function findService(session: Session, service: string, signal?: AbortSignal): Promise<IService | undefined> {
  try {
    return await getService(session, service, signal);
  } catch (error) {
    if (codeOf(error) === CODE.notFound) return undefined;
    throw error;
  }
}
