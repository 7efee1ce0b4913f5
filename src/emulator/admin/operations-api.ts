import { invalidArgument, unimplemented } from './admin-error.ts';
import type { Duration } from './messages.ts';
import { type Location, parseLocation, parseOperationName } from './names.ts';
import type { Operations } from './operations.ts';
import { pageOf } from './paging.ts';
import { durationMs } from './times.ts';
import { unary } from './unary.ts';

const DEFAULT_WAIT_MS = 60_000;
/** The answer must arrive before the caller's deadline. */
const ANSWER_MARGIN_MS = 50;

interface NamedRequest {
  readonly name?: string;
}

interface WaitRequest extends NamedRequest {
  readonly timeout?: Duration;
}

interface ListRequest extends NamedRequest {
  readonly filter?: string;
  readonly pageSize?: number;
  readonly pageToken?: string;
}

/** Methods of `google.longrunning.Operations`. `now` gives epoch milliseconds. */
export function operationsApi(location: Location, operations: Operations, now: () => number) {
  const idOf = ({ name }: NamedRequest) => parseOperationName('name', name, location);
  return {
    GetOperation: unary((request: NamedRequest) => operations.get(idOf(request))),
    ListOperations: unary(({ name, filter = '', pageSize, pageToken }: ListRequest) => {
      parseLocation('name', name?.replace(/\/operations$/, ''), location);
      const wanted = doneFilter(filter);
      const found = operations.list().filter(({ done }) => wanted === undefined || (done === true) === wanted);
      const page = pageOf(found, `operations ${filter}`, pageSize, pageToken);
      return { operations: page.items, nextPageToken: page.nextPageToken };
    }),
    DeleteOperation: unary((request: NamedRequest) => {
      operations.delete(idOf(request));
      return {};
    }),
    CancelOperation: unary(() => {
      throw unimplemented('CancelOperation is not offered by Cloud Run: delete the service in place of it.');
    }),
    WaitOperation: unary((request: WaitRequest, deadline) => {
      const askedMs = request.timeout === undefined ? DEFAULT_WAIT_MS : durationMs(request.timeout);
      const leftMs = Number(deadline) - now() - ANSWER_MARGIN_MS;
      return operations.wait(idOf(request), Math.max(0, Math.min(askedMs, leftMs, DEFAULT_WAIT_MS)));
    }),
  };
}

function doneFilter(filter: string): boolean | undefined {
  if (filter.trim() === '') return undefined;
  const match = /^\s*done\s*[:=]\s*(true|false)\s*$/.exec(filter);
  if (match === null)
    throw invalidArgument(`Unsupported filter '${filter}': this emulator knows 'done=true' and 'done=false'.`);
  return match[1] === 'true';
}
