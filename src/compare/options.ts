import type { Metric, MetricId } from '../domain/metric.ts';

export type EffectTable = Readonly<Partial<Record<MetricId, number>>>;

export interface CompareOptions {
  /** Minimum effects as relative changes (0.15), in place of the metric table's. */
  readonly minimumEffects?: EffectTable;
  /** The same for single implementations; goes before `minimumEffects`. */
  readonly implementationEffects?: Readonly<Record<string, EffectTable>>;
  /** Chance of any false regression or improvement in the whole comparison; 0.05 when absent. */
  readonly alpha?: number;
}

export const DEFAULT_ALPHA = 0.05;
/** Fewer fresh instances than this on a side are shown and never judged. */
export const LEAST_SAMPLES = 8;
/**
 * Below this a t-test with the fleet's variance takes over: eight ranks a side, however clear, are no proof among the 57
 * tests of 19 implementations.
 */
export const LEAST_FOR_RANKS = 10;
/** A larger share of lost samples may itself be the effect of the change: what is left is a selection. */
export const MOST_DROPPED = 0.25;

export function minimumEffect(
  metric: Metric & { readonly id: MetricId },
  name: string,
  options: CompareOptions,
): number {
  return (
    options.implementationEffects?.[name]?.[metric.id] ?? options.minimumEffects?.[metric.id] ?? metric.minimumEffect
  );
}
