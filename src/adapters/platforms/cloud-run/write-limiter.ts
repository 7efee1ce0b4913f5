import type { Clock } from '../../../ports/clock.ts';

/** Google allows 60 Admin API writes a minute and region, and others use the project too. */
export const WRITES_PER_MINUTE = 40;
/** A second more than the minute that Google counts: a write on its way late must not meet those of the next minute. */
const WINDOW_MS = 61_000;

/**
 * This process's part of the writes of a run whose jobs work at the same time and share one quota. They cannot see each
 * other, so that each takes an equal part. More than 40 jobs take one write a minute each, and rely on retries.
 */
export function writesPerMinute(parallelJobs = 1): number {
  return Math.max(1, Math.floor(WRITES_PER_MINUTE / Math.max(1, parallelJobs)));
}

/** What a job writes at its end: it removes the services of both sides. */
const LAST_WRITES = 2;

/**
 * Writes of the minute before this process that count as its own: on the same place of a matrix another job may have ended
 * seconds ago, and its last writes are still in Google's minute.
 */
export function writesBefore(parallelJobs = 1): number {
  return parallelJobs <= 1 ? 0 : Math.min(LAST_WRITES, writesPerMinute(parallelJobs) - 1);
}

/** How long to wait before another write fits; `times` are those of earlier writes, in order. */
export function delayUntilAllowedMs(times: readonly number[], nowMs: number, perMinute: number): number {
  const blocking = times.at(-perMinute);
  return blocking === undefined ? 0 : Math.max(0, blocking + WINDOW_MS - nowMs);
}

/** Admits at most `perMinute` writes in any minute, in the order of asking; `before` were made just now by others. */
export function createWriteLimiter(clock: Clock, perMinute: number, before = 0) {
  let times: number[] = Array.from({ length: before }, () => clock.monotonicMs());
  return {
    async take(signal?: AbortSignal): Promise<void> {
      const nowMs = clock.monotonicMs();
      const delayMs = delayUntilAllowedMs(times, nowMs, perMinute);
      // Booked before the wait, so that callers at the same time line up behind each other.
      times = [...times, nowMs + delayMs].slice(-perMinute);
      if (delayMs > 0) await clock.sleep(delayMs, signal);
    },
  };
}
