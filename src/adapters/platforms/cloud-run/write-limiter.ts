import type { Clock } from '../../../ports/clock.ts';

const WINDOW_MS = 60_000;

/** How long to wait before another write fits; `times` are those of earlier writes, in order. */
export function delayUntilAllowedMs(times: readonly number[], nowMs: number, perMinute: number): number {
  const blocking = times.at(-perMinute);
  return blocking === undefined ? 0 : Math.max(0, blocking + WINDOW_MS - nowMs);
}

/** Admits at most `perMinute` writes in any minute, in the order of asking. */
export function createWriteLimiter(clock: Clock, perMinute: number) {
  let times: number[] = [];
  return {
    async take(signal?: AbortSignal): Promise<void> {
      const nowMs = clock.monotonicMs();
      const delayMs = delayUntilAllowedMs(times, nowMs, perMinute);
      // Booked before the wait, so that callers at the same time line up behind each other.
      times = [...times.slice(-(perMinute - 1)), nowMs + delayMs];
      if (delayMs > 0) await clock.sleep(delayMs, signal);
    },
  };
}
