import type { TransportFailure } from '../../ports/transport.ts';

/** The request's time is up. */
export class DeadlineError extends Error {}

/** Our own side closed the connection under the request. */
export class ConnectionClosedError extends Error {}

const CONNECT_FAILURES = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EADDRNOTAVAIL',
]);
const OWN_ENDS = new Set(['UND_ERR_DESTROYED', 'UND_ERR_CLOSED', 'UND_ERR_ABORTED']);
const NOT_HTTP = new Set([
  'UND_ERR_HEADERS_OVERFLOW',
  'UND_ERR_INVALID_ARG',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
]);

/** The port's name for what undici or the operating system reported. */
export function classifyFailure(error: unknown): TransportFailure {
  if (error instanceof DeadlineError) return 'timeout';
  if (error instanceof ConnectionClosedError) return 'aborted';
  // A host name with several addresses fails with one error per address.
  if (error instanceof AggregateError && error.errors.length > 0) return classifyFailure(error.errors[0]);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (CONNECT_FAILURES.has(code)) return 'refused';
  if (code.endsWith('_TIMEOUT') || code === 'ETIMEDOUT') return 'timeout';
  if (OWN_ENDS.has(code)) return 'aborted';
  // undici's parser errors carry no code; an answer cut off in the middle is a lost connection, not bad HTTP.
  if (error instanceof Error && error.name === 'HTTPParserError') {
    return error.message.includes('EOF') ? 'reset' : 'protocol';
  }
  return NOT_HTTP.has(code) ? 'protocol' : 'reset';
}
