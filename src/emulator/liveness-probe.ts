import type { InstanceProbe, RevisionSpec } from './model.ts';
import { CHECKS } from './probe-check.ts';

/**
 * Checks a ready instance once per period, and calls `failed` once, when the probe has failed as often in a row as its
 * threshold says. Returns a function that ends it without calling. The initial delay runs from the call on.
 */
export function watchLiveness(port: number, probe: InstanceProbe, failed: (failures: number) => void): () => void {
  let failures = 0;
  let cancelCheck: (() => void) | undefined;
  let timer: NodeJS.Timeout;

  function attempt(): void {
    const nextAtMs = performance.now() + probe.periodMs;
    cancelCheck = CHECKS[probe.kind](port, probe, (passed) => {
      failures = passed ? 0 : failures + 1;
      if (failures >= probe.failureThreshold) failed(failures);
      else timer = setTimeout(attempt, Math.max(0, nextAtMs - performance.now()));
    });
  }

  timer = setTimeout(attempt, probe.initialDelayMs);
  return () => {
    clearTimeout(timer);
    cancelCheck?.();
  };
}

/** Cloud Run's own line about it. */
export function livenessLine({ service, containerPort = 8080, livenessProbe }: RevisionSpec, failures: number): string {
  const { kind = 'http', path } = livenessProbe ?? {};
  const times = failures === 1 ? 'time' : 'times';
  const where = `container "${service}-1" on port ${containerPort}${path === undefined ? '' : ` path "${path}"`}`;
  return `LIVENESS ${kind.toUpperCase()} probe failed ${failures} ${times} consecutively for ${where}. The instance has been shut down.`;
}
