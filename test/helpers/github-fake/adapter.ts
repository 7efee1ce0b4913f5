import { createGitHub, type GitHubOptions } from '../../../src/adapters/github/code-host.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { CodeHost } from '../../../src/ports/code-host.ts';
import type { Logger } from '../../../src/ports/logger.ts';
import { type GitHubFake, JOB_TOKEN } from '../github-fake.ts';

/** Does not wait, but says how long it would have. */
export interface InstantClock extends Clock {
  readonly sleepsMs: number[];
}

export function createInstantClock(startMs = Date.UTC(2026, 10, 21)): InstantClock {
  let nowMs = startMs;
  const sleepsMs: number[] = [];
  return {
    sleepsMs,
    epochMs: () => nowMs,
    monotonicMs: () => nowMs,
    async sleep(durationMs, signal) {
      signal?.throwIfAborted();
      sleepsMs.push(durationMs);
      nowMs += durationMs;
    },
  };
}

/** Keeps every line, fields included. */
export function createKeepingLogger(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const keep = (message: string, fields?: object) => void lines.push(`${message} ${JSON.stringify(fields ?? {})}`);
  return { lines, debug: keep, info: keep, warn: keep, error: keep, progress: keep };
}

/** The real adapter, talking to the fake without a proxy. */
export function connectTo(fake: GitHubFake, options: Partial<GitHubOptions> = {}): CodeHost {
  return createGitHub({
    apiUrl: fake.apiUrl,
    repository: fake.state.repository,
    token: JOB_TOKEN,
    userAgent: 'cloudrun-perf/test',
    logger: createKeepingLogger(),
    clock: createInstantClock(),
    random: () => 0.5,
    proxy: { httpProxy: '', httpsProxy: '', noProxy: '*' },
    ...options,
  });
}
