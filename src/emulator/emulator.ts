import { startAdminServer } from './admin/admin-server.ts';
import type { FaultPlan } from './admin/faults.ts';
import { createDataPlane } from './data-plane.ts';
import { preciseNowMs } from './instance-log.ts';
import { createRuntime } from './instances/auto.ts';
import { createTaskLog } from './jobs/task-log.ts';
import { startLoggingServer } from './logging-api.ts';
import type { DataPlane, EmulatorSettings } from './model.ts';

export interface EmulatorOptions extends Partial<EmulatorSettings> {
  readonly imagesDirectory: string;
  readonly stateDirectory: string;
  /** The one project and region that are served. */
  readonly project?: string;
  readonly region?: string;
  /** 0 or absent chooses a free one. */
  readonly adminPort?: number;
  readonly loggingPort?: number;
  /** Faults of the Admin API to inject, for tests. */
  readonly faults?: FaultPlan;
}

export interface Emulator {
  readonly adminHost: string;
  readonly adminPort: number;
  /** Origin of Cloud Logging's REST API, without trailing slash. */
  readonly loggingUrl: string;
  readonly project: string;
  readonly region: string;
  readonly settings: EmulatorSettings;
  readonly dataPlane: DataPlane;
  /** Stops all instances, tasks, listeners and servers. */
  close(): Promise<void>;
}

/** What Cloud Run does when nothing else is asked for. */
const CLOUD_RUN = {
  idleTimeoutMs: 900_000,
  startupTimeoutMs: 240_000,
  shutdownGraceMs: 10_000,
  runtime: 'auto',
  containerCli: 'docker',
} as const;
const DEFAULT_PROJECT = 'local-project';
const DEFAULT_REGION = 'local';

/** Starts the whole emulated platform on 127.0.0.1: Admin API with jobs, logging API and data plane. */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const {
    project = DEFAULT_PROJECT,
    region = DEFAULT_REGION,
    adminPort = 0,
    loggingPort = 0,
    faults,
    ...given
  } = options;
  const settings: EmulatorSettings = { ...CLOUD_RUN, ...given };
  const runtime = createRuntime(settings);
  const dataPlane = createDataPlane(settings, runtime);
  const taskLog = createTaskLog();
  const location = { project, region };
  const opened: { close(): Promise<void> }[] = [dataPlane];
  const close = async () => {
    for (const one of opened.splice(0).reverse()) await one.close();
  };
  try {
    const logging = await startLoggingServer({ location, log: dataPlane.log, taskLog, port: loggingPort });
    opened.push(logging);
    const admin = await startAdminServer({
      location,
      dataPlane,
      port: adminPort,
      now: preciseNowMs,
      tasks: { runtime, log: taskLog },
      ...(faults === undefined ? {} : { faults }),
    });
    opened.push(admin);
    const { host: adminHost, port } = admin;
    return { adminHost, adminPort: port, loggingUrl: logging.url, project, region, settings, dataPlane, close };
  } catch (error) {
    await close();
    throw error;
  }
}
