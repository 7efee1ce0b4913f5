import type { InstanceEvent, StartReason } from '../../domain/deployment.ts';

/** A Cloud Logging `LogEntry` as its REST API writes it, in the parts that Cloud Run's own logs have. */
export interface LogEntry {
  readonly insertId: string;
  readonly logName: string;
  readonly resource: {
    readonly type: 'cloud_run_revision' | 'cloud_run_job';
    readonly labels: Readonly<Record<string, string>>;
  };
  /** RFC 3339 with microseconds. */
  readonly timestamp: string;
  readonly receiveTimestamp: string;
  readonly severity: 'DEFAULT' | 'INFO' | 'WARNING' | 'ERROR';
  readonly labels: Readonly<Record<string, string>>;
  readonly textPayload?: string;
  readonly jsonPayload?: Readonly<Record<string, unknown>>;
  readonly httpRequest?: { readonly status: number; readonly latency: string };
  readonly trace?: string;
}

export interface LogLocation {
  readonly project: string;
  readonly region: string;
}

const START_REASONS: Readonly<Record<StartReason, string>> = {
  AUTOSCALING: 'Instance started due to traffic scale-up or no existing capacity for current traffic.',
  DEPLOYMENT_ROLLOUT:
    'Instance started due to traffic shifting between revisions due to deployment, traffic split adjustment, or deployment health check.',
  MANUAL_SCALING: 'Instance started because of manual scaling.',
  MIN_INSTANCES: 'Instance started because of customer-configured min-instances.',
  UNKNOWN: 'Instance started for a reason that is not known.',
};

/** The log entry that Cloud Run would write for an event. */
export function entryOf(event: InstanceEvent, { project, region }: LogLocation): LogEntry {
  const timestamp = rfc3339(event.atMs);
  const { service, revision } = event;
  return {
    insertId: `${event.kind}-${Math.round(event.atMs * 1000).toString(36)}-${(event.trace ?? event.instanceId).slice(0, 32)}`,
    logName: logNameOf(event.kind, project),
    resource: {
      type: 'cloud_run_revision',
      labels: {
        project_id: project,
        location: region,
        service_name: service,
        revision_name: revision,
        configuration_name: service,
      },
    },
    timestamp,
    receiveTimestamp: timestamp,
    severity: severityOf(event),
    labels: event.instanceId === '' ? {} : { instanceId: event.instanceId },
    ...payloadOf(event),
    ...(event.trace === undefined ? {} : { trace: `projects/${project}/traces/${event.trace}` }),
  };
}

const LOGS: Readonly<Partial<Record<InstanceEvent['kind'], string>>> = { request: 'requests', sigterm: 'stdout' };

export function logNameOf(kind: InstanceEvent['kind'], project: string): string {
  return `projects/${project}/logs/run.googleapis.com%2F${LOGS[kind] ?? 'varlog%2Fsystem'}`;
}

function payloadOf(event: InstanceEvent): Pick<LogEntry, 'httpRequest' | 'jsonPayload' | 'textPayload'> {
  const { kind, status = 0, latencyMs = 0, detail = '{"perf":"sigterm"}' } = event;
  if (kind === 'request') return { httpRequest: { status, latency: `${(latencyMs / 1000).toFixed(6)}s` } };
  return kind === 'sigterm' ? { jsonPayload: JSON.parse(detail) } : { textPayload: textOf(event) };
}

function textOf({ kind, reason = 'UNKNOWN', service, detail }: InstanceEvent): string {
  const container = `container "${service}-1"`;
  switch (kind) {
    case 'start':
      return `Starting new instance. Reason: ${reason} - ${START_REASONS[reason]}`;
    case 'ready':
      return `Default STARTUP TCP probe succeeded after 1 attempt for ${container} on port 8080.`;
    case 'start-failed':
      return `Default STARTUP TCP probe failed 1 time consecutively for ${container} on port 8080. The instance was not started. ${detail ?? ''}`.trimEnd();
    default:
      return isUnhealthy(detail) ? detail : `Shutting down instance. ${detail ?? ''}`.trimEnd();
  }
}

/** A line of its own in Cloud Run's log, too. */
const isUnhealthy = (detail: string | undefined): detail is string => detail?.startsWith('LIVENESS ') === true;

function severityOf({ kind, status = 0, detail }: InstanceEvent): LogEntry['severity'] {
  if (kind === 'start-failed' || status >= 500 || isUnhealthy(detail)) return 'ERROR';
  return status >= 400 ? 'WARNING' : 'INFO';
}

/** Epoch milliseconds as RFC 3339 in UTC, with six digits of a second. */
export function rfc3339(epochMs: number): string {
  const micros = Math.round(epochMs * 1000);
  const wholeMs = Math.floor(micros / 1000);
  return new Date(wholeMs).toISOString().replace('Z', `${String(micros - wholeMs * 1000).padStart(3, '0')}Z`);
}
