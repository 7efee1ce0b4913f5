import { TransportError, type TransportFailure } from '../../ports/transport.ts';

/** The port's error for what node reported. `ended` says that our own deadline or caller ended the exchange. */
export function exchangeFailure(
  cause: unknown,
  phase: 'connect' | 'answer',
  ended: 'timeout' | 'aborted' | undefined,
  timeoutMs: number,
): TransportError {
  const failure = ended ?? (phase === 'connect' ? 'refused' : failureOf(cause));
  const words: Readonly<Record<TransportFailure, string>> = {
    refused: `no connection: ${detail(cause)}`,
    reset: `the connection ended before the answer was complete: ${detail(cause)}`,
    timeout: `no complete answer within ${Math.round(timeoutMs)} ms`,
    protocol: `not an HTTP exchange: ${detail(cause)}`,
    aborted: 'the request was cancelled',
  };
  return new TransportError(failure, words[failure], { cause });
}

function failureOf(cause: unknown): TransportFailure {
  const code = codeOf(cause);
  // The parser met the end of the connection in the middle of an answer: lost, not malformed.
  if (code === 'HPE_INVALID_EOF_STATE') return 'reset';
  return code.startsWith('HPE_') || code.startsWith('ERR_') ? 'protocol' : 'reset';
}

function detail(cause: unknown): string {
  return codeOf(cause) || (cause instanceof Error ? cause.message : String(cause));
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}
