import type { InstanceEvent } from '../domain/deployment.ts';
import type { InstanceLog } from './model.ts';

/** A warm load writes one event per request, so the bound is wide; at about 250 bytes each this is some 50 MB. */
const DEFAULT_CAPACITY = 200_000;

/** An InstanceLog in memory that keeps at least the last `capacity` events. */
export function createInstanceLog(capacity: number = DEFAULT_CAPACITY): InstanceLog {
  let events: InstanceEvent[] = [];
  return {
    append(event) {
      events.push(event);
      // Dropping in halves keeps appending cheap: shift() on a long array would move it on every request.
      if (events.length >= capacity * 2) events = events.slice(-capacity);
    },
    entries: () => events.slice(-capacity),
  };
}

/** Now, in epoch milliseconds with fractions. */
export function preciseNowMs(): number {
  return performance.timeOrigin + performance.now();
}
