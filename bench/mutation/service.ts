import { type ChildProcess, spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const START_MS = 8_000;
const MOST_MEMORY = '--max-old-space-size=256';

export interface Started {
  readonly origin: string;
  /** At once unless another signal is given. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (there: boolean) => {
      socket.destroy();
      resolve(there);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

/** A service of Node as a process of its own; undefined when it does not come to listen. */
export async function startService(
  args: readonly string[],
  directory: string,
  env: Readonly<Record<string, string>>,
): Promise<Started | undefined> {
  const port = await freePort();
  const child: ChildProcess = spawn(process.execPath, [MOST_MEMORY, ...args], {
    cwd: directory,
    env: { PATH: process.env.PATH, ...env, PORT: String(port) },
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (signal: NodeJS.Signals = 'SIGKILL') => {
    child.kill(signal);
    await ended;
  };
  const untilMs = performance.now() + START_MS;
  while (child.exitCode === null && performance.now() < untilMs) {
    if (await listens(port)) return { origin: `http://127.0.0.1:${port}`, stop };
    await sleep(20);
  }
  await stop();
  return undefined;
}
