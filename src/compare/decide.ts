import type { MetricComparison, RatioEstimate } from '../domain/comparison.ts';
import type { Metric, MetricId } from '../domain/metric.ts';
import { normalQuantile } from '../stats/distributions.ts';
import type { ShiftInterval } from '../stats/hodges-lehmann.ts';
import { intervalText, plainPercent, signedPercent } from './format.ts';

export type KnownMetric = Metric & { readonly id: MetricId };

/** What a test says about one metric of one implementation, before the correction for all the other tests. */
export interface MetricTest {
  readonly metric: KnownMetric;
  readonly baseMedian?: number;
  readonly headMedian?: number;
  readonly baseN: number;
  readonly headN: number;
  /** Relative, as configured. */
  readonly minimumEffect: number;
  /** Logarithms of head/base: the two-sided 95 % and 90 % intervals. */
  readonly wide?: ShiftInterval;
  readonly narrow?: ShiftInterval;
  readonly p?: number;
  /** Why no verdict can be given whatever the numbers say. */
  readonly blocked?: string;
}

export interface Significance {
  readonly adjustedP: number;
  readonly alpha: number;
  /** Gate tests of the whole comparison. */
  readonly tests: number;
}

// Chance with which a change of the size called `detectable` would be found, and with which `samplesFor` samples
// would show that there is none.
const POWER = 0.8;
const EQUIVALENCE_POWER = 0.9;
const MOST_SAMPLES_NAMED = 1000;

const finite = (interval: ShiftInterval | undefined): interval is ShiftInterval =>
  interval !== undefined && Number.isFinite(interval.low) && Number.isFinite(interval.high);

function ratioOf(interval: ShiftInterval): RatioEstimate {
  return {
    ratio: Math.exp(interval.shift),
    low: Math.exp(interval.low),
    high: Math.exp(interval.high),
    confidence: interval.confidence,
  };
}

/** Relative margin: the minimum effect, or what the absolute floor is of base's median when that is more. */
export function marginOf(test: MetricTest): number {
  const floor = test.baseMedian === undefined ? 0 : test.metric.floor / test.baseMedian;
  return Math.max(test.minimumEffect, floor);
}

const standardError = (wide: ShiftInterval) => (wide.high - wide.low) / (2 * normalQuantile((1 + wide.confidence) / 2));

/** Smallest change that would have been called with 80 % chance, given the noise seen; never below the margin. */
function detectableBy(wide: ShiftInterval, margin: number, { alpha, tests }: Significance): number {
  const quantiles = normalQuantile(1 - alpha / (2 * Math.max(1, tests))) + normalQuantile(POWER);
  return Math.max(margin, Math.expm1(quantiles * standardError(wide)));
}

/** Samples per side after which "no change" could be said of an unchanged implementation with this noise. */
export function samplesFor(test: MetricTest, wide: ShiftInterval, margin: number): number {
  const perSide = 2 / (1 / test.baseN + 1 / test.headN);
  const quantiles = normalQuantile(0.95) + normalQuantile(EQUIVALENCE_POWER);
  return Math.ceil(perSide * ((quantiles * standardError(wide)) / Math.log1p(margin)) ** 2);
}

function advice(test: MetricTest, wide: ShiftInterval, margin: number): string {
  const wanted = samplesFor(test, wide, margin);
  if (wanted <= Math.max(test.baseN, test.headN)) return 'more samples may decide it';
  return wanted > MOST_SAMPLES_NAMED
    ? `more than ${MOST_SAMPLES_NAMED} per side would be needed`
    : `about ${wanted} per side would do`;
}

interface Finding {
  readonly verdict: MetricComparison['verdict'];
  readonly reason?: string;
}

function find(test: MetricTest, significance: Significance): Finding {
  const { wide, narrow } = test;
  if (test.blocked !== undefined) return { verdict: 'inconclusive', reason: test.blocked };
  if (!finite(wide) || !finite(narrow)) return { verdict: 'inconclusive', reason: 'too few samples for an interval' };
  const margin = marginOf(test);
  const limit = Math.log1p(margin);
  const worse = test.metric.better === 'lower' ? wide.shift : -wide.shift;
  const rejected = significance.adjustedP < significance.alpha;
  const raised =
    margin > test.minimumEffect
      ? `changes below ${test.metric.floor} ${test.metric.unit} do not count, which is ${plainPercent(margin)} here`
      : undefined;
  const remark = raised === undefined ? {} : { reason: raised };
  if (rejected && worse >= limit) return { verdict: 'regression', ...remark };
  if (rejected && worse <= -limit) return { verdict: 'improvement', ...remark };
  if (narrow.low > -limit && narrow.high < limit) {
    const shift = rejected ? [`small shift ${signedPercent(Math.expm1(wide.shift))}`] : [];
    const remarks = [...shift, ...(raised === undefined ? [] : [raised])];
    return { verdict: 'no change', ...(remarks.length === 0 ? {} : { reason: remarks.join('; ') }) };
  }
  return { verdict: 'inconclusive', reason: openReason(test, wide, margin, significance, rejected) };
}

function openReason(
  test: MetricTest,
  wide: ShiftInterval,
  margin: number,
  { tests }: Significance,
  rejected: boolean,
): string {
  const interval = `${plainPercent(wide.confidence)} interval ${intervalText(wide)}`;
  if (rejected) return `there is a change, but whether it reaches ${plainPercent(margin)} is open: ${interval}`;
  const excluded = wide.low > 0 || wide.high < 0;
  const why = excluded
    ? `${interval} shows a change, but not surely enough among ${tests} tests`
    : `${interval} is wider than ${plainPercent(margin)}`;
  return `${why}; ${advice(test, wide, margin)}`;
}

/** The metric's row: regression and improvement need significance and size, "no change" needs an interval inside the margin. */
export function decide(test: MetricTest, significance: Significance): MetricComparison {
  const { metric, wide } = test;
  const usable = finite(wide);
  const finding: Finding = metric.gate
    ? find(test, significance)
    : { verdict: 'inconclusive', reason: 'not gated: shown with its interval only' };
  return {
    metric: metric.id,
    verdict: finding.verdict,
    gate: metric.gate,
    ...(test.baseMedian === undefined ? {} : { baseMedian: test.baseMedian }),
    ...(test.headMedian === undefined ? {} : { headMedian: test.headMedian }),
    baseN: test.baseN,
    headN: test.headN,
    ...(usable ? { estimate: ratioOf(wide) } : {}),
    ...(test.p === undefined ? {} : { p: test.p }),
    ...(metric.gate && test.p !== undefined && test.blocked === undefined ? { adjustedP: significance.adjustedP } : {}),
    minimumEffect: marginOf(test),
    ...(metric.gate && usable ? { detectable: detectableBy(wide, marginOf(test), significance) } : {}),
    ...(finding.reason === undefined ? {} : { reason: finding.reason }),
  };
}
