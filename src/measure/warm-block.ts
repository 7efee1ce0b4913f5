import type { WarmBlock } from '../domain/measurement.ts';
import { latencyHistogram } from '../stats/histogram.ts';
import { summarize } from '../stats/summary.ts';
import type { ClosedLoad } from './closed-load.ts';

// More errors than this and the correct answers' times describe a service in trouble, not its speed.
const MOST_ERRORS = 0.01;
// Little's law: in a closed loop every connection always waits. Below the first share the finding is told, below the
// second the numbers are the generator's and not the service's.
const EXPECTED_WAITING = 0.8;
const LEAST_WAITING = 0.3;

const errorCount = (load: ClosedLoad) => Object.values(load.errors).reduce((sum, count) => sum + count, 0);

/** Share of the connections' time that was spent waiting for the service: throughput x latency / connections. */
export function waitingShare(load: ClosedLoad, connections: number): number {
  return load.durationMs > 0 ? load.waitedMs / (load.durationMs * connections) : 0;
}

/** What the load generator finds wrong with itself. */
export function auditLoad(load: ClosedLoad, connections: number): string | undefined {
  const share = waitingShare(load, connections);
  if (share >= EXPECTED_WAITING) return undefined;
  const busy = Math.round((1 - share) * 10) * 10;
  return `the load generator kept connections idle for about ${busy} % of a warm block: requests per second are a lower bound`;
}

function defect(load: ClosedLoad, connections: number): string | undefined {
  if (load.endedEarly !== undefined) return load.endedEarly;
  const errors = errorCount(load);
  if (errors > load.sent * MOST_ERRORS) {
    const kinds = Object.entries(load.errors).map(([kind, count]) => `${kind} x ${count}`);
    return `${errors} of ${load.sent} answers were not correct: ${kinds.join(', ')}`;
  }
  const share = waitingShare(load, connections);
  return share < LEAST_WAITING
    ? `the load generator was saturated: connections waited for the service only ${Math.round(share * 100)} % of the time`
    : undefined;
}

/** The block's numbers; percentiles are exact, over the correct answers only. `reason` voids it from outside. */
export function describeBlock(
  load: ClosedLoad,
  settings: { readonly connections: number; readonly warmupRequests: number },
  reason?: string,
): WarmBlock {
  const histogram = latencyHistogram();
  for (const latencyMs of load.latenciesMs) histogram.record(latencyMs);
  const answers = load.latenciesMs.length;
  const summary = summarize(answers === 0 ? [0] : [...load.latenciesMs]);
  const invalid = defect(load, settings.connections) ?? reason;
  return {
    connections: settings.connections,
    warmupRequests: settings.warmupRequests,
    requests: load.sent,
    durationMs: load.durationMs,
    errors: load.errors,
    requestsPerSecond: load.durationMs > 0 ? (answers / load.durationMs) * 1000 : 0,
    p50Ms: summary.p50,
    p90Ms: summary.p90,
    p99Ms: summary.p99,
    meanMs: summary.mean,
    stddevMs: summary.stddev,
    minMs: summary.min,
    maxMs: summary.max,
    histogram: histogram.encode(),
    ...(invalid === undefined ? {} : { void: invalid }),
  };
}
