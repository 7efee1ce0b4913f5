import type { InstanceEvent } from '../domain/deployment.ts';
import type { ScaleToZero } from '../domain/measurement.ts';
import type { LogPorts } from './log-wait.ts';
import { findEnd, type IdleInstance } from './scale-to-zero.ts';

export interface IdleWindow {
  /** Longest time from an instance's last request; what has not ended by then may still be there. */
  readonly longestMs: number;
  /** Pause between two readings of a log: Cloud Logging allows a project one reading a second. */
  readonly pollMs: number;
}

/** What became of an idle instance: when it ended, and whether by itself in place of by idleness. */
export interface IdleEnd {
  readonly end: ScaleToZero;
  readonly crashed?: string;
}

// What an instance does to itself. An exit with code 0 is what a service does when it is told to stop.
const CRASH = /Memory limit of|terminated on signal|called exit\([1-9]|exited with|LIVENESS \w+ probe failed/;

const groupBy = (instances: Iterable<IdleInstance>) => Map.groupBy(instances, ({ target }) => target.service);

/**
 * Leaves all instances alone at the same time and watches the log until each has ended, or may not be waited for any
 * longer. Nothing is sent: a request, even a health check, would start the idle time anew. One call for all services
 * costs one wait.
 */
export async function leaveAlone(
  idle: readonly IdleInstance[],
  window: IdleWindow,
  { platform, clock }: LogPorts,
  signal?: AbortSignal,
): Promise<ReadonlyMap<IdleInstance, IdleEnd>> {
  const ends = new Map<IdleInstance, IdleEnd>();
  const open = new Set(idle);
  while (open.size > 0) {
    for (const [service, instances] of groupBy(open)) {
      signal?.throwIfAborted();
      const sinceMs = Math.min(...instances.map(({ lastRequestAtMs }) => lastRequestAtMs));
      const events = await platform.instanceLog({ service, sinceMs }, signal);
      for (const one of instances) {
        const watchedMs = clock.epochMs() - one.lastRequestAtMs;
        const end = findEnd(events, one, watchedMs);
        if (end.observed === 'unknown' && watchedMs < window.longestMs) continue;
        const crashed = crashOf(events, one);
        ends.set(one, { end, ...(crashed === undefined ? {} : { crashed }) });
        open.delete(one);
      }
      if (open.size > 0) await clock.sleep(window.pollMs, signal);
    }
  }
  return ends;
}

function crashOf(events: readonly InstanceEvent[], { instanceId }: IdleInstance): string | undefined {
  const stop = events.find((event) => event.kind === 'stop' && event.instanceId === instanceId);
  return stop?.detail !== undefined && CRASH.test(stop.detail) ? 'its instance had ended by itself' : undefined;
}
