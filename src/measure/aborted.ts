import type { InstanceEvent } from '../domain/deployment.ts';

/** What a front end answers by itself when no instance takes the request. */
const ABORT_STATUSES: ReadonlySet<number> = new Set([429, 500, 503]);

/** Whether a status can be the platform's own. */
export const mayBeAborted = (status: number) => ABORT_STATUSES.has(status);

/** Our request's line, or undefined while the log does not show it. */
export function requestLine(events: readonly InstanceEvent[], traceId: string): InstanceEvent | undefined {
  return events.find((event) => event.kind === 'request' && event.trace === traceId);
}

/**
 * Whether the platform aborted the request for want of an instance: its line names none, and no instance of the
 * revision failed to start for it. A service that does not start is its own fault, not the platform's.
 */
export function abortedAtZero(
  events: readonly InstanceEvent[],
  request: { readonly revision: string; readonly traceId: string },
): boolean {
  const line = requestLine(events, request.traceId);
  if (line === undefined || line.instanceId !== '') return false;
  return !events.some(
    (event) => event.kind === 'start-failed' && event.revision === request.revision && event.atMs >= line.atMs,
  );
}
