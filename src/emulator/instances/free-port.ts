import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { InfrastructureError } from '../../domain/errors.ts';

/**
 * Below the ranges from which Linux (32768) and macOS (49152) take the ports of outgoing connections: there, a probe of
 * a port that nobody listens on yet can be given that very port, connect to itself, and look like a ready instance.
 */
const FIRST = 20_000;
const LAST = 32_700;
const ATTEMPTS = 200;

const handedOut = new Set<number>();

/** A port of 127.0.0.1 that nobody listens on. It is not handed out again until it is given back. */
export async function takeFreePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(FIRST, LAST);
    if (handedOut.has(port)) continue;
    handedOut.add(port);
    if (await isFree(port)) return port;
    handedOut.delete(port);
  }
  throw new InfrastructureError(
    'no-free-port',
    `No free port on 127.0.0.1 between ${FIRST} and ${LAST} after ${ATTEMPTS} attempts.`,
    { hint: 'End programs that hold many ports, or try again.' },
  );
}

export function giveBackPort(port: number): void {
  handedOut.delete(port);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
