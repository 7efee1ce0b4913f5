import { setImmediate as macrotask } from 'node:timers/promises';
import type { Clock } from '../../src/ports/clock.ts';

export interface VirtualClock extends Clock {
  /** Lets time pass, from one sleep's end to the next, until `work` has ended. */
  run<T>(work: Promise<T>): Promise<T>;
}

/** Time that passes only while everybody sleeps: hours take as long as what happens in them. */
export function virtualClock(): VirtualClock {
  let nowMs = 0;
  let count = 0;
  const sleepers: { readonly atMs: number; readonly order: number; readonly wake: () => void }[] = [];
  return {
    epochMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: (durationMs, signal) =>
      new Promise<void>((resolve, reject) => {
        signal?.throwIfAborted();
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
        const sleeper = { atMs: nowMs + Math.max(0, durationMs), order: count++, wake: resolve };
        const later = sleepers.findIndex(({ atMs }) => atMs > sleeper.atMs);
        sleepers.splice(later < 0 ? sleepers.length : later, 0, sleeper);
      }),
    async run(work) {
      let ended = false;
      const settle = () => {
        ended = true;
      };
      work.then(settle, settle);
      for (;;) {
        await macrotask();
        if (ended) return work;
        const next = sleepers.shift();
        if (next === undefined) throw new Error('everybody waits for something that no time brings');
        nowMs = next.atMs;
        next.wake();
      }
    },
  };
}
