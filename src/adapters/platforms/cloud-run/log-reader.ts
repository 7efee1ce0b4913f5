import type { InstanceEvent } from '../../../domain/deployment.ts';
import type { InstanceLogQuery } from '../../../ports/platform.ts';
import { eventOf, type RestLogEntry } from './log-entry.ts';
import { type JointLogQuery, logFilter } from './log-filter.ts';
import { retryAfterMs } from './retry-after.ts';
import { CODE, codeOfHttp, StatusError } from './status-code.ts';

const PAGE_SIZE = 1000;
const MAX_PAGES = 200;
const TIMEOUT_MS = 30_000;

export interface LogReader {
  readonly project: string;
  /** Origin of Cloud Logging's REST API. */
  readonly url: string;
  /** Headers that authorise a request; empty for an emulator. */
  readonly authorize: (url: string) => Promise<Iterable<readonly [string, string]>>;
  /** Runs one request, repeating it when it fails for a temporary reason. */
  readonly attempt: <T>(call: () => Promise<T>) => Promise<T>;
}

interface Page {
  readonly entries?: readonly RestLogEntry[];
  readonly nextPageToken?: string;
}

/** All events that a query matches, in order of time. */
export async function readInstanceLog(
  { project, url, authorize, attempt }: LogReader,
  query: InstanceLogQuery | JointLogQuery,
  logs: readonly string[],
  signal?: AbortSignal,
): Promise<readonly InstanceEvent[]> {
  const endpoint = `${url}/v2/entries:list`;
  const filter = logFilter(project, query, logs);
  const events: InstanceEvent[] = [];
  let pageToken = '';
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const body = { resourceNames: [`projects/${project}`], filter, orderBy: 'timestamp asc', pageSize: PAGE_SIZE };
    const { entries = [], nextPageToken = '' } = await attempt(async () =>
      post(endpoint, { ...body, ...(pageToken === '' ? {} : { pageToken }) }, await authorize(endpoint), signal),
    );
    events.push(...entries.map(eventOf).filter((event) => event !== undefined));
    if (nextPageToken === '') break;
    pageToken = nextPageToken;
  }
  return events.sort((a, b) => a.atMs - b.atMs);
}

async function post(
  endpoint: string,
  body: object,
  headers: Iterable<readonly [string, string]>,
  signal: AbortSignal | undefined,
): Promise<Page> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { ...Object.fromEntries(headers), 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw signal.reason;
    throw new StatusError(CODE.unavailable, `Cloud Logging at ${endpoint} cannot be reached: ${reasonOf(error)}`);
  });
  const text = await response.text();
  if (!response.ok) {
    throw new StatusError(
      codeOfHttp(response.status),
      `Cloud Logging answered ${response.status}: ${text.slice(0, 500)}`,
      retryAfterMs(response.headers.get('retry-after')),
    );
  }
  const page: unknown = JSON.parse(text);
  return typeof page === 'object' && page !== null ? page : {};
}

/** fetch says only "fetch failed"; the reason is in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
