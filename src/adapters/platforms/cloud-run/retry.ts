import type { Clock } from '../../../ports/clock.ts';
import type { Logger } from '../../../ports/logger.ts';
import { codeOf, isTemporary } from './status-code.ts';

export interface RetrySettings {
  readonly attempts: number;
  readonly baseMs: number;
  readonly capMs: number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Half of the exponential step is fixed and half random, so that parallel jobs do not come back together. */
export function backoffMs(attempt: number, { baseMs, capMs, random }: RetrySettings): number {
  const stepMs = Math.min(capMs, baseMs * 2 ** (attempt - 1));
  return stepMs / 2 + (stepMs / 2) * random();
}

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
      if (signal?.aborted || attempt >= settings.attempts || !isTemporary(error)) throw error;
      const waitMs = backoffMs(attempt, settings);
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
