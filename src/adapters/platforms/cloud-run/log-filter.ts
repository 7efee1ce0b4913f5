import type { InstanceLogQuery } from '../../../ports/platform.ts';

/** Of instances and of requests; what applications write is in neither. */
export const SYSTEM_LOG = 'varlog%2Fsystem';
export const REQUEST_LOG = 'requests';

/** The one line of a service that is read: its word that it was told to end. */
const SIGTERM_LINE = 'jsonPayload.perf="sigterm"';

/** What several ask for together: their services, and their revisions when each has named one. */
export interface JointLogQuery {
  readonly services: readonly string[];
  readonly revisions?: readonly string[];
  readonly sinceMs: number;
}

/** The filter of Cloud Logging for what is known of instances in the given logs, and by their own last word. */
export function logFilter(project: string, query: InstanceLogQuery | JointLogQuery, logs: readonly string[]): string {
  const { services, revisions = [], sinceMs } = 'services' in query ? query : jointOf(query);
  const log = (name: string) => quote(`projects/${project}/logs/run.googleapis.com%2F${name}`);
  return [
    'resource.type="cloud_run_revision"',
    `resource.labels.service_name=${anyOf(services)}`,
    ...(revisions.length === 0 ? [] : [`resource.labels.revision_name=${anyOf(revisions)}`]),
    `(logName=(${logs.map(log).join(' OR ')}) OR ${SIGTERM_LINE})`,
    `timestamp>=${quote(microsecondTime(sinceMs))}`,
  ].join(' AND ');
}

function jointOf({ service, revision, sinceMs }: InstanceLogQuery): JointLogQuery {
  return { services: [service], ...(revision === undefined ? {} : { revisions: [revision] }), sinceMs };
}

const anyOf = (values: readonly string[]) =>
  values.length === 1 ? quote(values[0] ?? '') : `(${values.map(quote).join(' OR ')})`;

const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** Rounded down to the microsecond, so that nothing of the asked time is left out. */
function microsecondTime(epochMs: number): string {
  const micros = Math.floor(epochMs * 1000);
  const wholeMs = Math.floor(micros / 1000);
  return new Date(wholeMs).toISOString().replace('Z', `${String(micros - wholeMs * 1000).padStart(3, '0')}Z`);
}
