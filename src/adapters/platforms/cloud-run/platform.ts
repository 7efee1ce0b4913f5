import type { Clock } from '../../../ports/clock.ts';
import type { Identity } from '../../../ports/identity.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { DeployedService, InstanceLogQuery, Platform } from '../../../ports/platform.ts';
import { openClients } from './clients.ts';
import { deployService } from './deploy.ts';
import { deployedServiceOf } from './deployment.ts';
import { failureOf } from './failure.ts';
import { createJobRunner } from './jobs.ts';
import { createLogDesk } from './log-desk.ts';
import { REQUEST_LOG, SYSTEM_LOG } from './log-filter.ts';
import { type LogReader, readInstanceLog } from './log-reader.ts';
import { createReadPacer, readIntervalMs } from './read-pacer.ts';
import { removeService } from './remove.ts';
import { parentOf } from './requests.ts';
import { scaleServiceToZero } from './scale-to-zero.ts';
import { attempt, explained, failedReason, type Session } from './session.ts';
import { createWriteLimiter, writesBefore, writesPerMinute } from './write-limiter.ts';

export interface CloudRunPlatformOptions {
  readonly name: Platform['name'];
  readonly project: string;
  readonly region: string;
  /** An emulator's Admin API, in clear text; absent for Google. */
  readonly admin?: { readonly host: string; readonly port: number };
  /** Who we are to Google; needed where `admin` is absent. */
  readonly identity?: Identity;
  /** Origin of Google's Admin API; absent for the public one. */
  readonly adminUrl?: string;
  /** The services accept only calls with an ID token for this audience; absent: everybody's calls. */
  readonly privateAudience?: string;
  /** Origin of Cloud Logging's REST API; absent for Google's. */
  readonly loggingUrl?: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Between two looks at a long-running operation: 1000 for Google, 15 for an emulator. */
  readonly pollMs?: number;
  /** Jobs of the run that deploy to the same region at the same time; they share its quota of writes. */
  readonly parallelJobs?: number;
}

const GOOGLE = { loggingUrl: 'https://logging.googleapis.com', pollMs: 1000, retryBaseMs: 1000, stopLogWaitMs: 60_000 };
const EMULATOR = { pollMs: 15, retryBaseMs: 50, stopLogWaitMs: 3_000 };
const ATTEMPTS = 6;
const RETRY_CAP_MS = 30_000;
const LIST_PAGE_SIZE = 100;

/** Cloud Run by its Admin API v2, at Google or at an emulator. Throws InfrastructureError without usable credentials. */
export async function createCloudRunPlatform(options: CloudRunPlatformOptions): Promise<Platform> {
  const { project, region, admin, clock, logger } = options;
  const place = { project, region };
  const { api, accessToken } = apiOf(options);
  await accessToken();
  const clients = await openClients(api).catch((error: unknown) => {
    throw failureOf(error, { action: 'connecting to', service: 'the Cloud Run Admin API' });
  });
  const limiter = createWriteLimiter(clock, writesPerMinute(options.parallelJobs), writesBefore(options.parallelJobs));
  const session: Session = {
    place,
    clients,
    clock,
    logger,
    pollMs: options.pollMs ?? (admin === undefined ? GOOGLE : EMULATOR).pollMs,
    retry: {
      attempts: ATTEMPTS,
      baseMs: (admin === undefined ? GOOGLE : EMULATOR).retryBaseMs,
      capMs: RETRY_CAP_MS,
      random: Math.random,
    },
    accessToken,
    ...(options.privateAudience === undefined ? {} : { privateAudience: options.privateAudience }),
    admitWrite: admin === undefined ? (signal) => limiter.take(signal) : () => Promise.resolve(),
  };
  const pacer = createReadPacer(clock, readIntervalMs(options.parallelJobs));
  const reader = (pace: () => Promise<void>, signal?: AbortSignal): LogReader => ({
    project,
    url: options.loggingUrl ?? GOOGLE.loggingUrl,
    authorize: async () => {
      const token = await accessToken();
      return token === undefined ? [] : [['authorization', `Bearer ${token}`]];
    },
    attempt: (call) =>
      attempt(
        session,
        async () => {
          await pace();
          return await call();
        },
        signal,
      ),
  });
  // The desk has waited for the first page's turn; later pages, and what is repeated, wait for theirs.
  const desk = createLogDesk(
    clock,
    () => pacer.take(),
    (query, logs) => {
      let admitted = true;
      const pace = () => {
        const turn = admitted ? Promise.resolve() : pacer.take();
        admitted = false;
        return turn;
      };
      return readInstanceLog(reader(pace), query, logs);
    },
  );
  // An emulator has no quota, and its log is there at once.
  const readLog = (query: InstanceLogQuery, logs: readonly string[], signal?: AbortSignal) =>
    admin === undefined
      ? desk(query, logs, signal)
      : readInstanceLog(
          reader(() => Promise.resolve(), signal),
          query,
          logs,
          signal,
        );
  return {
    name: options.name,
    instanceLog: (query, signal) =>
      explained('reading the instance log of', query.service, signal, () =>
        readLog(query, [SYSTEM_LOG, REQUEST_LOG], signal),
      ),
    deploy: (spec, signal) =>
      explained(
        'deploying',
        spec.name,
        signal,
        () => deployService(session, spec, signal),
        () => failedReason(session, spec.name),
      ),
    scaleToZero: (service, instances, signal) =>
      explained('scaling to zero', service, signal, () =>
        scaleServiceToZero(
          session,
          { service, instances, logWaitMs: (admin === undefined ? GOOGLE : EMULATOR).stopLogWaitMs },
          () => readLog({ service, sinceMs: 0 }, [SYSTEM_LOG], signal),
          signal,
        ),
      ),
    list: (labels, signal) =>
      explained('listing services in', region, signal, () => listServices(session, labels, signal)),
    remove: (service, signal) => explained('removing', service, signal, () => removeService(session, service, signal)),
    jobs: createJobRunner(session),
    close: () => clients.close(),
  };
}

/** Where calls go, and the token that they need there. */
function apiOf({ admin, adminUrl, identity }: CloudRunPlatformOptions) {
  if (admin !== undefined) return { api: admin, accessToken: async () => undefined };
  if (identity === undefined) throw new Error('Cloud Run at Google needs an identity');
  const api = { identity, ...(adminUrl === undefined ? {} : { url: adminUrl }) };
  return { api, accessToken: () => identity.accessToken() };
}

/** The Admin API has no filter, so that all services are read and chosen here. */
function listServices(session: Session, labels: Readonly<Record<string, string>>, signal?: AbortSignal) {
  const wanted = Object.entries(labels);
  return attempt(
    session,
    async () => {
      const found: DeployedService[] = [];
      const request = { parent: parentOf(session.place), pageSize: LIST_PAGE_SIZE };
      for await (const service of session.clients.services.listServicesAsync(request, { autoPaginate: false })) {
        signal?.throwIfAborted();
        if (wanted.every(([key, value]) => service.labels?.[key] === value)) found.push(deployedServiceOf(service));
      }
      return found;
    },
    signal,
  );
}
