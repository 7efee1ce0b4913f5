import type { ServicesClient } from '@google-cloud/run';
import { InfrastructureError } from '../../../domain/errors.ts';
import type { Clock } from '../../../ports/clock.ts';
import { StatusError } from './status-code.ts';

const MAX_WAIT_MS = 600_000;

/** The parts of a long-running operation that count here. */
export interface OperationState {
  readonly name?: string | null;
  readonly done?: boolean | null;
  readonly error?: { readonly code?: number | null; readonly message?: string | null } | null;
}

export interface OperationPolling {
  readonly clock: Clock;
  readonly pollMs: number;
  /** Runs one call, repeating it when it fails for a temporary reason. */
  readonly attempt: <T>(call: () => Promise<T>) => Promise<T>;
}

/**
 * Waits until the operation has finished; throws StatusError with its error. Polled here and not by the client library,
 * whose growing intervals notice the end of a deployment up to half a minute late.
 */
export async function finished(
  client: ServicesClient,
  operation: OperationState,
  { clock, pollMs, attempt }: OperationPolling,
  signal?: AbortSignal,
): Promise<void> {
  const deadlineMs = clock.monotonicMs() + MAX_WAIT_MS;
  const name = operation.name ?? '';
  let state = operation;
  while (state.done !== true) {
    if (clock.monotonicMs() > deadlineMs) {
      throw new InfrastructureError('operation-timeout', `${name} has not finished in ${MAX_WAIT_MS / 1000} s.`, {
        hint: 'See the state of the service in the Cloud Run console, then try again.',
      });
    }
    await clock.sleep(pollMs, signal);
    state = await attempt(async () => (await client.checkUpdateServiceProgress(name)).latestResponse);
  }
  if (state.error) throw new StatusError(state.error.code ?? 2, state.error.message ?? 'no message');
}
