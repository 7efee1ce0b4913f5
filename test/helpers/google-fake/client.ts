import { createGoogleIdentity, type IdentityOptions } from '../../../src/adapters/google/identity.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Identity } from '../../../src/ports/identity.ts';
import type { Logger } from '../../../src/ports/logger.ts';
import { type GoogleFake, startGoogleFake } from '../google-fake.ts';

const START_MS = Date.UTC(2026, 10, 21, 12);

export interface FakeClock extends Clock {
  /** Lets time pass, for both sides. */
  pass(durationMs: number): void;
  /** How far this machine's idea of the date is off. */
  skewMs: number;
}

/** Time passes by sleeping and by `pass`. */
export function createFakeClock(): FakeClock & { readonly trueMs: () => number } {
  let passedMs = 0;
  return {
    skewMs: 0,
    trueMs: () => START_MS + passedMs,
    epochMs() {
      return START_MS + passedMs + this.skewMs;
    },
    monotonicMs: () => passedMs,
    async sleep(durationMs, signal) {
      signal?.throwIfAborted();
      passedMs += durationMs;
    },
    pass(durationMs) {
      passedMs += durationMs;
    },
  };
}

export interface Bench {
  readonly google: GoogleFake;
  readonly clock: FakeClock;
  readonly lines: readonly string[];
  readonly secrets: readonly string[];
  identity(options?: Partial<IdentityOptions>): Identity;
  close(): Promise<void>;
}

/** The services on loopback, and identities that use them by the same clock. */
export async function startBench(): Promise<Bench> {
  const clock = createFakeClock();
  const google = await startGoogleFake(clock.trueMs);
  const lines: string[] = [];
  const secrets: string[] = [];
  const write = (message: string, fields?: object) => void lines.push(`${message} ${JSON.stringify(fields ?? {})}`);
  const logger: Logger = { debug: write, info: write, warn: write, error: write, progress: write };
  return {
    google,
    clock,
    lines,
    secrets,
    identity: (options = {}) =>
      createGoogleIdentity({
        env: google.env,
        readFile: async () => '',
        clock,
        logger,
        keepSecret: (secret) => void secrets.push(secret),
        signal: new AbortController().signal,
        random: () => 0.5,
        ...options,
      }),
    close: () => google.close(),
  };
}
