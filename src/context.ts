import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { arch, availableParallelism, platform as osPlatform } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { createEvents } from './adapters/events/events.ts';
import { readJob } from './adapters/github/job.ts';
import { createCloudProject } from './adapters/google/cloud-project.ts';
import { createGoogleIdentity } from './adapters/google/identity.ts';
import { AUDIENCE, createPrivateServices } from './adapters/google/private-services.ts';
import { createImageBuilder } from './adapters/images/builder.ts';
import { createOciRegistry } from './adapters/images/oci-registry.ts';
import { createOwnImage } from './adapters/images/own-image.ts';
import { maskSecrets } from './adapters/logging/masking.ts';
import { createSecrets } from './adapters/logging/secrets.ts';
import { createPubSubMessageBus } from './adapters/messages/pubsub.ts';
import { createGitSources } from './adapters/sources/git.ts';
import { remotesOf } from './adapters/sources/remote.ts';
import { createSharedCache } from './adapters/sources/shared-cache.ts';
import { createClock } from './adapters/system/clock.ts';
import { createFileTree } from './adapters/system/files.ts';
import { createFolders } from './adapters/system/folders.ts';
import { listens, portOf } from './adapters/system/listening.ts';
import { makeDirectory } from './adapters/system/make-directory.ts';
import { programVersion } from './adapters/system/program-version.ts';
import { contractMajors, readContract, readPrices, readSchemas } from './adapters/system/shipped-files.ts';
import { removeDeadWork, stateDirectories } from './adapters/system/state-directories.ts';
import { createHttpTransport } from './adapters/transports/http.ts';
import { createSocketTransport } from './adapters/transports/websocket-vectors.ts';
import { platformOf, withPullRequest } from './commands/job-change.ts';
import { readLoadTask } from './commands/load-task.ts';
import type { Ports, RunningEmulator } from './commands/ports.ts';
import { type Config, secretValues } from './config/config.ts';
import type { CommandRequest } from './config/request.ts';
import {
  adminPlace,
  createLogger,
  type Entry,
  logFormatOf,
  meetingPlace,
  once,
  openCodeHost,
  openStore,
  parallelJobs,
  readConfig,
  runtimeOf,
  terminalOf,
  toolVersion,
  userName,
} from './context-parts.ts';
import { withoutCommands } from './documents/neutral.ts';
import { InfrastructureError } from './domain/errors.ts';
import type { PlatformName } from './domain/plan.ts';
import { localSecretValues } from './emulator/admin/local-secrets.ts';
import { stopLeftovers } from './emulator/instances/leftovers.ts';
import { COMMAND_LINE, CONTRACTS, TOOL_ROOT } from './paths.ts';
import type { PriceTable } from './plan/prices.ts';
import type { Platform } from './ports/platform.ts';

export interface Context {
  readonly config: Config;
  readonly platform: PlatformName;
  readonly ports: Ports;
  /** Ends everything that was started, in reverse order. */
  close(): Promise<void>;
}

