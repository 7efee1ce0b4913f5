import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { googleEndpoints } from './adapters/google/endpoints.ts';
import { createActionsLogger } from './adapters/logging/actions.ts';
import { createJsonLogger } from './adapters/logging/json.ts';
import { createTerminalLogger } from './adapters/logging/terminal.ts';
import { createDirectoryStore } from './adapters/results/directory.ts';
import { openBucket } from './adapters/results/open-bucket.ts';
import type { Ports } from './commands/ports.ts';
import type { Config } from './config/config.ts';
import { loadConfig } from './config/load-config.ts';
import type { CommandRequest } from './config/request.ts';
import type { Schemas } from './config/schemas.ts';
import { UsageError } from './domain/errors.ts';
import type { Job } from './domain/job.ts';
import type { PlatformName } from './domain/plan.ts';
import { TOOL_ROOT } from './paths.ts';
import type { CodeHost } from './ports/code-host.ts';
import type { Identity } from './ports/identity.ts';
import type { Logger } from './ports/logger.ts';
import type { ResultStore } from './ports/result-store.ts';

export interface Entry {
  readonly kind: 'cli' | 'action';
  readonly signal: AbortSignal;
  readonly githubToken?: string;
  readonly rememberRun?: (runId: string) => void;
}

const DEFAULT_CONFIG = 'cloudrun-perf.yaml';
const DEFAULT_RESULTS = join('.cloudrun-perf', 'results');

/** Version of cloudrun-perf, from its package.json. */
export function toolVersion(): string {
  const { version } = JSON.parse(readFileSync(join(TOOL_ROOT, 'package.json'), 'utf8')) as { version: string };
  return version;
}

/** Who runs this process; in a container of ours nobody knows the user by name. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'nobody';
  }
}

/** Opens on the first call; later calls share what came of it. */
export function once<T>(open: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= open());
}

export async function openCodeHost(
  job: Job | undefined,
  { githubToken }: Entry,
  logger: Logger,
): Promise<CodeHost | undefined> {
  if (job === undefined || githubToken === undefined) return undefined;
  const { createGitHub } = await import(/* webpackMode: "eager" */ './adapters/github/code-host.ts');
  return createGitHub({
    apiUrl: process.env.GITHUB_API_URL ?? 'https://api.github.com',
    repository: job.repository,
    token: githubToken,
    userAgent: `cloudrun-perf/${toolVersion()}`,
    logger,
  });
}

/** Jobs of the run that deploy at the same time, as the workflow knows them: `strategy.max-parallel` of its matrix. */
export function parallelJobs(env: NodeJS.ProcessEnv): number {
  const found = Number(env.CLOUDRUN_PERF_PARALLEL_JOBS ?? 1);
  return Number.isInteger(found) && found >= 1 ? found : 1;
}

/** Google's Admin API and Cloud Logging, where a network has them elsewhere. */
export function adminPlace() {
  const { run, logging } = googleEndpoints(process.env);
  return {
    ...(run === undefined ? {} : { adminUrl: run }),
    ...(logging === undefined ? {} : { loggingUrl: logging }),
  };
}

export async function readConfig(
  request: CommandRequest,
  entry: Entry,
  workingDirectory: string,
  schemas: Schemas,
): Promise<Config> {
  // All that a worker has to know is in its plan; where it was started is nobody's project.
  if (request.command === 'worker') return loadConfig({ env: process.env, flags: {} }, schemas);
  const file = request.config ?? DEFAULT_CONFIG;
  const text = await readFile(resolve(workingDirectory, file), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (request.config === undefined && error.code === 'ENOENT') return undefined;
    throw new UsageError(
      'config-unreadable',
      `cannot read the configuration ${file} (${error.code ?? error.message})`,
      {
        hint: 'name an existing file with --config, or leave it out',
      },
    );
  });
  const flags = {
    ...(request.project === undefined ? {} : { project: request.project }),
    ...(request.region === undefined ? {} : { region: request.region }),
    ...(entry.githubToken === undefined ? {} : { githubToken: entry.githubToken }),
  };
  return loadConfig({ ...(text === undefined ? {} : { text, file }), env: process.env, flags }, schemas);
}

export function logFormatOf(request: CommandRequest, entry: Entry) {
  return request.logFormat ?? (entry.kind === 'action' ? 'actions' : 'terminal');
}

export function createLogger(request: CommandRequest, entry: Entry, secrets: readonly string[]): Logger {
  const format = logFormatOf(request, entry);
  const options = { secrets, verbose: request.verbose };
  switch (format) {
    case 'actions':
      return createActionsLogger(options);
    case 'json':
      return createJsonLogger({ ...options, write: (line) => void process.stderr.write(line) });
    case 'terminal':
      return createTerminalLogger({ ...options, stream: process.stderr, env: process.env });
  }
}

/** The emulator's runtime: where services are containers, the tasks of a load job are processes all the same. */
export function runtimeOf(request: CommandRequest, { emulator, load }: Config): Config['emulator']['runtime'] {
  const from = request.command === 'benchmark' ? (request.loadFrom ?? load.from) : 'runner';
  return from === 'job' && emulator.runtime === 'container' ? 'auto' : emulator.runtime;
}

/** Where tasks of load jobs find their plan: in the cloud in a bucket, also where a job's results go to a directory. */
export function meetingPlace(
  results: string | undefined,
  platform: PlatformName,
  { storage }: Config,
): string | undefined {
  const isBucket = results?.startsWith('gs://') === true;
  return platform === 'cloudrun' && !isBucket ? (storage.resultsBucket ?? results) : results;
}

export function openStore(place: string | undefined, workingDirectory: string, identity: Identity): ResultStore {
  if (place?.startsWith('gs://') === true) return openBucket(place, identity, process.env);
  return createDirectoryStore(resolve(workingDirectory, place ?? DEFAULT_RESULTS));
}

/** Colours and width of standard output, for people only: what is piped or logged stays plain. */
export function terminalOf(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Ports['terminal'] {
  if (stream.isTTY !== true || env.TERM === 'dumb') return {};
  return { width: Math.max(60, stream.columns), colour: env.NO_COLOR === undefined || env.NO_COLOR === '' };
}
