import type { InstanceProbe } from './model.ts';
import { CHECKS, connectCheck } from './probe-check.ts';

export type StartupOutcome = { readonly ready: true } | { readonly ready: false; readonly reason: string };

/** Between two connection attempts: the resolution of every cold start that is measured here. */
const CONNECT_INTERVAL_MS = 1;

/**
 * Watches an instance until its start-up probe passes or has failed; calls `done` once, synchronously from the event
 * that decided it. Returns a function that cancels it without calling `done`.
 */
export function watchStartup(
  port: number,
  probe: InstanceProbe,
  limitMs: number,
  done: (outcome: StartupOutcome) => void,
): () => void {
  // The platform's own default probe (timeout = period) tries all the time; a probe that someone configured has
  // timeout < period and checks once per period, as Cloud Run does.
  const continuous = probe.kind === 'tcp' && probe.timeoutMs >= probe.periodMs;
  const check = continuous ? connectCheck : CHECKS[probe.kind];
  let failures = 0;
  let cancelCheck: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;

  function cancel(): void {
    clearTimeout(limit);
    clearTimeout(timer);
    cancelCheck?.();
  }
  function finish(outcome: StartupOutcome): void {
    cancel();
    done(outcome);
  }
  function attempt(): void {
    const nextAtMs = performance.now() + probe.periodMs;
    cancelCheck = check(port, probe, (passed) => {
      if (passed) return finish({ ready: true });
      if (continuous) {
        timer = setTimeout(attempt, CONNECT_INTERVAL_MS);
        return;
      }
      failures += 1;
      if (failures >= probe.failureThreshold) {
        return finish({ ready: false, reason: `the ${probe.kind} start-up probe failed ${failures} times on ${port}` });
      }
      timer = setTimeout(attempt, Math.max(0, nextAtMs - performance.now()));
    });
  }

  const limit = setTimeout(() => {
    const reason =
      probe.kind === 'tcp'
        ? `did not listen on port ${port} within ${limitMs} ms`
        : `the ${probe.kind} start-up probe on port ${port} did not pass within ${limitMs} ms`;
    finish({ ready: false, reason });
  }, limitMs);
  if (probe.initialDelayMs > 0) timer = setTimeout(attempt, probe.initialDelayMs);
  else attempt();
  return cancel;
}
