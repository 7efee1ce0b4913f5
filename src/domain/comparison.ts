import type { MetricId } from './metric.ts';

export const VERDICTS = ['regression', 'improvement', 'no change', 'inconclusive'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** An implementation that has no verdict has a state instead. */
export type ImplementationState = 'contract failed' | 'not measured' | 'new' | 'carried';

/** A ratio head/base with its interval; 1.18 means 18 % more. */
export interface RatioEstimate {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  /** 0.95 for a two-sided 95 % interval. */
  readonly confidence: number;
}

export interface MetricComparison {
  readonly metric: MetricId;
  readonly verdict: Verdict;
  readonly gate: boolean;
  readonly baseMedian?: number;
  readonly headMedian?: number;
  readonly baseN: number;
  readonly headN: number;
  readonly estimate?: RatioEstimate;
  /** Two-sided p-value, before and after Holm's correction over all gate tests of the run. */
  readonly p?: number;
  readonly adjustedP?: number;
  readonly minimumEffect: number;
  /** Smallest relative change that this comparison would have called, where it can be told. */
  readonly detectable?: number;
  /** Why it is inconclusive, or a remark beside a verdict. */
  readonly reason?: string;
}

export interface ImplementationComparison {
  readonly implementation: string;
  /** Worst gate verdict; absent when `state` is set. */
  readonly verdict?: Verdict;
  readonly state?: ImplementationState;
  readonly reason?: string;
  readonly metrics: readonly MetricComparison[];
}

export interface Comparison {
  readonly serviceType: string;
  /** In a run with several profiles. */
  readonly profile?: string;
  /** `side-by-side`: both measured in this run. `stored`: against an earlier run's numbers; wider, report-only. `none`: nothing to compare with. */
  readonly mode: 'side-by-side' | 'stored' | 'none';
  /** Why this mode was taken, in words. */
  readonly modeReason: string;
  readonly baseline?: BaselineReference;
  readonly implementations: readonly ImplementationComparison[];
  /** Worst over the implementations. */
  readonly verdict: Verdict | 'none';
}

/** Names a baseline exactly, in every report. */
export interface BaselineReference {
  readonly runIds: readonly string[];
  readonly commit?: string;
  readonly date?: string;
}
