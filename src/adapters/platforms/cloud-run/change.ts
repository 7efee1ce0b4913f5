import { concluded, type OperationState } from './operation.ts';
import { attempt, type Session, type Started } from './session.ts';
import { CODE, codeOf, mayHaveHappened } from './status-code.ts';
import type { Target } from './target.ts';
import { type Reconciled, truthOf } from './truth.ts';

/** A write that can be recognised in what it changes, so that a lost answer never makes it happen twice. */
export interface Change<T extends Reconciled> {
  /** What is done, to name it: "creating". */
  readonly action: string;
  readonly target: Target<T>;
  readonly name: string;
  readonly send: () => Started;
  /** Whether the service or job as read has the change; undefined: there is none. Throws when it is another's. */
  readonly accepted: (found: T | undefined) => boolean;
}

/** How often a change is sent that the platform accepts and then loses. */
const MOST_SENDS = 3;

/** Sends the change until the platform has accepted it, and waits until it is carried out, once only. */
export async function carryOut<T extends Reconciled>(
  session: Session,
  change: Change<T>,
  signal?: AbortSignal,
): Promise<void> {
  const { action, target, name, accepted } = change;
  const { clock, logger, pollMs } = session;
  const hasIt = async () => accepted(await target.find(name, signal));
  const conclusion = {
    clock,
    logger,
    pollMs,
    progress: target.progress,
    what: `${action} ${name}`,
    attempt: <R>(call: () => Promise<R>) => attempt(session, call, signal),
    look: async () => {
      const found = await target.find(name, signal);
      return truthOf(found, accepted(found), target.noun);
    },
  };
  for (let sends = 1; ; sends += 1) {
    const operation = await acceptance(session, change.send, hasIt, signal);
    const mayGiveUp = sends < MOST_SENDS;
    if ((await concluded(operation, { ...conclusion, mayGiveUp }, signal)) === 'done') return;
    logger.warn('A change was accepted and never carried out; it is sent again', { what: conclusion.what });
  }
}

/** The operation of the change; undefined when the platform has the change but its answer was lost. */
function acceptance(
  session: Session,
  send: () => Started,
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
        const [started] = await send();
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
