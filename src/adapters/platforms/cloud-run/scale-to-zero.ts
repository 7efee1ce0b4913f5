import type { InstanceEvent } from '../../../domain/deployment.ts';
import { scalingRequest } from './requests.ts';
import { runningInstances } from './running-instances.ts';
import { type Session, write } from './session.ts';

/** How long to wait for the log to tell of the stops; after that the next cold start's own proof has to decide. */
const STOP_LOG_WAIT_MS = 60_000;

/** Scales to 0 by hand, waits until the log shows no running instance, and returns to automatic scaling. */
export async function scaleServiceToZero(
  session: Session,
  service: string,
  readLog: () => Promise<readonly InstanceEvent[]>,
  signal?: AbortSignal,
): Promise<void> {
  const scale = (count: number | undefined, during?: AbortSignal) => {
    const request = scalingRequest(session.place, service, count);
    return write(session, () => session.clients.services.updateService(request), during);
  };
  await scale(0, signal);
  try {
    await stopsLogged(session, service, readLog, signal);
  } finally {
    // Also after an abort: a service that is left at 0 answers nobody.
    await scale(undefined);
  }
}

async function stopsLogged(
  { clock, logger, pollMs }: Session,
  service: string,
  readLog: () => Promise<readonly InstanceEvent[]>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const deadlineMs = clock.monotonicMs() + STOP_LOG_WAIT_MS;
  for (;;) {
    const running = runningInstances(await readLog());
    if (running.size === 0) return;
    if (clock.monotonicMs() >= deadlineMs) {
      logger.warn('The log does not show the end of all instances', { service, running: running.size });
      return;
    }
    await clock.sleep(pollMs, signal);
  }
}
