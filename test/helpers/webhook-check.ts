import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, relative, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPubSubMessageBus } from '../../src/adapters/messages/pubsub.ts';
import { createHttpTransport } from '../../src/adapters/transports/http.ts';
import { runConformance } from '../../src/contract/conformance.ts';
import { type LoadedContract, loadContract } from '../../src/contract/contract.ts';
import type { Conformance, VectorResult } from '../../src/domain/conformance.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { shippedProtocol } from './shipped-contract.ts';

const discordWebhook = shippedProtocol('discord-webhook');

export const CONTRACT_DIRECTORY = join(import.meta.dirname, '../../contracts/v1/discord-webhook');
export const PROJECT = 'webhook-check';

/** All files below a directory by path relative to it, with forward slashes. */
export function filesBelow(directory: string): ReadonlyMap<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [relative(directory, path).split(sep).join('/'), readFileSync(path, 'utf8')];
    }),
  );
}

export function webhookContract(): LoadedContract {
  return loadContract(filesBelow(CONTRACT_DIRECTORY));
}

export const systemClock: Clock = {
  epochMs: () => performance.timeOrigin + performance.now(),
  monotonicMs: () => performance.now(),
  sleep: async (durationMs, signal) => {
    await sleep(durationMs, undefined, { ...(signal && { signal }) });
  },
};

export interface CheckOptions {
  readonly contract: LoadedContract;
  readonly origin: string;
  readonly features: readonly string[];
  readonly pubsubHost: string;
  readonly topic: string;
  readonly onlyVectors?: readonly string[];
}

/** Checks a running service by the engine, over real HTTP and a Pub/Sub on loopback. */
export function checkWebhook({
  contract,
  origin,
  features,
  pubsubHost,
  topic,
  onlyVectors,
}: CheckOptions): Promise<Conformance> {
  return runConformance(
    { contract, contractVersion: contract.version, features, origin, ...(onlyVectors && { onlyVectors }) },
    {
      exchange: createHttpTransport().exchange,
      clock: systemClock,
      signer: discordWebhook,
      messageBus: createPubSubMessageBus({ emulatorHost: pubsubHost, project: PROJECT }),
      topics: { interactions: topic },
    },
  );
}

/** Vectors that did not pass, each with its findings, for messages of assertions. */
export function findings(vectors: readonly VectorResult[]): readonly string[] {
  return vectors
    .filter(({ state }) => state === 'failed' || state === 'not-checked')
    .map(({ id, state, reason, failures }) => {
      const details = failures.map(({ check, expected, actual }) => `${check}: wanted ${expected}, got ${actual}`);
      return `${id} ${state} ${[reason, ...details].filter((part) => part !== undefined).join('; ')}`;
    });
}

export function webhookEnvironment(pubsubHost: string, topic: string): Readonly<Record<string, string>> {
  return discordWebhook.environment({ project: PROJECT, topic, pubsubHost });
}

export interface ServiceProcess {
  readonly origin: string;
  /** Sends SIGTERM and resolves with exit code or signal; SIGKILL after 10 s. */
  stop(): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

/** Starts a service on a free port of 127.0.0.1 and waits until it answers; throws with its output when it exits. */
export async function startProcess(
  argv: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<ServiceProcess> {
  const port = await freePort();
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env, PORT: String(port) }, stdio: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const origin = `http://127.0.0.1:${port}`;
  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    const [code, signal] = await exited;
    clearTimeout(timer);
    return { code, signal };
  };
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await sleep(20)) {
    if (child.exitCode !== null) throw new Error(`${argv.join(' ')} exited with ${child.exitCode}: ${output}`);
    if (await answers(origin)) return { origin, stop };
  }
  await stop();
  throw new Error(`${argv.join(' ')} does not answer: ${output}`);
}

async function answers(origin: string): Promise<boolean> {
  try {
    const request = { method: 'GET', path: '/health', headers: [] } as const;
    await createHttpTransport().exchange(origin, request, { timeoutMs: 2_000 });
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  server.close();
  await once(server, 'close');
  return port;
}
