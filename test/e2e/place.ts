import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGoogleIdentity } from '../../src/adapters/google/identity.ts';
import { createImageBuilder } from '../../src/adapters/images/builder.ts';
import type { EmulatorApi, GoogleApi } from '../../src/adapters/platforms/cloud-run/clients.ts';
import { createCloudRunPlatform } from '../../src/adapters/platforms/cloud-run/platform.ts';
import { createClock } from '../../src/adapters/system/clock.ts';
import type { ServiceSpec } from '../../src/domain/deployment.ts';
import type { Profile } from '../../src/domain/profile.ts';
import { startEmulator } from '../../src/emulator/emulator.ts';
import type { Identity } from '../../src/ports/identity.ts';
import type { Platform } from '../../src/ports/platform.ts';

const { env } = process;
/** A real project, or the embedded platform, on which the suite itself is tried out. */
export const WHERE =
  (env.GCP_PROJECT_ID ?? '') !== '' ? 'google' : env.CLOUDRUN_PERF_E2E === 'emulator' ? 'emulator' : undefined;
export const SKIP =
  WHERE === undefined ? 'needs a project: set GCP_PROJECT_ID, or CLOUDRUN_PERF_E2E=emulator to try the suite' : false;
/** Whether tests may wait for idle instances to end, which takes a quarter of an hour. */
export const PATIENT = WHERE === 'emulator' || env.E2E_PATIENT === '1';

export const PROJECT = env.GCP_PROJECT_ID ?? '';
export const REGION = env.GCP_REGION ?? 'us-central1';
/** As `cloudrun-perf setup` and infra/terraform make them. */
export const REGISTRY = env.GCP_ARTIFACT_REGISTRY ?? `${REGION}-docker.pkg.dev/${PROJECT}/cloudrun-perf`;
export const RUNTIME_ACCOUNT =
  env.GCP_RUNTIME_SERVICE_ACCOUNT ?? `cloudrun-perf-runtime@${PROJECT}.iam.gserviceaccount.com`;
export const LOAD_ACCOUNT = env.GCP_LOAD_SERVICE_ACCOUNT ?? `cloudrun-perf-load@${PROJECT}.iam.gserviceaccount.com`;

const EMULATOR_IDLE_MS = 1_500;
const silent = () => undefined;
const logger = { debug: silent, info: silent, warn: console.warn, error: console.error, progress: silent };
export const clock = createClock();

export interface Place {
  readonly platform: Platform;
  /** For questions that the port does not answer. */
  readonly api: EmulatorApi | GoogleApi;
  readonly parent: string;
  /** Absent on the emulator. */
  readonly identity?: Identity;
  /** The fixture's image, built and where Cloud Run finds it. */
  readonly image: string;
  /** Makes names unique: 6 letters and digits. */
  readonly suffix: string;
  readonly logLagMs: number;
  readonly longestIdleMs: number;
  close(): Promise<void>;
}

/** Opens the project, or an emulator, and builds the fixture for it. */
export async function openPlace(): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), 'cloudrun-perf-e2e-'));
  const suffix = randomUUID().replaceAll('-', '').slice(0, 6);
  const opened: (() => Promise<void>)[] = [() => rm(directory, { recursive: true, force: true })];
  const close = async () => {
    for (const end of opened.splice(0).reverse()) await end();
  };
  try {
    const signal = new AbortController().signal;
    const readText = (path: string) => readFile(path, 'utf8');
    const identity =
      WHERE === 'google'
        ? createGoogleIdentity({ env, readFile: readText, clock, logger, keepSecret: silent, signal })
        : undefined;
    const imagesDirectory = join(directory, 'images');
    const builder = createImageBuilder({
      runtime: WHERE === 'google' ? 'container' : 'process',
      workDirectory: join(directory, 'work'),
      imagesDirectory,
      clock,
      logger,
      cache: 'none',
      ...(identity === undefined ? {} : { registry: REGISTRY, registryToken: () => identity.accessToken() }),
    });
    const { image } = await builder.build({
      implementation: {
        name: 'e2e-fixture',
        serviceType: 'discord-webhook',
        path: 'fixture',
        dockerfile: 'Dockerfile',
        buildArgs: {},
        supportedFeatures: [],
        local: { run: ['node', 'server.mjs'], requires: ['node'] },
      },
      repositoryRoot: import.meta.dirname,
      label: `e2e-${suffix}/head`,
    });
    const common = { clock, logger };
    if (identity !== undefined) {
      const place = { name: 'cloudrun', project: PROJECT, region: REGION, identity } as const;
      const platform = await createCloudRunPlatform({ ...common, ...place });
      opened.push(() => platform.close());
      const parent = `projects/${PROJECT}/locations/${REGION}`;
      return {
        platform,
        api: { identity },
        parent,
        identity,
        image,
        suffix,
        logLagMs: 90_000,
        longestIdleMs: 960_000,
        close,
      };
    }
    const emulator = await startEmulator({
      runtime: 'process',
      imagesDirectory,
      stateDirectory: join(directory, 'state'),
      idleTimeoutMs: EMULATOR_IDLE_MS,
    });
    opened.push(() => emulator.close());
    const { project, region, adminHost: host, adminPort: port, loggingUrl } = emulator;
    const place = { name: 'local', project, region, admin: { host, port }, loggingUrl } as const;
    const platform = await createCloudRunPlatform({ ...common, ...place });
    opened.push(() => platform.close());
    const parent = `projects/${project}/locations/${region}`;
    return {
      platform,
      api: { host, port },
      parent,
      image,
      suffix,
      logLagMs: 5_000,
      longestIdleMs: 4 * EMULATOR_IDLE_MS,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const PROFILE: Profile = {
  name: 'e2e',
  cpu: '1',
  memory: '512Mi',
  concurrency: 10,
  minInstances: 0,
  maxInstances: 1,
  executionEnvironment: 'gen2',
  startupCpuBoost: false,
  cpuIdle: true,
  timeoutMs: 120_000,
  ...(WHERE === 'google' ? { serviceAccount: RUNTIME_ACCOUNT } : {}),
};

/** A service of the fixture. All carry the labels by which `cleanup --all` finds what a killed test leaves. */
export function specOf(
  { image, suffix }: Place,
  name: string,
  tags: number,
  change: { readonly profile?: Partial<Profile>; readonly env?: Readonly<Record<string, string>> } = {},
): ServiceSpec {
  return {
    name: `e2e-${name}-${suffix}`,
    image,
    profile: { ...PROFILE, ...change.profile },
    env: { ...change.env },
    labels: { 'managed-by': 'cloudrun-perf', 'perf-run-id': `e2e-${suffix}`, 'perf-owner': `e2e-${suffix}` },
    tags: Array.from({ length: tags }, (_, index) => `c${String(index + 1).padStart(2, '0')}`),
  };
}
