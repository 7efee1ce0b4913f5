import type { Clock } from '../../../ports/clock.ts';

/** Google allows a project 60 readings of Cloud Logging a minute, each page of entries one. */
export const LOG_READS_PER_MINUTE = 60;

/** Jobs spend most of their time with other things: no more of them read at the same time, as a rule. */
const READING_SHARE = 0.5;

/**
 * Time between two readings of one process of a run whose jobs work at the same time, and share the project's quota. When
 * all of them read at once, Google refuses some readings, which are repeated later.
 */
export function readIntervalMs(parallelJobs = 1): number {
  return (60_000 / LOG_READS_PER_MINUTE) * Math.max(1, parallelJobs * READING_SHARE);
}

/** When the next reading is admitted; `lastMs` is when the one before it was. */
export function nextReadAtMs(lastMs: number | undefined, nowMs: number, intervalMs: number): number {
  return lastMs === undefined ? nowMs : Math.max(nowMs, lastMs + intervalMs);
}

/**
 * Admits one reading in each interval, in the order of asking. Evenly, unlike writes: a poll that has spent a minute's
 * readings in its first seconds would be blind for the rest of it.
 */
export function createReadPacer(clock: Clock, intervalMs: number) {
  let lastMs: number | undefined;
  return {
    async take(signal?: AbortSignal): Promise<void> {
      const nowMs = clock.monotonicMs();
      lastMs = nextReadAtMs(lastMs, nowMs, intervalMs);
      if (lastMs > nowMs) await clock.sleep(lastMs - nowMs, signal);
    },
  };
}
