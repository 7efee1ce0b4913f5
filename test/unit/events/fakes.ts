import type { RunEvent } from '../../../src/domain/event.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { LogFields, Logger } from '../../../src/ports/logger.ts';

export interface FakeClock extends Clock {
  /** Every wait that was asked for, in milliseconds. */
  readonly waits: readonly number[];
  /** How many waits last. */
  readonly pending: number;
  advance(durationMs: number): void;
}

/**
 * A clock on which waiting takes no time: the time is later at once. Waits of `heldFromMs` and more last until their
 * signal ends them, or until `advance` has passed their end.
 */
export function createFakeClock(heldFromMs = Number.POSITIVE_INFINITY, epochMs = Date.UTC(2026, 10, 21)): FakeClock {
  let nowMs = 0;
  const waits: number[] = [];
  const held = new Set<{ readonly untilMs: number; readonly end: () => void }>();
  return {
    waits,
    get pending() {
      return held.size;
    },
    epochMs: () => epochMs + nowMs,
    monotonicMs: () => nowMs,
    advance: (durationMs) => {
      nowMs += durationMs;
      for (const { untilMs, end } of held) if (untilMs <= nowMs) end();
    },
    sleep: async (durationMs, signal) => {
      signal?.throwIfAborted();
      waits.push(durationMs);
      if (durationMs < heldFromMs) nowMs += durationMs;
      else
        await new Promise<void>((resolve, reject) => {
          const wait = { untilMs: nowMs + durationMs, end: () => settle(resolve) };
          const settle = (done: () => void) => {
            held.delete(wait);
            done();
          };
          held.add(wait);
          signal?.addEventListener('abort', () => settle(() => reject(signal.reason)), { once: true });
        });
    },
  };
}

export interface KeepingLogger extends Logger {
  readonly lines: readonly string[];
  readonly warnings: readonly string[];
}

/** Keeps every line of every level as it is given, unmasked. */
export function createKeepingLogger(): KeepingLogger {
  const lines: string[] = [];
  const keep = (level: string) => (message: string, fields?: LogFields) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`);
  return {
    lines,
    get warnings() {
      return lines.filter((line) => line.startsWith('warn '));
    },
    debug: keep('debug'),
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
    progress: keep('progress'),
  };
}

export const SECRET_TEXT = 'correct horse battery staple';
export const STANDARD_SECRET = `whsec_${Buffer.from(Array.from({ length: 32 }, (_, byte) => byte * 7)).toString('base64')}`;

export function exampleEvent(changes: Partial<RunEvent> = {}): RunEvent {
  return {
    type: 'run.finished',
    id: 'run-20261121-130000-abcde-run-finished-0123456789abcdef',
    time: '2026-11-21T13:00:00.000Z',
    runId: 'run-20261121-130000-abcde',
    repository: 'org/cloudrun-service-discord',
    url: 'https://github.com/org/cloudrun-service-discord/actions/runs/123',
    pullRequest: 12,
    commit: '4d5e6f7890abcdef4d5e6f7890abcdef4d5e6f78',
    platform: 'local',
    suite: 'quick',
    verdict: 'regression',
    counts: { regression: 1, 'contract failed': 1, 'no change': 16 },
    findings: [
      {
        serviceType: 'discord-webhook',
        implementation: 'node-http',
        kind: 'regression',
        text: 'starts 31 % slower from zero (6.69 s → 8.77 s, 95 % interval +22 to +41 %)',
      },
      {
        serviceType: 'discord-webhook',
        implementation: 'php-laravel',
        kind: 'contract failed',
        text: '2 of 14 vectors failed: signed-ping',
      },
    ],
    ...changes,
  };
}

/** Everything that Markdown, HTML, a shell, a runner, a terminal or a chat might obey. */
export const HOSTILE = [
  '<!channel> <!here> <!everyone> <@U012AB3CD> <#C012AB3CD> <!subteam^S1> <https://evil.example|click>',
  '@here @channel @everyone #general',
  '*bold* _italic_ ~strike~ `code` ```block```',
  '\r\nwebhook-id: forged\r\n\r\n::set-output name=x::y',
  '\u001b[31mred\u202ereversed\u200b\ud800lone &amp; & "quoted" \\ </script>',
].join(' ');
