import { randomBytes } from 'node:crypto';

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
