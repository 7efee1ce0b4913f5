import type { Probe } from './messages.ts';
import type { Violation } from './violation.ts';

const MAX_INITIAL_DELAY_S = 240;
const MAX_PROBE_WINDOW_S = 240;
const LIVENESS_MAX_S = 3600;

/** Limits of a probe. `kind` decides the window: a start-up probe may fail for 240 s in all. */
export function validateProbe(path: string, kind: 'startup' | 'liveness' | 'readiness', probe: Probe | undefined) {
  if (probe === undefined) return [];
  const { initialDelaySeconds = 0, timeoutSeconds = 1, periodSeconds = 10, failureThreshold = 3 } = withoutZeros(probe);
  const max = kind === 'startup' ? MAX_PROBE_WINDOW_S : LIVENESS_MAX_S;
  const kinds = [probe.httpGet, probe.tcpSocket, probe.grpc].filter((one) => one !== undefined).length;
  const found: Violation[] = [];
  const check = (ok: boolean, field: string, text: string) => {
    if (!ok) found.push({ path: field === '' ? path : `${path}.${field}`, text });
  };
  const within = (value: number, low: number, high: number) => value >= low && value <= high;
  check(kinds <= 1, '', 'exactly one of http_get, tcp_socket or grpc must be specified.');
  check(
    kind !== 'liveness' || probe.tcpSocket === undefined,
    'tcp_socket',
    'TCP is supported for startup probes only.',
  );
  check(
    within(initialDelaySeconds, 0, kind === 'startup' ? MAX_INITIAL_DELAY_S : LIVENESS_MAX_S),
    'initial_delay_seconds',
    `must be between 0 and ${kind === 'startup' ? MAX_INITIAL_DELAY_S : LIVENESS_MAX_S}, found ${initialDelaySeconds}.`,
  );
  check(within(periodSeconds, 1, max), 'period_seconds', `must be between 1 and ${max}, found ${periodSeconds}.`);
  check(within(timeoutSeconds, 1, max), 'timeout_seconds', `must be between 1 and ${max}, found ${timeoutSeconds}.`);
  check(
    timeoutSeconds <= periodSeconds,
    'timeout_seconds',
    `must not be greater than period_seconds (${periodSeconds}), found ${timeoutSeconds}.`,
  );
  check(failureThreshold >= 1, 'failure_threshold', `must be at least 1, found ${failureThreshold}.`);
  check(
    kind !== 'startup' || failureThreshold * periodSeconds <= MAX_PROBE_WINDOW_S,
    'failure_threshold',
    `failure_threshold * period_seconds must be at most ${MAX_PROBE_WINDOW_S}, found ${failureThreshold * periodSeconds}.`,
  );
  return found;
}

/** In proto3 an unset number is 0, and 0 means the default here. */
function withoutZeros(probe: Probe): Partial<Record<keyof Probe, number>> {
  return Object.fromEntries(Object.entries(probe).filter(([, value]) => typeof value === 'number' && value !== 0));
}
