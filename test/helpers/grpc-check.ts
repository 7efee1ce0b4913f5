import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHttpTransport } from '../../src/adapters/transports/http.ts';
import { runConformance } from '../../src/contract/conformance.ts';
import type { Conformance } from '../../src/domain/conformance.ts';
import { protocolOf } from '../../src/protocols/contract-protocol.ts';
import { shippedContract } from './shipped-contract.ts';
import { systemClock } from './webhook-check.ts';

export const grpcContract = shippedContract('grpc-unary');
export const grpcProtocol = protocolOf(grpcContract);
export const grpcTransport = createHttpTransport();

/** Checks a running service by the engine, over real HTTP/2. */
export function checkGrpc(
  origin: string,
  features: readonly string[] = Object.keys(grpcContract.features),
  onlyVectors: readonly string[] = [],
): Promise<Conformance> {
  return runConformance(
    { contract: grpcContract, contractVersion: grpcContract.version, features, origin, onlyVectors },
    { exchange: grpcTransport.exchange, clock: systemClock, signer: grpcProtocol },
  );
}

/** Starts a service on a free port of 127.0.0.1 and waits until it is healthy; throws with its output when it exits. */
export async function startGrpcProcess(argv: readonly string[], cwd: string) {
  const port = await freePort();
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { cwd, env: { ...process.env, PORT: String(port) }, stdio: 'pipe' });
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
    if (await isReady(origin)) return { origin, stop };
  }
  await stop();
  throw new Error(`${argv.join(' ')} does not answer: ${output}`);
}

async function isReady(origin: string): Promise<boolean> {
  try {
    const answer = await grpcTransport.exchange(origin, grpcProtocol.coldRequest(), { timeoutMs: 2_000 });
    return grpcProtocol.coldFault(answer) === undefined;
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
