import type { LoadRecording } from '../domain/load.ts';
import type { WarmBlock } from '../domain/measurement.ts';
import { decodeHistogram } from '../stats/histogram.ts';
import { errorCount, momentsOf } from './recording.ts';

// More errors than this and the correct answers' times describe a service in trouble, not its speed.
const MOST_ERRORS = 0.01;
// Little's law: in a closed loop every connection always waits. Below the first share the finding is told, below the
// second the numbers are the generator's and not the service's.
const EXPECTED_WAITING = 0.8;
const LEAST_WAITING = 0.3;

const durationOf = ({ timedFromMs, toMs }: LoadRecording) => toMs - timedFromMs;

/** Share of the connections' time that was spent waiting for the service: throughput x latency / connections. */
export function waitingShare(recording: LoadRecording): number {
  const durationMs = durationOf(recording);
  return durationMs > 0 ? recording.waitedUs / 1000 / (durationMs * recording.connections) : 0;
}

/** What the load generator finds wrong with itself. */
export function auditLoad(recording: LoadRecording): string | undefined {
  const share = waitingShare(recording);
  if (share >= EXPECTED_WAITING) return undefined;
  const busy = Math.round((1 - share) * 10) * 10;
  return `the load generator kept connections idle for about ${busy} % of a warm block: requests per second are a lower bound`;
}

function defect(recording: LoadRecording): string | undefined {
  if (recording.endedEarly !== undefined) return recording.endedEarly;
  const errors = errorCount(recording);
  if (errors > recording.sent * MOST_ERRORS) {
    const kinds = Object.entries(recording.errors).map(([kind, count]) => `${kind} x ${count}`);
    return `${errors} of ${recording.sent} answers were not correct: ${kinds.join(', ')}`;
  }
  const share = waitingShare(recording);
  return share < LEAST_WAITING
    ? `the load generator was saturated: connections waited for the service only ${Math.round(share * 100)} % of the time`
    : undefined;
}

/**
 * The block's numbers, all of the correct answers only. Percentiles are the histogram's, at most 0.1 % from the truth, so
 * that a block which several processes recorded has the numbers that one would have had. `reason` voids it from outside.
 */
export function describeRecording(recording: LoadRecording, reason?: string): WarmBlock {
  const answers = recording.sent - errorCount(recording);
  const durationMs = durationOf(recording);
  const histogram = decodeHistogram(recording.histogram);
  const [minMs, maxMs] = [recording.leastUs / 1000, recording.mostUs / 1000];
  // The histogram answers with the upper end of a step, which may lie beyond the largest value.
  const quantile = (q: number) => (answers === 0 ? 0 : Math.min(maxMs, Math.max(minMs, histogram.quantileMs(q))));
  const invalid = defect(recording) ?? reason;
  return {
    connections: recording.connections,
    warmupRequests: recording.warmupRequests,
    requests: recording.sent,
    durationMs,
    errors: recording.errors,
    requestsPerSecond: durationMs > 0 ? (answers / durationMs) * 1000 : 0,
    p50Ms: quantile(0.5),
    p90Ms: quantile(0.9),
    p99Ms: quantile(0.99),
    ...momentsOf(recording, answers),
    minMs,
    maxMs,
    histogram: recording.histogram,
    ...(invalid === undefined ? {} : { void: invalid }),
  };
}
