import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../ports/clock.ts';

/** The machine's clocks. Epoch times have the monotonic clock's resolution, so that they can be matched with logs. */
export function createClock(): Clock {
  return {
    epochMs: () => performance.timeOrigin + performance.now(),
    monotonicMs: () => performance.now(),
    sleep: async (durationMs, signal) => {
      try {
        await sleep(durationMs, undefined, signal === undefined ? {} : { signal });
      } catch (error) {
        // Node rejects with its own AbortError; callers want to see why it was aborted.
        signal?.throwIfAborted();
        throw error;
      }
    },
  };
}
