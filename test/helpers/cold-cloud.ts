import { setTimeout as sleep } from 'node:timers/promises';
import { createCloudRunPlatform } from '../../src/adapters/platforms/cloud-run/platform.ts';
import { createHttpTransport } from '../../src/adapters/transports/http.ts';
import type { MeasureSettings } from '../../src/domain/plan.ts';
import { startEmulator } from '../../src/emulator/emulator.ts';
import type { RevisionFaults } from '../../src/emulator/faults.ts';
import { openMeasurement } from '../../src/measure/measure.ts';
import { scheduleSamples, spareTags } from '../../src/measure/schedule.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Logger } from '../../src/ports/logger.ts';
import { createFixtureImages } from '../conformance/platforms/fixture-image.ts';

const silent = () => undefined;
const logger: Logger = { debug: silent, info: silent, warn: silent, error: silent, progress: silent };
const clock: Clock = {
  epochMs: () => performance.timeOrigin + performance.now(),
  monotonicMs: () => performance.now(),
  sleep: (durationMs, signal) => sleep(durationMs, undefined, signal === undefined ? {} : { signal }),
};

const TAGS = ['c01', 'c02', 'c03', 'c04', 'c05', 'c06'];
const SEED = 7;
const SETTINGS: MeasureSettings = {
  samplesPerRound: 4,
  rounds: 1,
  warm: { warmupRequests: 1, requests: 0, connections: 1 },
  coldTimeoutMs: 20_000,
  requestTimeoutMs: 5_000,
  scaleToZeroTimeoutMs: 0,
};
const PROFILE = {
  name: 'suite',
  cpu: '1',
  memory: '512Mi',
  concurrency: 10,
  minInstances: 0,
  maxInstances: 2,
  executionEnvironment: 'gen2',
  startupCpuBoost: false,
  cpuIdle: true,
  timeoutMs: 30_000,
} as const;

export interface ColdCloudOptions {
  readonly settings?: Partial<MeasureSettings>;
  readonly idleTimeoutMs?: number;
  /** By the name of the service and the position of the revision among its own, from 0. */
  readonly faults?: Readonly<Record<string, Readonly<Record<number, RevisionFaults>>>>;
  readonly services?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly patience?: { readonly waitMs: number; readonly pollMs: number };
}

/** The embedded platform with deployed services that do something wrong on purpose, and a measurement of each. */
export async function openColdCloud(options: ColdCloudOptions = {}) {
  const { faults = {}, services = ['one'], idleTimeoutMs = 60_000 } = options;
  const images = await createFixtureImages();
  const later = new Map<string, RevisionFaults>();
  const positions = new Map<string, Map<string, number>>();
  const faultsOf = (revision: string) => {
    const service = revision.split('-')[0] ?? '';
    const known = positions.get(service) ?? new Map<string, number>();
    positions.set(service, known);
    if (!known.has(revision)) known.set(revision, known.size);
    return later.get(revision) ?? faults[service]?.[known.get(revision) ?? -1];
  };
  const { imagesDirectory, stateDirectory } = images;
  const emulator = await startEmulator({
    imagesDirectory,
    stateDirectory,
    runtime: 'process',
    idleTimeoutMs,
    faultsOf,
  });
  const platform = await createCloudRunPlatform({
    name: 'local',
    project: emulator.project,
    region: emulator.region,
    admin: { host: emulator.adminHost, port: emulator.adminPort },
    loggingUrl: emulator.loggingUrl,
    clock,
    logger,
  });
  const ports = { platform, clock, logger, transport: createHttpTransport() };
  const settings = { ...SETTINGS, ...options.settings };
  const scheduled = [{ side: 'head' as const, tags: TAGS }];
  const schedule = scheduleSamples(scheduled, settings, SEED);
  const measurements = await Promise.all(
    services.map(async (name) => {
      const deployment = await platform.deploy({
        name,
        image: images.good,
        profile: PROFILE,
        env: options.env ?? {},
        labels: { 'perf-run-id': 'traps' },
        tags: TAGS,
      });
      return openMeasurement(
        {
          deployments: [{ side: 'head', deployment }],
          schedule,
          retakeTags: spareTags(scheduled, settings),
          settings,
          protocol: {
            coldRequest: () => ({ method: 'GET', path: '/', headers: [] }),
            warmCall: () => ({
              request: { method: 'GET', path: '/', headers: [] },
              isCorrect: ({ status }) => status === 200,
            }),
          },
          seed: SEED,
          patience: options.patience ?? { waitMs: 1_500, pollMs: 25 },
        },
        ports,
      );
    }),
  );
  return {
    emulator,
    ports,
    settings,
    measurements,
    /** Gives a revision a fault from now on. */
    spoil: (revision: string, fault: RevisionFaults) => void later.set(revision, fault),
    async close() {
      await platform.close();
      await emulator.close();
      await images.remove();
    },
  };
}

/** Position, among the revisions of a service, of the one that is measured first. */
export const FIRST_MEASURED = TAGS.indexOf(
  scheduleSamples([{ side: 'head', tags: TAGS }], { samplesPerRound: 4, rounds: 1 }, SEED)[0]?.tag ?? '',
);
