import type { InstanceLogQuery } from '../../../ports/platform.ts';

/** Of instances and of requests; what applications write is in neither. */
export const SYSTEM_LOG = 'varlog%2Fsystem';
export const REQUEST_LOG = 'requests';

/** The one line of a service that is read: its word that it was told to end. */
const SIGTERM_LINE = 'jsonPayload.perf="sigterm"';

/** The filter of Cloud Logging for what is known of instances in the given logs, and by their own last word. */
export function logFilter(
  project: string,
  { service, revision, sinceMs }: InstanceLogQuery,
  logs: readonly string[],
): string {
  const log = (name: string) => quote(`projects/${project}/logs/run.googleapis.com%2F${name}`);
  return [
    'resource.type="cloud_run_revision"',
    `resource.labels.service_name=${quote(service)}`,
    ...(revision === undefined ? [] : [`resource.labels.revision_name=${quote(revision)}`]),
    `(logName=(${logs.map(log).join(' OR ')}) OR ${SIGTERM_LINE})`,
    `timestamp>=${quote(microsecondTime(sinceMs))}`,
  ].join(' AND ');
}

const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** Rounded down to the microsecond, so that nothing of the asked time is left out. */
function microsecondTime(epochMs: number): string {
  const micros = Math.floor(epochMs * 1000);
  const wholeMs = Math.floor(micros / 1000);
  return new Date(wholeMs).toISOString().replace('Z', `${String(micros - wholeMs * 1000).padStart(3, '0')}Z`);
}
