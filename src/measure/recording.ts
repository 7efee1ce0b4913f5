import type { LoadRecording } from '../domain/load.ts';
import type { ErrorCounts } from '../domain/measurement.ts';
import { decodeHistogram, latencyHistogram } from '../stats/histogram.ts';
import type { ClosedLoad } from './closed-load.ts';

export interface RecordedBlock {
  readonly connections: number;
  readonly warmupRequests: number;
  /** Epoch milliseconds: first request of the warm-up, and of the timed part. */
  readonly fromMs: number;
  readonly timedFromMs: number;
}

/** What one process measured of a block, in the form that merges exactly. */
export function recordLoad(load: ClosedLoad, block: RecordedBlock): LoadRecording {
  const histogram = latencyHistogram();
  let [sum, squares, least, most] = [0n, 0n, Number.POSITIVE_INFINITY, 0];
  for (const latencyMs of load.latenciesMs) {
    histogram.record(latencyMs);
    const latencyUs = Math.round(latencyMs * 1000);
    const exact = BigInt(latencyUs);
    sum += exact;
    squares += exact * exact;
    least = Math.min(least, latencyUs);
    most = Math.max(most, latencyUs);
  }
  const { connections, warmupRequests, fromMs, timedFromMs } = block;
  return {
    connections,
    warmupRequests,
    sent: load.sent,
    errors: mergeErrors([load.errors]),
    histogram: histogram.encode(),
    sumUs: String(sum),
    sumOfSquaresUs: String(squares),
    leastUs: load.latenciesMs.length === 0 ? 0 : least,
    mostUs: most,
    waitedUs: load.waitedUs,
    fromMs,
    timedFromMs,
    toMs: timedFromMs + load.durationMs,
    ...(load.endedEarly === undefined ? {} : { endedEarly: load.endedEarly }),
  };
}

/**
 * The recording that one process would have made of everything that these made. Throws RangeError without a part, and
 * whatever the histogram throws on a damaged one.
 */
export function mergeRecordings(parts: readonly LoadRecording[]): LoadRecording {
  if (parts.length === 0) throw new RangeError('there is no recording to merge');
  const histogram = latencyHistogram();
  for (const part of parts) histogram.merge(decodeHistogram(part.histogram));
  const sum = (of: (part: LoadRecording) => number) => parts.reduce((total, part) => total + of(part), 0);
  const exactSum = (of: (part: LoadRecording) => string) =>
    String(parts.reduce((total, part) => total + BigInt(of(part)), 0n));
  const least = parts.filter(hasLatencies).map(({ leastUs }) => leastUs);
  const ended = parts.flatMap(({ endedEarly }) => endedEarly ?? []).toSorted();
  return {
    connections: sum(({ connections }) => connections),
    warmupRequests: sum(({ warmupRequests }) => warmupRequests),
    sent: sum(({ sent }) => sent),
    errors: mergeErrors(parts.map(({ errors }) => errors)),
    histogram: histogram.encode(),
    sumUs: exactSum(({ sumUs }) => sumUs),
    sumOfSquaresUs: exactSum(({ sumOfSquaresUs }) => sumOfSquaresUs),
    leastUs: least.length === 0 ? 0 : Math.min(...least),
    mostUs: Math.max(...parts.map(({ mostUs }) => mostUs)),
    waitedUs: sum(({ waitedUs }) => waitedUs),
    fromMs: Math.min(...parts.map(({ fromMs }) => fromMs)),
    timedFromMs: Math.min(...parts.map(({ timedFromMs }) => timedFromMs)),
    toMs: Math.max(...parts.map(({ toMs }) => toMs)),
    ...(ended[0] === undefined ? {} : { endedEarly: ended[0] }),
  };
}

/** Requests that were not answered correctly. */
export const errorCount = ({ errors }: Pick<LoadRecording, 'errors'>) =>
  Object.values(errors).reduce((total, count) => total + count, 0);

const hasLatencies = (part: LoadRecording) => part.sent > errorCount(part);

/** By kind, in order of their names, so that equal counts are equal texts. */
function mergeErrors(parts: readonly ErrorCounts[]): ErrorCounts {
  const counts = new Map<string, number>();
  for (const [kind, count] of parts.flatMap((errors) => Object.entries(errors))) {
    counts.set(kind, (counts.get(kind) ?? 0) + count);
  }
  return Object.fromEntries([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Mean and standard deviation (n - 1; 0 for one value), milliseconds, from the exact sums. */
export function momentsOf(
  { sumUs, sumOfSquaresUs }: LoadRecording,
  count: number,
): { meanMs: number; stddevMs: number } {
  if (count === 0) return { meanMs: 0, stddevMs: 0 };
  const [sum, squares, n] = [BigInt(sumUs), BigInt(sumOfSquaresUs), BigInt(count)];
  // n * sum of squares - square of sum: exact, where the usual difference of two large doubles is not.
  const spread = Number(n * squares - sum * sum);
  const variance = count < 2 ? 0 : spread / count / (count - 1);
  return { meanMs: Number(sum) / count / 1000, stddevMs: Math.sqrt(variance) / 1000 };
}
