import { constants } from 'node:os';
import { status } from '@grpc/grpc-js';
import type { InstanceEnd } from '../model.ts';
import { type AttemptEnd, succeeded } from './execution-state.ts';
import type { TaskAttemptResult } from './messages.ts';

/** Of a process. A container's end is what its engine says: 128 + n as exit code when signal n ended it. */
export function attemptEnd({ exitCode, signal }: InstanceEnd): AttemptEnd {
  if (signal === undefined) return { kind: 'exited', exitCode: exitCode ?? 1 };
  return { kind: 'signalled', signal: constants.signals[signal as NodeJS.Signals] ?? constants.signals.SIGKILL };
}

export function attemptResult(end: AttemptEnd): TaskAttemptResult {
  if (succeeded(end)) return { status: {}, exitCode: 0 };
  const message = attemptMessage(end);
  switch (end.kind) {
    case 'exited':
      return { status: { code: status.ABORTED, message }, exitCode: end.exitCode };
    case 'signalled':
      return { status: { code: status.ABORTED, message }, termSignal: end.signal };
    case 'timed-out':
      return { status: { code: status.DEADLINE_EXCEEDED, message } };
    case 'not-started':
      return { status: { code: status.FAILED_PRECONDITION, message } };
  }
}

/** Google's words, as far as they are known. */
export function attemptMessage(end: AttemptEnd): string {
  switch (end.kind) {
    case 'timed-out':
      return 'The configured timeout was reached.';
    case 'not-started':
      return end.reason;
    default:
      return succeeded(end) ? '' : 'The container exited with an error.';
  }
}
