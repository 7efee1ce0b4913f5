import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../src/ports/clock.ts';

/** A clock on which `factor` seconds pass in one: what a client waits for minutes in the cloud is over at once. */
export function fastClock(factor: number): Clock {
  const startMs = performance.now();
  const nowMs = () => (performance.now() - startMs) * factor;
  return {
    epochMs: () => performance.timeOrigin + startMs + nowMs(),
    monotonicMs: nowMs,
    sleep: (durationMs, signal) => sleep(durationMs / factor, undefined, signal === undefined ? {} : { signal }),
  };
}
