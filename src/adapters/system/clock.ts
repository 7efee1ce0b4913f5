import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../ports/clock.ts';

/** The machine's clock. */
export function createClock(): Clock {
  return {
    // Date.now() has no fractions; the origin plus the monotonic time has.
    epochMs: () => performance.timeOrigin + performance.now(),
    monotonicMs: () => performance.now(),
    async sleep(durationMs, signal) {
      signal?.throwIfAborted();
      try {
        await wait(Math.max(0, durationMs), undefined, signal === undefined ? {} : { signal });
      } catch (error) {
        signal?.throwIfAborted();
        throw error;
      }
    },
  };
}
