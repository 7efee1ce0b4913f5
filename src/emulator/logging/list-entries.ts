import type { InstanceEvent } from '../../domain/deployment.ts';
import type { TaskLine } from '../jobs/task-log.ts';
import { entryOf, type LogEntry, type LogLocation, logNameOf } from './entry.ts';
import { FilterError, type ParsedFilter, parseFilter } from './filter.ts';
import { taskEntryOf, taskLogName } from './task-entry.ts';

export interface ListAnswer {
  readonly entries: readonly LogEntry[];
  readonly nextPageToken?: string;
}

const DEFAULT_PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 1000;

/**
 * `entries.list` of Cloud Logging over the events and the tasks' output of one project. Throws FilterError, whose message is meant for the
 * caller, when the request is wrong or beyond what is supported here.
 */
export function listEntries(
  body: unknown,
  events: readonly InstanceEvent[],
  location: LogLocation,
  taskLines: readonly TaskLine[] = [],
): ListAnswer {
  const { resourceNames, filter, orderBy, pageSize, pageToken } = requestOf(body);
  const wanted = `projects/${location.project}`;
  if (!resourceNames.some((name) => name === wanted || name.startsWith(`${wanted}/`))) {
    throw new FilterError(`resourceNames must contain '${wanted}', which is all that this emulator has.`);
  }
  const wantedEntries = parseFilter(filter);
  const candidates: (InstanceEvent | TaskLine)[] = [
    ...narrowed(events, wantedEntries, location.project),
    ...narrowedLines(taskLines, wantedEntries, location.project),
  ].sort((a, b) => a.atMs - b.atMs);
  if (orderBy === 'timestamp desc') candidates.reverse();
  const entries: LogEntry[] = [];
  for (let at = pageToken === '' ? 0 : positionOf(pageToken, filter, orderBy); at < candidates.length; at += 1) {
    const found = candidates[at];
    const entry = found === undefined ? undefined : anyEntryOf(found, location);
    if (entry === undefined || !wantedEntries.matches(entry)) continue;
    if (entries.length === pageSize) return { entries, nextPageToken: tokenOf(at, filter, orderBy) };
    entries.push(entry);
  }
  return { entries };
}

/** Leaves out what cannot match, cheaply: after a warm load the log has tens of thousands of requests. */
function narrowed(events: readonly InstanceEvent[], filter: ParsedFilter, project: string): InstanceEvent[] {
  const { service, revision, sinceMicros = Number.NEGATIVE_INFINITY } = filter;
  const requests = filter.logNames?.includes(logNameOf('request', project)) ?? true;
  const others = filter.logNames?.includes(logNameOf('start', project)) ?? true;
  return events.filter(
    (event) =>
      (event.kind === 'sigterm' || (event.kind === 'request' ? requests : others)) &&
      (service === undefined || event.service === service) &&
      (revision === undefined || event.revision === revision) &&
      event.atMs * 1000 >= sinceMicros - 1,
  );
}

function narrowedLines(lines: readonly TaskLine[], filter: ParsedFilter, project: string): readonly TaskLine[] {
  const { service, revision, logNames, sinceMicros = Number.NEGATIVE_INFINITY } = filter;
  if (service !== undefined || revision !== undefined) return [];
  return lines.filter(
    ({ stream, atMs }) => (logNames?.includes(taskLogName(stream, project)) ?? true) && atMs * 1000 >= sinceMicros - 1,
  );
}

const anyEntryOf = (found: InstanceEvent | TaskLine, location: LogLocation) =>
  'stream' in found ? taskEntryOf(found, location) : entryOf(found, location);

const tokenOf = (position: number, filter: string, orderBy: string) =>
  Buffer.from(JSON.stringify([position, filter, orderBy])).toString('base64url');

interface ListRequest {
  readonly resourceNames: readonly string[];
  readonly filter: string;
  readonly orderBy: string;
  readonly pageSize: number;
  readonly pageToken: string;
}

function requestOf(body: unknown): ListRequest {
  const fields = typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : {};
  const { resourceNames = [], filter = '', orderBy = 'timestamp asc', pageSize = 0, pageToken = '' } = fields;
  if (!Array.isArray(resourceNames) || resourceNames.some((name) => typeof name !== 'string')) {
    throw new FilterError('resourceNames must be a list of texts.');
  }
  if (typeof filter !== 'string' || typeof pageToken !== 'string') {
    throw new FilterError('filter and pageToken must be texts.');
  }
  if (orderBy !== 'timestamp asc' && orderBy !== 'timestamp desc') {
    throw new FilterError(`orderBy must be 'timestamp asc' or 'timestamp desc'.`);
  }
  if (typeof pageSize !== 'number' || !Number.isInteger(pageSize) || pageSize < 0) {
    throw new FilterError('pageSize must be a whole number and not negative.');
  }
  const size = Math.min(pageSize === 0 ? DEFAULT_PAGE_SIZE : pageSize, MAX_PAGE_SIZE);
  return { resourceNames, filter, orderBy, pageSize: size, pageToken };
}

function positionOf(token: string, filter: string, orderBy: string): number {
  try {
    const [end, ofFilter, ofOrder]: unknown[] = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (typeof end === 'number' && end >= 0 && ofFilter === filter && ofOrder === orderBy) return end;
  } catch {
    // Refused below, like every other token that is not ours.
  }
  throw new FilterError('page_token is invalid: it was not returned by a previous call with the same parameters.');
}
