import type { Sample } from './measurement.ts';

/** One number per instance. Adding a metric is adding a row; reports and comparisons take their rows from this table. */
export interface Metric {
  readonly id: string;
  readonly label: string;
  readonly unit: 'ms' | '1/s';
  /** Which direction is better. */
  readonly better: 'lower' | 'higher';
  /** Whether a change of it can be a verdict that fails a build. */
  readonly gate: boolean;
  /** Smallest relative change of interest, for gate metrics. */
  readonly minimumEffect: number;
  /** Absolute change below which nothing is a regression, in the metric's unit. */
  readonly floor: number;
  readonly select: (sample: Sample) => number | undefined;
}

const warm = (select: (block: NonNullable<Sample['warm']>) => number) => (sample: Sample) =>
  sample.warm === undefined || sample.warm.void !== undefined ? undefined : select(sample.warm);
const cold = (select: (start: Sample['cold']) => number | undefined) => (sample: Sample) =>
  sample.cold.proof.proven ? select(sample.cold) : undefined;

// Minimum effects and floors: the published noise of Cloud Run makes smaller ones undecidable at 20 samples a side.
export const METRICS = [
  {
    id: 'cold-ttfb',
    label: 'Cold start',
    unit: 'ms',
    better: 'lower',
    gate: true,
    minimumEffect: 0.15,
    floor: 20,
    select: cold((c) => c.ttfbMs),
  },
  {
    id: 'warm-p50',
    label: 'Warm p50',
    unit: 'ms',
    better: 'lower',
    gate: true,
    minimumEffect: 0.1,
    floor: 0.5,
    select: warm((w) => w.p50Ms),
  },
  {
    id: 'warm-rps',
    label: 'Requests/s',
    unit: '1/s',
    better: 'higher',
    gate: true,
    minimumEffect: 0.1,
    floor: 0,
    select: warm((w) => w.requestsPerSecond),
  },
  {
    id: 'warm-p90',
    label: 'Warm p90',
    unit: 'ms',
    better: 'lower',
    gate: false,
    minimumEffect: 0,
    floor: 0,
    select: warm((w) => w.p90Ms),
  },
  {
    id: 'warm-p99',
    label: 'Warm p99',
    unit: 'ms',
    better: 'lower',
    gate: false,
    minimumEffect: 0,
    floor: 0,
    select: warm((w) => w.p99Ms),
  },
  {
    id: 'cold-startup',
    label: 'Start-up',
    unit: 'ms',
    better: 'lower',
    gate: false,
    minimumEffect: 0,
    floor: 0,
    select: cold((c) => c.startupMs),
  },
] as const satisfies readonly Metric[];

export type MetricId = (typeof METRICS)[number]['id'];