const LOCAL_PLACE = 'local';
const CANCELLED_FLUSH_MS = 3_000;
/** Where the Pub/Sub emulator of this tool can listen. */
const LOOPBACK = /^(?:127\.0\.0\.1|localhost):/;
/** Builds all ports for one request. What costs time (emulator, clients) starts when it is first used. */
export async function openContext(request: CommandRequest, entry: Entry): Promise<Context> {
  const workingDirectory = process.cwd();
  const schemas = await readSchemas(CONTRACTS);
  const config = await readConfig(request, entry, workingDirectory, schemas);
  const local = localSecretValues(process.env);
  const secrets = createSecrets([...secretValues(config), ...local.values], logFormatOf(request, entry) === 'actions');
  const logger = createLogger(request, entry, secrets.values);
  for (const warning of config.warnings) logger.warn(warning);
  for (const name of local.tooShort) logger.warn(`${name} is too short to be blanked out where a service tells it`);
  const started = entry.kind === 'action' ? await readJob(process.env, (path) => readFile(path, 'utf8')) : undefined;
  const codeHost = once(async () => openCodeHost(started, entry, logger));
  const job = started === undefined ? undefined : await withPullRequest(started, request, codeHost, entry.signal);
  const platformName = platformOf(request, config, job, logger);

  const state = stateDirectories(process.env);
  const clock = createClock();
  const opened: (() => Promise<void>)[] = [];
  const events = createEvents(config.notifications, config.secrets, { clock, logger, masked: secrets.values });
  // The runner kills a cancelled job soon.
  opened.push(() => events.flush(entry.signal.aborted ? CANCELLED_FLUSH_MS : undefined));

  // An emulator for others finds images where others can put them; a run's own images end with the run.
  const imagesDirectory = request.command === 'emulate' ? join(state.root, 'images') : state.images;
  const emulator = once(async () => {
    const { startEmulator } = await import(/* webpackMode: "eager" */ './emulator/emulator.ts');
    const running = await startEmulator({
      ...config.emulator,
      runtime: runtimeOf(request, config),
      imagesDirectory,
      stateDirectory: state.instances,
      project: config.gcp.projectId ?? LOCAL_PLACE,
      region: LOCAL_PLACE,
      ...(request.command === 'emulate' ? { adminPort: request.port } : {}),
    });
    opened.push(() => running.close());
    return running;
  });
  const pubsub = once(async () => {
    const { startPubSubEmulator } = await import(/* webpackMode: "eager" */ './emulator/pubsub/server.ts');
    const running = await startPubSubEmulator();
    opened.push(() => running.close());
    return running;
  });
  // One for all clients of Google's services. Nothing is asked before the first token is wanted.
  const identity = createGoogleIdentity({
    env: process.env,
    readFile: (path) => readFile(path, 'utf8'),
    clock,
    logger,
    keepSecret: secrets.keep,
    signal: entry.signal,
    ...(request.workloadIdentityProvider === undefined ? {} : { provider: request.workloadIdentityProvider }),
    ...(request.serviceAccount === undefined ? {} : { account: request.serviceAccount }),
  });
  const isPrivate = platformName === 'cloudrun' && config.gcp.invoker === 'private';
  const http = createHttpTransport();
  const privateServices = isPrivate ? createPrivateServices(http, identity, clock) : undefined;
  const platform = once(async (): Promise<Platform> => {
    const { createCloudRunPlatform } = await import(
      /* webpackMode: "eager" */ './adapters/platforms/cloud-run/platform.ts'
    );
    const common = { name: platformName, clock, logger };
    const created =
      platformName === 'local'
        ? await emulator().then(({ project, region, adminHost, adminPort, loggingUrl }) =>
            createCloudRunPlatform({
              ...common,
              project,
              region,
              admin: { host: adminHost, port: adminPort },
              loggingUrl,
            }),
          )
        : await createCloudRunPlatform({
            ...common,
            project: config.gcp.projectId ?? '',
            region: config.gcp.region,
            identity,
            ...adminPlace(),
            parallelJobs: parallelJobs(process.env),
            ...(isPrivate ? { privateAudience: AUDIENCE } : {}),
          });
    opened.push(() => created.close());
    return privateServices?.platform(created) ?? created;
  });
  const project = config.gcp.projectId ?? LOCAL_PLACE;

  const shared =
    entry.kind === 'action' && config.discovery.cache === 'actions'
      ? createSharedCache({ directory: remotesOf(state.cache), env: process.env, logger })
      : undefined;
  // The runner kills a cancelled job before much could be sent.
  if (shared !== undefined) opened.push(async () => (entry.signal.aborted ? undefined : shared.save()));

  const builder = createImageBuilder({
    runtime: platformName === 'cloudrun' ? 'container' : config.emulator.runtime,
    workDirectory: state.work,
    imagesDirectory: state.images,
    clock,
    logger,
    cache: config.images.cache,
    secrets: secrets.values,
    // On this machine the user's own logins count.
    ...(platformName === 'local' ? {} : { registryToken: identity.accessToken }),
    ...(config.gcp.artifactRegistry === undefined || platformName === 'local'
      ? {}
      : { registry: config.gcp.artifactRegistry }),
  });
  const resultsPlace = request.results ?? config.storage.resultsBucket;
  const loadTask = request.command === 'worker' ? readLoadTask(process.env) : undefined;
  const ports: Ports = {
    clock,
    logger,
    schemas,
    priceTable: (await readPrices(CONTRACTS)) as PriceTable,
    workingDirectory,
    transport: privateServices?.transport ?? http,
    sockets: privateServices?.sockets(createSocketTransport()) ?? createSocketTransport(),
    store: openStore(loadTask?.store ?? resultsPlace, workingDirectory, identity),
    loadStore: openStore(meetingPlace(resultsPlace, platformName, config), workingDirectory, identity),
    ...(loadTask === undefined ? {} : { loadTask }),
    ...(isPrivate ? { privateAudience: AUDIENCE } : {}),
    async callPrivate(audience, origins) {
      const services = createPrivateServices(http, identity, clock, audience);
      await services.call(origins);
      return services.transport;
    },
    hide: (text) => maskSecrets(text, secrets.values),
    baselinePath: config.storage.baselinePath,
    retention: config.storage,
    sources: createGitSources({
      cacheDirectory: state.cache,
      ...(shared === undefined ? {} : { shared }),
      clock,
      logger,
      // A checkout in CI mostly holds one commit: the base of the comparison has to be fetched.
      deepen: entry.kind === 'action',
      ...(job === undefined ? {} : { serverUrl: job.serverUrl }),
      ...(config.secrets.gitToken === undefined ? {} : { githubToken: config.secrets.gitToken }),
    }),
    builder,
    loadImage: createOwnImage({
      platform: platformName,
      builder,
      imagesDirectory: state.images,
      root: TOOL_ROOT,
      commandLine: COMMAND_LINE,
      clock,
    }),
    imageRegistry: async () =>
      config.gcp.artifactRegistry === undefined || platformName === 'local'
        ? undefined
        : createOciRegistry({
            place: config.gcp.artifactRegistry,
            authorize: async () => ({ authorization: `Bearer ${await identity.accessToken()}` }),
          }),
    tool: {
      version: toolVersion(),
      driver: `${osPlatform()} ${arch()}, ${availableParallelism()} CPUs, Node ${process.versions.node}`,
      cpus: availableParallelism(),
      parallelJobs: parallelJobs(process.env),
      owner: process.env.GITHUB_REPOSITORY ?? `${userName()}-${basename(workingDirectory)}`,
    },
    contractFiles: (serviceType, major) => readContract(CONTRACTS, serviceType, major),
    contractMajors: (serviceType) => contractMajors(CONTRACTS, serviceType),
    fileTree: createFileTree,
    folders: createFolders(join(TOOL_ROOT, 'template-service-repo')),
    platform,
    cloudProject: async () =>
      createCloudProject({
        project: config.gcp.projectId ?? '',
        env: process.env,
        headers: async () => ({ authorization: `Bearer ${await identity.accessToken()}` }),
        signal: entry.signal,
      }),
    programVersion,
    messageBus: async () =>
      platformName === 'local' ? createPubSubMessageBus({ emulatorHost: (await pubsub()).host, project }) : undefined,
    messageBusAt: async (host, externalProject) => {
      if (!(await listens(host))) {
        if (!LOOPBACK.test(host)) {
          throw new InfrastructureError('pubsub-unreachable', `nothing listens at ${host}, wanted a Pub/Sub emulator`, {
            hint: 'start it there; only on this machine (127.0.0.1) cloudrun-perf runs one of its own',
          });
        }
        const { startPubSubEmulator } = await import(/* webpackMode: "eager" */ './emulator/pubsub/server.ts');
        const running = await startPubSubEmulator({ port: portOf(host) });
        opened.push(() => running.close());
        logger.info(`nothing listened at ${host}: running a Pub/Sub emulator there while checking`);
      }
      return createPubSubMessageBus({ emulatorHost: host, project: externalProject });
    },
    emulator: async (): Promise<RunningEmulator> => {
      const { adminHost, adminPort, loggingUrl } = await emulator();
      return { adminHost: `${adminHost}:${adminPort}`, loggingUrl, pubsubHost: (await pubsub()).host, imagesDirectory };
    },
    ...(job === undefined ? {} : { job }),
    codeHost,
    events,
    stopLeftovers: async () => {
      const stopped = await stopLeftovers(state.instances);
      await removeDeadWork(state);
      return stopped.map(
        ({ kind, service, revision, task, pid, container }) =>
          `stopped ${kind} ${pid ?? container ?? ''} of ${revision} (${task === undefined ? 'service' : `task ${task} of job`} ${service})`,
      );
    },
    rememberRun: entry.rememberRun ?? (() => undefined),
    terminal: terminalOf(process.stdout, process.env),
    randomText: () => randomBytes(8).toString('hex'),
    // Reports quote services, and the runner would obey a line of theirs that looks like one of its commands.
    print: (text) => void process.stdout.write(entry.kind === 'action' ? withoutCommands(text) : text),
    writeFile: async (path, text) => {
      const target = resolve(workingDirectory, path);
      await makeDirectory(dirname(target));
      await writeFile(target, text);
    },
  };
  const close = async () => {
    for (const end of opened.splice(0).reverse()) {
      await end().catch((error: unknown) =>
        logger.warn(`while closing: ${error instanceof Error ? error.message : String(error)}`),
      );
    }
    await rm(state.work, { recursive: true, force: true });
  };
  return { config, platform: platformName, ports, close };
}
