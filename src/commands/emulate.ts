import type { EmulateRequest } from '../config/request.ts';
import { NOTHING, type Outcome } from './outcome.ts';
import type { Ports } from './ports.ts';

/** Runs the embedded Cloud Run and Pub/Sub for other programs until it is interrupted. */
export async function emulate(_request: EmulateRequest, ports: Ports, signal: AbortSignal): Promise<Outcome> {
  const { adminHost, loggingUrl, pubsubHost, imagesDirectory } = await ports.emulator();
  ports.print(
    [
      `CLOUDRUN_EMULATOR_HOST=${adminHost}`,
      `CLOUD_LOGGING_EMULATOR_URL=${loggingUrl}`,
      `PUBSUB_EMULATOR_HOST=${pubsubHost}`,
      `CLOUDRUN_EMULATOR_IMAGES=${imagesDirectory}`,
      '',
    ].join('\n'),
  );
  ports.logger.info('Cloud Run Admin API v2 (gRPC), Cloud Logging entries:list and Pub/Sub are up; stop with Ctrl-C');
  await untilAborted(signal);
  return NOTHING;
}

/** Resolves when the user has had enough. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
