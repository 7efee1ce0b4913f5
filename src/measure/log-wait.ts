import type { InstanceEvent } from '../domain/deployment.ts';
import type { Clock } from '../ports/clock.ts';
import type { InstanceLogQuery, Platform } from '../ports/platform.ts';

/** How long a platform's log may be late, and how often to look. */
export interface LogPatience {
  readonly waitMs: number;
  readonly pollMs: number;
}

/** The emulator writes its log at once; Cloud Logging is some seconds behind, now and then half a minute. */
export const LOG_PATIENCE: Readonly<Record<Platform['name'], LogPatience>> = {
  local: { waitMs: 2_000, pollMs: 50 },
  cloudrun: { waitMs: 60_000, pollMs: 1_000 },
};

export interface LogPorts {
  readonly platform: Platform;
  readonly clock: Clock;
}

/** Reads the log until `settled` says so or patience ends; answers the last reading, settled or not. */
export async function awaitLog(
  query: InstanceLogQuery,
  settled: (events: readonly InstanceEvent[]) => boolean,
  patience: LogPatience,
  ports: LogPorts,
  signal?: AbortSignal,
): Promise<readonly InstanceEvent[]> {
  const startedAtMs = ports.clock.monotonicMs();
  for (;;) {
    signal?.throwIfAborted();
    const events = await ports.platform.instanceLog(query, signal);
    if (settled(events)) return events;
    const leftMs = patience.waitMs - (ports.clock.monotonicMs() - startedAtMs);
    if (leftMs <= 0) return events;
    await ports.clock.sleep(Math.min(patience.pollMs, leftMs), signal);
  }
}
