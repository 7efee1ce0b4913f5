/** Cloud Run: requests wait up to 10 s or 3.5 times the average start-up time, whichever is longer. */
const SHORTEST_LIMIT_MS = 10_000;
const STARTUP_FACTOR = 3.5;

/** Requests that wait for an instance, first come first served. */
export interface PendingQueue {
  readonly size: number;
  add(request: number, atMs: number): void;
  /** False when it was not waiting. */
  remove(request: number): boolean;
  /** Takes the request that has waited longest. */
  take(): number | undefined;
  /** Takes all that have waited for longer than the limit allows. */
  takeExpired(atMs: number, limitMs: number): readonly number[];
  takeAll(): readonly number[];
  oldestAtMs(): number | undefined;
}

export function createPendingQueue(): PendingQueue {
  // A Map keeps insertion order, and arrival times never go back: its first entry is the oldest.
  const waiting = new Map<number, number>();
  function takeAll(): number[] {
    const all = [...waiting.keys()];
    waiting.clear();
    return all;
  }
  return {
    get size() {
      return waiting.size;
    },
    add: (request, atMs) => void waiting.set(request, atMs),
    remove: (request) => waiting.delete(request),
    take() {
      const first = waiting.keys().next();
      if (first.done) return undefined;
      waiting.delete(first.value);
      return first.value;
    },
    takeExpired(atMs, limitMs) {
      const expired: number[] = [];
      for (const [request, sinceMs] of waiting) {
        if (sinceMs + limitMs > atMs) break;
        expired.push(request);
      }
      for (const request of expired) waiting.delete(request);
      return expired;
    },
    takeAll,
    oldestAtMs: () => waiting.values().next().value,
  };
}

/** How long a request may wait while no instance is starting. `averageStartupMs` is undefined before the first start. */
export function pendingLimitMs(averageStartupMs: number | undefined): number {
  return Math.max(SHORTEST_LIMIT_MS, STARTUP_FACTOR * (averageStartupMs ?? 0));
}
