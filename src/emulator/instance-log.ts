import type { InstanceEvent } from '../domain/deployment.ts';
import type { FaultsOf } from './faults.ts';
import type { InstanceLog } from './model.ts';

/** A warm load writes one event per request, so the bound is wide; at about 250 bytes each this is some 50 MB. */
const DEFAULT_CAPACITY = 200_000;

interface Line {
  readonly event: InstanceEvent;
  readonly visibleAtMs: number;
}

/**
 * An InstanceLog in memory that keeps at least the last `capacity` events. With faults, lines of some revisions come
 * late or never, as a real log's do.
 */
export function createInstanceLog(
  capacity: number = DEFAULT_CAPACITY,
  faultsOf: FaultsOf = () => undefined,
): InstanceLog {
  let lines: Line[] = [];
  return {
    append(event) {
      const { logLoses = [], logDelayMs = 0 } = faultsOf(event.revision) ?? {};
      if (logLoses.includes(event.kind)) return;
      lines.push({ event, visibleAtMs: logDelayMs === 0 ? 0 : preciseNowMs() + logDelayMs });
      // Dropping in halves keeps appending cheap: shift() on a long array would move it on every request.
      if (lines.length >= capacity * 2) lines = lines.slice(-capacity);
    },
    entries() {
      const nowMs = preciseNowMs();
      return lines.slice(-capacity).flatMap(({ event, visibleAtMs }) => (visibleAtMs <= nowMs ? [event] : []));
    },
  };
}

/** Now, in epoch milliseconds with fractions. */
export function preciseNowMs(): number {
  return performance.timeOrigin + performance.now();
}
