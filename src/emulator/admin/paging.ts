import { invalidArgument } from './admin-error.ts';

const DEFAULT_PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 1000;

export interface Page<T> {
  readonly items: readonly T[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

/**
 * One page of a list. The token holds the position and the query that it belongs to, so that a token of another query
 * is refused, as Google does it.
 */
export function pageOf<T>(
  items: readonly T[],
  query: string,
  pageSize: number | undefined,
  pageToken: string | undefined,
): Page<T> {
  if ((pageSize ?? 0) < 0) throw invalidArgument(`Invalid page_size: ${pageSize}. It must not be negative.`);
  const size = Math.min(pageSize === undefined || pageSize === 0 ? DEFAULT_PAGE_SIZE : pageSize, MAX_PAGE_SIZE);
  const start = pageToken === undefined || pageToken === '' ? 0 : positionOf(pageToken, query);
  const end = start + size;
  return {
    items: items.slice(start, end),
    nextPageToken: end < items.length ? Buffer.from(`${end} ${query}`).toString('base64url') : '',
  };
}

function positionOf(token: string, query: string): number {
  const match = /^(\d{1,9}) (.*)$/s.exec(Buffer.from(token, 'base64url').toString());
  if (match === null || match[2] !== query) {
    throw invalidArgument('Invalid page_token: it was not returned by a previous call with the same parameters.');
  }
  return Number(match[1]);
}
