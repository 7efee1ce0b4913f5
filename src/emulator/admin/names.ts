import { status } from '@grpc/grpc-js';
import { AdminError, invalidArgument } from './admin-error.ts';

/** The one project and region that an emulator serves. */
export interface Location {
  readonly project: string;
  readonly region: string;
}

export const locationName = ({ project, region }: Location) => `projects/${project}/locations/${region}`;
export const serviceName = (location: Location, id: string) => `${locationName(location)}/services/${id}`;
export const revisionName = (location: Location, service: string, id: string) =>
  `${serviceName(location, service)}/revisions/${id}`;
export const jobName = (location: Location, id: string) => `${locationName(location)}/jobs/${id}`;
export const executionName = (location: Location, job: string, id: string) =>
  `${jobName(location, job)}/executions/${id}`;
export const taskName = (location: Location, job: string, execution: string, id: string) =>
  `${executionName(location, job, execution)}/tasks/${id}`;
export const operationName = (location: Location, id: string) => `${locationName(location)}/operations/${id}`;

/** Values of a pattern such as `services/{service}` below the location; throws INVALID_ARGUMENT or PERMISSION_DENIED. */
function parse(field: string, name: string | undefined, location: Location, collections: readonly string[]): string[] {
  const parts = (name ?? '').split('/');
  const pattern = ['projects', 'locations', ...collections];
  const fits =
    parts.length === pattern.length * 2 &&
    pattern.every((collection, index) => parts[index * 2] === collection && parts[index * 2 + 1] !== '');
  if (!fits) {
    const wanted = pattern.map((collection) => `${collection}/{${collection.replace(/s$/, '')}}`).join('/');
    throw invalidArgument(`Invalid resource name in ${field}: '${name ?? ''}'. Expected the form '${wanted}'.`);
  }
  const values = parts.filter((_, index) => index % 2 === 1);
  if (values[1] === '-') throw invalidArgument(`Invalid ${field}: the wildcard '-' is not allowed as location.`);
  if (values[0] !== location.project || values[1] !== location.region) {
    throw new AdminError(
      status.PERMISSION_DENIED,
      `Permission denied on resource '${name}' (or it may not exist): this emulator serves ${locationName(location)}.`,
    );
  }
  return values.slice(2);
}

export function parseLocation(field: string, name: string | undefined, location: Location): void {
  parse(field, name, location, []);
}

export function parseServiceName(field: string, name: string | undefined, location: Location): string {
  return parse(field, name, location, ['services'])[0] ?? '';
}

export function parseRevisionName(
  field: string,
  name: string | undefined,
  location: Location,
): { readonly service: string; readonly revision: string } {
  const [service = '', revision = ''] = parse(field, name, location, ['services', 'revisions']);
  return { service, revision };
}

export function parseJobName(field: string, name: string | undefined, location: Location): string {
  return parse(field, name, location, ['jobs'])[0] ?? '';
}

export function parseExecutionName(
  field: string,
  name: string | undefined,
  location: Location,
): { readonly job: string; readonly execution: string } {
  const [job = '', execution = ''] = parse(field, name, location, ['jobs', 'executions']);
  return { job, execution };
}

export function parseTaskName(
  field: string,
  name: string | undefined,
  location: Location,
): { readonly job: string; readonly execution: string; readonly task: string } {
  const [job = '', execution = '', task = ''] = parse(field, name, location, ['jobs', 'executions', 'tasks']);
  return { job, execution, task };
}

export function parseOperationName(field: string, name: string | undefined, location: Location): string {
  return parse(field, name, location, ['operations'])[0] ?? '';
}

/** Last part of a full name; a short name stays as it is. */
export const shortName = (name: string) => name.slice(name.lastIndexOf('/') + 1);
