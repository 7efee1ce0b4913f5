import { setTimeout as sleep } from 'node:timers/promises';
import { createCloudRunPlatform } from '../../../src/adapters/platforms/cloud-run/platform.ts';
import { startEmulator } from '../../../src/emulator/emulator.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Logger } from '../../../src/ports/logger.ts';
import { platformSuite } from '../platform.suite.ts';
import { createFixtureImages } from './fixture-image.ts';

const silent = () => undefined;
const logger: Logger = { debug: silent, info: silent, warn: silent, error: silent, progress: silent };
const clock: Clock = {
  epochMs: () => performance.timeOrigin + performance.now(),
  monotonicMs: () => performance.now(),
  sleep: (durationMs, signal) => sleep(durationMs, undefined, signal === undefined ? {} : { signal }),
};

platformSuite('Cloud Run adapter on the emulator', async () => {
  const images = await createFixtureImages();
  const { imagesDirectory, stateDirectory } = images;
  const emulator = await startEmulator({ imagesDirectory, stateDirectory, runtime: 'process' });
  const platform = await createCloudRunPlatform({
    name: 'local',
    project: emulator.project,
    region: emulator.region,
    admin: { host: emulator.adminHost, port: emulator.adminPort },
    loggingUrl: emulator.loggingUrl,
    clock,
    logger,
  });
  return {
    platform,
    image: images.good,
    suffix: 'emulator',
    logLagMs: 5_000,
    async close() {
      await platform.close();
      await emulator.close();
      await images.remove();
    },
  };
});
