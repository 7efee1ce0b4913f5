import type { InstanceEvent } from '../domain/deployment.ts';
import type { HeaderList } from '../ports/transport.ts';
import { type ColdFinding, type ColdRequest, proveCold } from './cold-proof.ts';

/** What a service says about the process that answered, in headers of the answer. */
export interface ColdMarker {
  /** Of this one process: a random id, or the instance's id by the metadata server. */
  readonly instance: string;
  /** Age of the process when it answered, by its own monotonic clock. */
  readonly uptimeMs: number;
  /** Requests that the process has taken, ours among them; absent when it does not count. */
  readonly requests?: number;
}

export const MARKER_HEADERS = {
  instance: 'x-perf-instance',
  uptimeMs: 'x-perf-uptime-ms',
  requests: 'x-perf-requests',
} as const;

// A process id would not do: it is 1 in every container.
const INSTANCE = /^[\x21-\x7e]{16,200}$/;
const MILLISECONDS = /^\d{1,9}(?:\.\d{1,9})?$/;
const COUNT = /^[1-9]\d{0,8}$/;

// Both times are spans, so that no two clocks are compared; some systems know a process's start to 10 ms only.
const AGE_MARGIN_MS = 50;

/** The marker, or undefined when there is none or a part of it cannot be read: half a marker proves nothing. */
export function readMarker(headers: HeaderList): ColdMarker | undefined {
  const one = (wanted: string) => {
    const values = headers.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value.trim());
    return values.length > 1 ? '' : values[0];
  };
  const instance = one(MARKER_HEADERS.instance) ?? '';
  const uptime = one(MARKER_HEADERS.uptimeMs) ?? '';
  const requests = one(MARKER_HEADERS.requests);
  if (!INSTANCE.test(instance) || !MILLISECONDS.test(uptime)) return undefined;
  if (requests !== undefined && !COUNT.test(requests)) return undefined;
  return { instance, uptimeMs: Number(uptime), ...(requests === undefined ? {} : { requests: Number(requests) }) };
}

/** Why the process cannot have been started for our request, or undefined when all that it says fits. */
function doubtOf(
  { instance, uptimeMs, requests = 1 }: ColdMarker,
  { sentAtMs, firstByteAtMs }: ColdRequest,
  seenMarkers: ReadonlySet<string>,
): string | undefined {
  if (seenMarkers.has(instance)) return `process ${instance} had answered in this run before`;
  if (requests > 1) return `it was request ${requests} of its process`;
  const elapsedMs = firstByteAtMs - sentAtMs;
  if (uptimeMs <= elapsedMs + AGE_MARGIN_MS) return undefined;
  return `the process was ${Math.round(uptimeMs)} ms old when it answered, our request only ${Math.round(elapsedMs)} ms`;
}

/**
 * What log and marker say together. The log comes first: what it has settled stands, unless the marker contradicts a
 * proof, which voids the sample. Where the log leaves it open, the marker is the proof: a process never seen before,
 * younger than our request, which was its first.
 */
export function proveByMarker(
  finding: ColdFinding,
  request: ColdRequest,
  seenMarkers: ReadonlySet<string>,
): ColdFinding {
  const { marker } = request;
  const { proof } = finding;
  const byLog: ColdFinding = proof.proven ? { ...finding, proof: { ...proof, by: 'log' } } : finding;
  if (marker === undefined) return byLog;
  const doubt = doubtOf(marker, request, seenMarkers);
  const instanceId = proof.instanceId ?? marker.instance;
  if (proof.proven) {
    if (doubt === undefined) return byLog;
    const reason = `the service's own marker contradicts the log: ${doubt}`;
    return { settled: finding.settled, phases: {}, proof: { proven: false, instanceId, reason } };
  }
  if (finding.settled) return finding;
  if (doubt === undefined) return { settled: false, phases: {}, proof: { proven: true, by: 'marker', instanceId } };
  return { settled: false, phases: {}, proof: { proven: false, instanceId, reason: `${proof.reason}; ${doubt}` } };
}

/** `proveCold` by the log, then by the service's marker, when the request has met one. */
export function proveStart(
  events: readonly InstanceEvent[],
  request: ColdRequest,
  seenInstances: ReadonlySet<string>,
  seenMarkers: ReadonlySet<string>,
): ColdFinding {
  return proveByMarker(proveCold(events, request, seenInstances), request, seenMarkers);
}
