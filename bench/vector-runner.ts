/**
 * How many flows a second the vector runner makes, beside the same requests sent bare in the same run: a flow is one
 * vector of rest-crud, nearly four requests on average, each on a connection of its own, each answer checked by the vector
 * and by the OpenAPI document. The service is the reference in TypeScript, a process of its own.
 * Fails (exit code 1) below 200 flows a second. Other load on the machine shows up here, in the ratio hardly.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createClock } from '../src/adapters/system/clock.ts';
import { createHttpTransport } from '../src/adapters/transports/http.ts';
import { runConformance } from '../src/contract/conformance.ts';
import { Limiter } from '../src/contract/limiter.ts';
import type { WireRequest } from '../src/ports/transport.ts';
import { protocolOf } from '../src/protocols/contract-protocol.ts';
import { median } from '../src/stats/percentile.ts';
import { shippedContract } from '../test/helpers/shipped-contract.ts';

const BOUND_PER_SECOND = 200;
const ROUNDS = 5;
const COPIES = 4;
const AT_A_TIME = 4;
/** Megabytes say how fast memory is, and a page of twenty is one vector of twenty-two requests. */
const LEFT_OUT = ['body-too-large', 'list-default-limit'];

const shipped = shippedContract('rest-crud');
const flows = shipped.vectors.filter(({ id }) => !LEFT_OUT.includes(id));
const vectors = Array.from({ length: COPIES }, (_, copy) =>
  flows.map((vector) => ({ ...vector, id: `${vector.id}-${copy}` })),
).flat();
const contract = { ...shipped, vectors };
const signer = protocolOf(shipped);
const clock = createClock();
const { exchange } = createHttpTransport();

const port = await freePort();
const origin = `http://127.0.0.1:${port}`;
const directory = join(import.meta.dirname, '../test/fixtures/services/rest-crud/implementations/node-http');
const service = spawn(process.execPath, ['server.ts'], { cwd: directory, env: { ...process.env, PORT: String(port) } });
try {
  await answering();
  const rounds = [];
  // The first one compiles schemas and warms up both processes.
  for (let index = -1; index < ROUNDS; index++) {
    const requests: WireRequest[] = [];
    const recorded: typeof exchange = (to, request, options) => {
      requests.push(request);
      return exchange(to, request, options);
    };
    const runner = await secondsOf(async () => {
      const { passed, failed } = await runConformance(
        { contract, contractVersion: contract.version, features: Object.keys(contract.features), origin },
        { exchange: recorded, clock, signer, concurrency: AT_A_TIME },
      );
      if (passed !== vectors.length) throw new Error(`${failed} of ${vectors.length} flows failed`);
    });
    const slots = new Limiter(AT_A_TIME);
    const bare = await secondsOf(() =>
      Promise.all(requests.map((request) => slots.run(() => exchange(origin, request, { timeoutMs: 10_000 })))),
    );
    if (index >= 0)
      rounds.push({ perSecond: vectors.length / runner, ratio: bare / runner, requests: requests.length });
  }
  const perSecond = median(rounds.map((round) => round.perSecond));
  const ratio = median(rounds.map((round) => round.ratio));
  const perFlow = (rounds[0]?.requests ?? 0) / vectors.length;
  console.log(`flows       ${vectors.length} a round, ${perFlow.toFixed(1)} requests each, ${AT_A_TIME} at a time`);
  console.log(`runner      ${perSecond.toFixed(0)} flows/s (median of ${ROUNDS} rounds; bound ${BOUND_PER_SECOND})`);
  console.log(`bare        ${(perSecond / ratio).toFixed(0)} flows/s: the same requests, nothing checked`);
  console.log(`ratio       ${ratio.toFixed(2)} of the bare speed`);
  if (perSecond < BOUND_PER_SECOND) process.exitCode = 1;
} finally {
  service.kill('SIGTERM');
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) / 1000;
}

async function answering(): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const answer = await fetch(`${origin}/health`).catch(() => undefined);
    if (answer?.ok) return;
    await clock.sleep(25);
  }
  throw new Error('the service does not answer');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
