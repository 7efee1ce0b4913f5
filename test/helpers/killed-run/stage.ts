import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPubSubMessageBus } from '../../../src/adapters/messages/pubsub.ts';
import { createCloudRunPlatform } from '../../../src/adapters/platforms/cloud-run/platform.ts';
import { createClock } from '../../../src/adapters/system/clock.ts';
import { type Emulator, startEmulator } from '../../../src/emulator/emulator.ts';
import { type PubSubEmulator, startPubSubEmulator } from '../../../src/emulator/pubsub/server.ts';
import type { Logger } from '../../../src/ports/logger.ts';
import type { Platform } from '../../../src/ports/platform.ts';
import { git, newWorkspace, placeRepository, type Workspace } from '../cli.ts';
import type { KilledRunSettings } from './run.ts';

const RUN = join(import.meta.dirname, 'run.ts');
const silent = () => undefined;
export const SILENT_LOGGER: Logger = { debug: silent, info: silent, warn: silent, error: silent, progress: silent };

/** A cloud that outlives its users: an emulator with Pub/Sub, and a service repository to measure. */
export interface Stage {
  readonly workspace: Workspace;
  readonly emulator: Emulator;
  readonly platform: Platform;
  /** Of a service that answers, for those of others. */
  readonly image: string;
  /** What the emulator runs now: the services of instances, and the jobs of tasks. */
  running(): { readonly instances: readonly string[]; readonly tasks: readonly string[] };
  /** Starts a run in a process of its own. */
  start(runId: string, owner: string, load?: 'job' | 'runner'): RunningRun;
  close(): Promise<void>;
}

interface EmulatorRecord {
  readonly service: string;
  readonly task?: unknown;
}

export interface RunningRun {
  readonly runId: string;
  readonly results: string;
  /** What it has said until now. */
  said(): string;
  isOver(): boolean;
  /** SIGKILL, and the end of the process. */
  kill(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const workspace = newWorkspace();
  const repository = placeRepository(workspace, 'pipeline', 'right');
  git(repository, 'init', '-q', '-b', 'main');
  git(repository, 'add', '-A');
  git(repository, 'commit', '-q', '-m', 'first');
  writeFileSync(
    join(workspace.directory, 'perf.yaml'),
    `version: "1.0"\nbenchmark: { warm_requests: { count: 40, concurrency: 2 } }\nemulator: { runtime: process }\n`,
  );
  const imagesDirectory = join(workspace.directory, 'images');
  mkdirSync(imagesDirectory);
  const hex = 'ab'.repeat(32);
  const image = `local/other@sha256:${hex}`;
  const script = 'require("node:http").createServer((_, answer) => answer.end("hello")).listen(process.env.PORT)';
  const run = [process.execPath, '-e', script];
  writeFileSync(join(imagesDirectory, `${hex}.json`), JSON.stringify({ image, directory: imagesDirectory, run }));
  const pubsub: PubSubEmulator = await startPubSubEmulator();
  const stateDirectory = join(workspace.directory, 'emulator');
  const emulator = await startEmulator({
    imagesDirectory,
    stateDirectory,
    runtime: 'process',
    project: 'local',
    region: 'local',
  });
  const admin = { host: emulator.adminHost, port: emulator.adminPort };
  const { loggingUrl } = emulator;
  const place = { project: 'local', region: 'local' };
  const platform = await createCloudRunPlatform({
    name: 'local',
    ...place,
    admin,
    loggingUrl,
    clock: createClock(),
    logger: SILENT_LOGGER,
  });
  await createPubSubMessageBus({ emulatorHost: pubsub.host, project: 'local' }).ensureTopic('warm-up');

  function start(runId: string, owner: string, load: 'job' | 'runner' = 'runner'): RunningRun {
    const results = join(workspace.directory, 'results', runId);
    const settings: KilledRunSettings = {
      admin,
      loggingUrl,
      pubsubHost: pubsub.host,
      imagesDirectory,
      workDirectory: join(workspace.directory, 'work', runId),
      results,
      owner,
      runId,
      args: ['--platform', 'local', '--config', 'perf.yaml', '--manifest', 'repo', '--impl', 'right'].concat([
        '--baseline',
        'git:main',
        '--iterations',
        '1',
        '--rounds',
        '2',
        '--all',
        '--load-from',
        load,
      ]),
    };
    const child = spawn(process.execPath, [RUN, JSON.stringify(settings)], {
      cwd: workspace.directory,
      env: { PATH: process.env.PATH ?? '', HOME: workspace.directory, CLOUDRUN_PERF_STATE_DIR: workspace.state },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
    let over = false;
    const ended = new Promise<void>((resolve) => {
      child.once('close', () => {
        over = true;
        resolve();
      });
    });
    return {
      runId,
      results,
      said: () => text,
      isOver: () => over,
      async kill() {
        child.kill('SIGKILL');
        await ended;
      },
    };
  }

  function running() {
    const names = existsSync(stateDirectory) ? readdirSync(stateDirectory) : [];
    const records = names.flatMap((name) => {
      try {
        return [JSON.parse(readFileSync(join(stateDirectory, name), 'utf8')) as EmulatorRecord];
      } catch {
        // Just being replaced or removed.
        return [];
      }
    });
    const { tasks = [], instances = [] } = Object.groupBy(records, ({ task }) =>
      task === undefined ? 'instances' : 'tasks',
    );
    return { instances: instances.map(({ service }) => service), tasks: tasks.map(({ service }) => service) };
  }

  async function close() {
    await platform.close();
    await emulator.close();
    await pubsub.close();
    workspace.remove();
  }
  return { workspace, emulator, platform, image, running, start, close };
}
