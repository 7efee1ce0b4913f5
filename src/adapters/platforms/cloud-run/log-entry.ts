import type { InstanceEvent, StartReason } from '../../../domain/deployment.ts';

/** A `LogEntry` of Cloud Logging's REST API, as far as it is read here. Everything may be missing: it comes from outside. */
export interface RestLogEntry {
  readonly logName?: string;
  readonly timestamp?: string;
  readonly resource?: { readonly labels?: Readonly<Record<string, string>> };
  readonly labels?: Readonly<Record<string, string>>;
  readonly textPayload?: string;
  /** A line of JSON that the service wrote. */
  readonly jsonPayload?: Readonly<Record<string, unknown>>;
  readonly httpRequest?: { readonly status?: number; readonly latency?: string };
  readonly trace?: string;
}

const MAX_DETAIL_CHARS = 2000;
const REASONS: Readonly<Record<string, StartReason>> = {
  AUTOSCALING: 'AUTOSCALING',
  DEPLOYMENT_ROLLOUT: 'DEPLOYMENT_ROLLOUT',
  MANUAL_SCALING: 'MANUAL_SCALING',
  MIN_INSTANCES: 'MIN_INSTANCES',
  MANUAL_OR_CUSTOMER_MIN_INSTANCE: 'MIN_INSTANCES',
};
/** Texts of the system log by what they say; the first that fits counts. */
const TEXTS: readonly (readonly [RegExp, 'start' | 'ready' | 'start-failed' | 'stop'])[] = [
  [/^Starting new instance\. Reason: ([A-Z_]+)/, 'start'],
  [/STARTUP \w+ probe succeeded/, 'ready'],
  [/STARTUP \w+ probe failed|The instance was not started|failed to start/i, 'start-failed'],
  [/^Shutting down|^Container (?:terminated|called exit)|^Memory limit of|^LIVENESS \w+ probe failed/, 'stop'],
];

/** The event that an entry tells of; undefined for lines that say nothing of an instance's life or a request. */
export function eventOf(entry: RestLogEntry): InstanceEvent | undefined {
  const atMs = epochMs(entry.timestamp ?? '');
  const { service_name: service, revision_name: revision } = entry.resource?.labels ?? {};
  if (atMs === undefined || service === undefined || revision === undefined) return undefined;
  const base = { atMs, service, revision, instanceId: entry.labels?.instanceId ?? '' };
  if (entry.httpRequest !== undefined) return { kind: 'request', ...base, ...requestFields(entry) };
  if (entry.jsonPayload?.perf === 'sigterm') return { kind: 'sigterm', ...base };
  const text = entry.textPayload ?? '';
  for (const [pattern, kind] of TEXTS) {
    const match = pattern.exec(text);
    if (match === null) continue;
    if (kind === 'start') return { kind, ...base, reason: REASONS[match[1] ?? ''] ?? 'UNKNOWN' };
    return kind === 'ready' ? { kind, ...base } : { kind, ...base, detail: text.slice(0, MAX_DETAIL_CHARS) };
  }
  return undefined;
}

function requestFields({ httpRequest, trace }: RestLogEntry): Pick<InstanceEvent, 'status' | 'latencyMs' | 'trace'> {
  const latency = /^(\d+(?:\.\d+)?)s$/.exec(httpRequest?.latency ?? '')?.[1];
  const traceId = /\/traces\/([0-9a-f]{32})$/.exec(trace ?? '')?.[1];
  return {
    ...(httpRequest?.status === undefined ? {} : { status: httpRequest.status }),
    ...(latency === undefined ? {} : { latencyMs: Number(latency) * 1000 }),
    ...(traceId === undefined ? {} : { trace: traceId }),
  };
}

/** Epoch milliseconds with fractions; Date alone would drop what is below a millisecond. */
export function epochMs(timestamp: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(timestamp);
  if (match === null) return undefined;
  const wholeMs = Date.parse(`${match[1]}${match[3]}`);
  return Number.isNaN(wholeMs) ? undefined : wholeMs + Number(`0.${match[2] ?? '0'}`) * 1000;
}
