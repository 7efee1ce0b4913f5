import type { InstanceEvent } from '../../../domain/deployment.ts';
import type { ZeroProof } from '../../../ports/platform.ts';
import { scalingRequest } from './requests.ts';
import { provenGone } from './running-instances.ts';
import { type Session, write } from './session.ts';

export interface ZeroRequest {
  readonly service: string;
  /** Instances that are known to have run. */
  readonly instances: readonly string[];
  /** How long to wait for the log to tell of the ends. */
  readonly logWaitMs: number;
}

/** Scales to 0 by hand, waits until the log shows the end of every instance, and returns to automatic scaling. */
export async function scaleServiceToZero(
  session: Session,
  request: ZeroRequest,
  readLog: () => Promise<readonly InstanceEvent[]>,
  signal?: AbortSignal,
): Promise<ZeroProof> {
  const { service } = request;
  const scale = (count: number | undefined, during?: AbortSignal) => {
    const update = scalingRequest(session.place, service, count);
    return write(session, () => session.clients.services.updateService(update), during);
  };
  try {
    await scale(0, signal);
    return await endsLogged(session, request, readLog, signal);
  } finally {
    // Also after an abort or a lost answer: a service that is left at 0 answers nobody.
    await scale(undefined);
  }
}

async function endsLogged(
  { clock, logger, pollMs }: Session,
  { service, instances, logWaitMs }: ZeroRequest,
  readLog: () => Promise<readonly InstanceEvent[]>,
  signal: AbortSignal | undefined,
): Promise<ZeroProof> {
  const deadlineMs = clock.monotonicMs() + logWaitMs;
  for (;;) {
    const proof = provenGone(await readLog(), instances);
    if (proof.proven) return proof;
    if (clock.monotonicMs() >= deadlineMs) {
      logger.debug('The log does not show the end of all instances', { service, reason: proof.reason });
      return proof;
    }
    await clock.sleep(pollMs, signal);
  }
}
