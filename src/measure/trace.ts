import { randomBytes } from 'node:crypto';
import type { WireRequest } from '../ports/transport.ts';

/** A W3C trace context: the platform's request log repeats the id, and so tells our request from any other. */
export interface Trace {
  /** 32 hex digits. */
  readonly id: string;
  /** The header's value, sampled flag set. */
  readonly traceparent: string;
}

export function newTrace(): Trace {
  const id = randomBytes(16).toString('hex');
  return { id, traceparent: `00-${id}-${randomBytes(8).toString('hex')}-01` };
}

/** The request with the trace context, whatever it carried before: the proof looks for this very id. */
export function traced<Request extends WireRequest>(request: Request, trace: Trace): Request {
  const others = request.headers.filter(([name]) => name.toLowerCase() !== 'traceparent');
  return { ...request, headers: [...others, ['traceparent', trace.traceparent]] };
}
