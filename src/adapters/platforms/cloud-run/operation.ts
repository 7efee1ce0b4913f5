import { InfrastructureError } from '../../../domain/errors.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Logger } from '../../../ports/logger.ts';
import { CODE, codeOf, StatusError } from './status-code.ts';
import type { Truth } from './truth.ts';

const MAX_WAIT_MS = 600_000;
/** An operation that takes longer may hang although its work is done: from then on what it changes is looked at. */
const LOOK_EVERY_MS = 30_000;

/** So many looks without a trace of the change mean that the platform has lost it. */
const ABSENT_LOOKS = 2;

/** The parts of a long-running operation that count here. */
export interface OperationState {
  readonly name?: string | null;
  readonly done?: boolean | null;
  readonly error?: { readonly code?: number | null; readonly message?: string | null } | null;
}

export interface OperationPolling {
  readonly clock: Clock;
  readonly pollMs: number;
  /** Runs one call, repeating it when it fails for a temporary reason. */
  readonly attempt: <T>(call: () => Promise<T>) => Promise<T>;
}

/** Asks for the state of an operation, by its full name. */
export type Progress = (operation: string) => Promise<{ readonly latestResponse: OperationState }>;

/** How the end of a change is found where the service or job can tell of it too. */
export interface Conclusion extends OperationPolling {
  readonly progress: Progress;
  readonly logger?: Logger;
  /** What the service or job says of itself; absent: only the operation counts. */
  readonly look?: () => Promise<Truth>;
  /** What is waited for: "creating svc". */
  readonly what: string;
  /** Whether to give up a change of which there is no trace; absent: wait for it to the end. */
  readonly mayGiveUp?: boolean;
}

/** Waits until the operation has finished; throws as `concluded` does. */
export async function finished(
  progress: Progress,
  operation: OperationState,
  polling: OperationPolling,
  signal?: AbortSignal,
): Promise<void> {
  await concluded(operation, { ...polling, progress, what: 'an operation' }, signal);
}

/**
 * Waits until a change is carried out; throws StatusError with the reason when it is not, InfrastructureError
 * `operation-timeout` when that stays open. Polled here and not by the client library, whose growing intervals notice
 * the end of a deployment up to half a minute late. An operation that hangs, is forgotten or was never known (its
 * answer was lost: `undefined`) is decided by the service or job. `lost`: that shows no trace of the change.
 */
export async function concluded(
  operation: OperationState | undefined,
  conclusion: Conclusion,
  signal?: AbortSignal,
): Promise<'done' | 'lost'> {
  const { clock, logger, pollMs, look, what, mayGiveUp = false } = conclusion;
  const startedMs = clock.monotonicMs();
  let state = operation;
  let nextLookMs = startedMs + (operation === undefined ? 0 : LOOK_EVERY_MS);
  let found = 'nothing is known of it';
  let absences = 0;
  for (;;) {
    if (state?.done === true) {
      if (state.error) throw new StatusError(state.error.code ?? 2, state.error.message ?? 'no message');
      return 'done';
    }
    const nowMs = clock.monotonicMs();
    if (look !== undefined && nowMs >= nextLookMs) {
      const truth = await look();
      if (truth.state === 'failed') throw new StatusError(CODE.failedPrecondition, truth.text);
      if (truth.state === 'done') {
        if (state !== undefined) logger?.warn('An operation hangs although its work is done', { what });
        return 'done';
      }
      absences = truth.state === 'absent' ? absences + 1 : 0;
      if (mayGiveUp && state !== undefined && absences >= ABSENT_LOOKS) return 'lost';
      found = truth.text;
      nextLookMs = clock.monotonicMs() + (state === undefined ? pollMs : LOOK_EVERY_MS);
    }
    if (nowMs - startedMs > MAX_WAIT_MS) throw timedOut(what, found, state?.name);
    await clock.sleep(pollMs, signal);
    const name = state?.name;
    if (name != null) state = await latest(name, conclusion);
    if (state === undefined && look === undefined) throw timedOut(what, 'the platform has forgotten it', name);
    if (state === undefined) nextLookMs = Math.min(nextLookMs, clock.monotonicMs());
  }
}

/** Undefined when the platform does not know the operation any more. */
async function latest(name: string, { attempt, progress }: Conclusion): Promise<OperationState | undefined> {
  try {
    return await attempt(async () => (await progress(name)).latestResponse);
  } catch (error) {
    if (codeOf(error) === CODE.notFound) return undefined;
    throw error;
  }
}

function timedOut(what: string, found: string, operation: string | null | undefined): InfrastructureError {
  const name = operation == null ? '' : ` (operation ${operation.replace(/^.*\//, '')})`;
  const text = `${what} has not come to an end within ${MAX_WAIT_MS / 1000} s${name}: ${found}`;
  return new InfrastructureError('operation-timeout', text, {
    hint: 'See its state in the Cloud Run console, remove it with cleanup, then try again.',
  });
}
