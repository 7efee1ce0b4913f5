import type { LiveInstance, RevisionRunner } from './data-plane-revision.ts';
import type { InstanceLog } from './model.ts';
import { type Admission, admit } from './proxy-admission.ts';
import { type FlatHeaders, requestHeaders, responseHeaders, traceContext } from './proxy-headers.ts';
import type { FrontRequest, FrontResponse, UpstreamCall } from './proxy-model.ts';

/** Cloud Run's wording for whatever goes wrong between its front end and an instance. */
export const MALFORMED =
  'The request failed because either the HTTP response was malformed or connection to the instance had an error.';
/** Nothing is sent with it: the client has gone. */
const CLIENT_CLOSED = 499;
const SMALL_BYTES = 16_384;

/** Serves one request by an instance of `runner`; calls `done` once, when nothing of it is left. */
export function exchange(
  request: FrontRequest,
  response: FrontResponse,
  runner: RevisionRunner,
  log: InstanceLog,
  done: () => void,
): void {
  const trace = traceContext(
    headerValue(request.headers, 'traceparent'),
    headerValue(request.headers, 'x-cloud-trace-context'),
  );
  let call: UpstreamCall | undefined;
  let admission: Admission | undefined;
  // Set when the request ends before `admit` has returned.
  let early: (() => void) | undefined;
  const settle = (act: (admission: Admission) => void) => {
    if (admission === undefined) early = () => admission !== undefined && act(admission);
    else act(admission);
  };

  function forward(instance: LiveInstance): void {
    let status = 0;
    let begun = false;
    let full = false;
    try {
      call = instance.upstream.send(request, requestHeaders(request.headers, request.clientAddress, trace), {
        started(received, statusText, headers, complete) {
          status = received;
          try {
            response.start(received, statusText, responseHeaders(headers), complete);
          } catch {
            settle((current) => current.refuse(503, MALFORMED));
          }
        },
        data(chunk) {
          if (admission?.over) return;
          // latin1 maps bytes one to one, and node joins a string with the head into one system call.
          const first = !begun && chunk.length <= SMALL_BYTES;
          begun = true;
          if (first ? response.sink.write(chunk.toString('latin1'), 'latin1') : response.sink.write(chunk)) return;
          if (full) return;
          full = true;
          call?.pause();
          response.sink.once('drain', () => {
            full = false;
            call?.resume();
          });
        },
        ended: (trailers) =>
          settle((current) => {
            if (current.finish(status)) response.end(trailers);
          }),
        failed: () => settle((current) => current.refuse(503, MALFORMED)),
      });
    } catch {
      settle((current) => current.refuse(400, 'The request cannot be forwarded: its path or headers are malformed.'));
    }
  }

  response.onClose(() => {
    admission?.finish(CLIENT_CLOSED);
    call?.abort();
    done();
  });
  admission = admit(runner, log, trace.trace, {
    forward,
    refuse(status, text) {
      call?.abort();
      answerText(response, status, text);
    },
  });
  early?.();
}

/** A plain answer of the front end itself; cuts the connection when another answer has begun. */
export function answerText(response: FrontResponse, status: number, text: string): void {
  if (response.started) {
    response.abort();
    return;
  }
  const body = Buffer.from(`${text}\n`);
  response.start(
    status,
    '',
    ['content-type', 'text/plain; charset=utf-8', 'content-length', String(body.length)],
    false,
  );
  response.sink.write(body);
  response.end([]);
}

function headerValue(headers: FlatHeaders, wanted: string): string | undefined {
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() === wanted) return headers[i + 1];
  }
  return undefined;
}
