import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHttpTransport } from '../../src/adapters/transports/http.ts';
import { runConformance } from '../../src/contract/conformance.ts';
import type { LoadedContract } from '../../src/contract/contract.ts';
import type { Conformance, VectorResult } from '../../src/domain/conformance.ts';
import { protocolOf } from '../../src/protocols/contract-protocol.ts';

export interface TypeCheck {
  readonly contract: LoadedContract;
  readonly origin: string;
  readonly features: readonly string[];
  readonly onlyVectors?: readonly string[];
}

/** Checks a running service whose contract has no channels. */
export function checkType({ contract, origin, features, onlyVectors = [] }: TypeCheck): Promise<Conformance> {
  const { exchange } = createHttpTransport();
  return runConformance(
    { contract, contractVersion: contract.version, features, origin, onlyVectors },
    {
      exchange,
      signer: protocolOf(contract),
      clock: {
        epochMs: () => Date.now(),
        monotonicMs: () => performance.now(),
        sleep: async (durationMs) => void (await sleep(durationMs)),
      },
    },
  );
}

/** `vector: check: expected / actual` of everything that failed. */
export const failuresOf = (vectors: readonly VectorResult[]): readonly string[] =>
  vectors.flatMap(({ id, failures }) =>
    failures.map(({ check, expected, actual }) => `${id}: ${check}: ${expected} / ${actual}`),
  );

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A reference implementation as a process, once it answers. */
export async function startReference(
  run: readonly [string, ...string[]],
  directory: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly origin: string; stop(): Promise<void> }> {
  const port = await freePort();
  const [program, ...args] = run;
  const child: ChildProcess = spawn(program === 'node' ? process.execPath : program, args, {
    cwd: directory,
    env: { PATH: process.env.PATH, ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const origin = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 400; attempt += 1) {
    const there = await fetch(`${origin}/health`).then(
      () => true,
      () => false,
    );
    if (there || child.exitCode !== null) break;
    await sleep(25);
  }
  return {
    origin,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
