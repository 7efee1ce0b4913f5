import type { Clock } from '../../../ports/clock.ts';
import type { Logger } from '../../../ports/logger.ts';
import { askedWaitMs } from './retry-after.ts';
import { CODE, codeOf, isTemporary } from './status-code.ts';

export interface RetrySettings {
  readonly attempts: number;
  readonly baseMs: number;
  readonly capMs: number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Quotas count by the minute: waits that begin small would all end before the minute is over. */
const QUOTA_FACTOR = 4;
/** A server that asks for more than this will not be waited for longer. */
const LONGEST_ASKED_MS = 120_000;

/** Half of the exponential step is fixed and half random, so that parallel jobs do not come back together. */
export function backoffMs(attempt: number, { baseMs, capMs, random }: RetrySettings): number {
  const stepMs = Math.min(capMs, baseMs * 2 ** (attempt - 1));
  return stepMs / 2 + (stepMs / 2) * random();
}

/** The wait after a failure: longer for a used-up quota, and never shorter than the server asks for. */
export function waitAfterMs(error: unknown, attempt: number, settings: RetrySettings): number {
  const factor = codeOf(error) === CODE.resourceExhausted ? QUOTA_FACTOR : 1;
  const ownMs = backoffMs(attempt, { ...settings, baseMs: settings.baseMs * factor });
  return Math.max(ownMs, Math.min(LONGEST_ASKED_MS, askedWaitMs(error) ?? 0));
}

/** Others may use up a quota for some minutes, and nothing is broken then: it is tried twice as often. */
const mostAttempts = (error: unknown, { attempts }: RetrySettings) =>
  codeOf(error) === CODE.resourceExhausted ? 2 * attempts : attempts;

/** Repeats `call` while it fails for a temporary reason; `attempt` counts from 1. */
export async function withRetry<T>(
  call: (attempt: number) => Promise<T>,
  settings: RetrySettings,
  clock: Clock,
  logger: Logger,
  signal?: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      return await abortable(call(attempt), signal);
    } catch (error) {
      if (signal?.aborted || attempt >= mostAttempts(error, settings) || !isTemporary(error)) throw error;
      const waitMs = waitAfterMs(error, attempt, settings);
      logger.debug('Cloud Run call is repeated', { attempt, code: codeOf(error), waitMs: Math.round(waitMs) });
      await clock.sleep(waitMs, signal);
    }
  }
}

/** Rejects at once when the signal aborts; the official client's calls cannot be cancelled, their answer is dropped. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
