import type { InstanceEvent } from '../domain/deployment.ts';
import type { ColdProof, ColdStart } from '../domain/measurement.ts';
import type { ColdMarker } from './cold-marker.ts';

/** One answered cold request, as our side saw it. Times are epoch milliseconds. */
export interface ColdRequest {
  readonly revision: string;
  readonly traceId: string;
  readonly sentAtMs: number;
  readonly firstByteAtMs: number;
  /** What the service said of its process, where it says anything. */
  readonly marker?: ColdMarker;
}

export type ColdPhases = Pick<ColdStart, 'scheduleMs' | 'startupMs' | 'responseMs'>;

export interface ColdFinding {
  readonly proof: ColdProof;
  readonly phases: ColdPhases;
  /** False while a line that is still missing could change the finding: the log may be late. */
  readonly settled: boolean;
}

// The platform stamps a start by its own clock, which may lie a little before ours.
const START_MARGIN_MS = 1_000;

function unproven(reason: string, settled: boolean, instanceId?: string): ColdFinding {
  const proof = { proven: false, reason, ...(instanceId === undefined ? {} : { instanceId }) };
  return { proof, phases: {}, settled };
}

/**
 * Whether the log proves that the request met a cold start: exactly one AUTOSCALING start of the revision between a
 * second before the request and its first byte, on an instance that nobody has seen before, whose first request is
 * ours. What the log does not say is unknown, and unknown is not proven.
 */
export function proveCold(
  events: readonly InstanceEvent[],
  request: ColdRequest,
  seenInstances: ReadonlySet<string>,
): ColdFinding {
  const own = events.filter((event) => event.revision === request.revision);
  const starts = own.filter((event) => event.kind === 'start');
  const answered = own.find((event) => event.kind === 'request' && event.trace === request.traceId);
  if (own.length === 0) return unproven('the log says nothing about the revision: unknown', false);
  if (answered === undefined) return unproven('the log does not show our request', false);
  const { instanceId } = answered;
  if (seenInstances.has(instanceId)) {
    return unproven(`instance ${instanceId} had answered in this run before`, true, instanceId);
  }
  const earlier = own.find(
    (event) =>
      event.kind === 'request' && event.instanceId === instanceId && event !== answered && event.atMs <= answered.atMs,
  );
  if (earlier !== undefined) {
    return unproven('another request had reached the instance before ours', true, instanceId);
  }
  const start = starts.find((event) => event.instanceId === instanceId);
  if (start === undefined) return unproven('the log does not show a start of the instance', false, instanceId);
  if (start.reason !== 'AUTOSCALING') {
    const why = `the instance was started by ${start.reason ?? 'UNKNOWN'}, not for our request`;
    return unproven(why, true, instanceId);
  }
  const inWindow = (atMs: number) => atMs >= request.sentAtMs - START_MARGIN_MS && atMs <= request.firstByteAtMs;
  if (!inWindow(start.atMs)) {
    const offsetMs = Math.round(start.atMs - request.sentAtMs);
    return unproven(`the instance was started ${offsetMs} ms after our request was sent, outside it`, true, instanceId);
  }
  const together = starts.filter((event) => inWindow(event.atMs)).length;
  if (together > 1) return unproven(`${together} instances were started at once`, true, instanceId);
  const ready = own.find((event) => event.kind === 'ready' && event.instanceId === instanceId);
  const scheduleMs = start.atMs - request.sentAtMs;
  return {
    settled: ready !== undefined,
    proof: { proven: true, instanceId, startedAfterMs: scheduleMs },
    phases: {
      scheduleMs,
      ...(ready === undefined
        ? {}
        : { startupMs: ready.atMs - start.atMs, responseMs: request.firstByteAtMs - ready.atMs }),
    },
  };
}
