import type { MetricComparison } from '../domain/comparison.ts';
import type { Measurement } from '../domain/measurement.ts';
import { METRICS, type Metric, type MetricId } from '../domain/metric.ts';
import { count, formatChange, formatInterval, formatPercent } from './numbers.ts';

/** How a change of a metric is said of an implementation; metrics that are not here are said by their label. */
const SAID: Readonly<
  Partial<Record<MetricId, { readonly more: string; readonly less: string; readonly when: string }>>
> = {
  'cold-ttfb': { more: 'slower', less: 'faster', when: 'starts {} from zero' },
  'warm-p50': { more: 'slower', less: 'faster', when: 'answers {} when warm' },
  'warm-rps': { more: 'more', less: 'fewer', when: 'serves {} requests per second' },
};

export function metricOf(id: string): Metric | undefined {
  return METRICS.find((metric) => metric.id === id);
}

function labelOf(id: string): string {
  const label = metricOf(id)?.label ?? id;
  return label.charAt(0).toLowerCase() + label.slice(1);
}

/** `starts 18 % slower from zero`, of a metric with an estimate. */
export function changePhrase({ metric, estimate }: MetricComparison): string {
  const said = SAID[metric];
  if (estimate === undefined) return `changed in ${labelOf(metric)}`;
  if (said === undefined) return `changed by ${formatChange(estimate.ratio)} in ${labelOf(metric)}`;
  const word = estimate.ratio >= 1 ? said.more : said.less;
  return said.when.replace('{}', `${formatPercent(estimate.ratio - 1)} ${word}`);
}

/** `cold start +18 % [+11 %, +26 %], 20+20 fresh instances: regression`, with what would have been seen, and the reason. */
export function metricSentence(comparison: MetricComparison): string {
  const { metric, estimate, baseN, headN, verdict, reason, detectable } = comparison;
  const change = estimate === undefined ? '' : ` ${formatChange(estimate.ratio)} ${formatInterval(estimate)}`;
  const seen =
    verdict === 'no change' && detectable !== undefined ? [`would have seen ${formatPercent(detectable)}`] : [];
  const remarks = verdict === 'inconclusive' || reason === undefined ? seen : [...seen, reason];
  const why = verdict === 'inconclusive' && reason !== undefined ? `, ${reason}` : '';
  const remark = remarks.length === 0 ? '' : ` (${remarks.join('; ')})`;
  return `${labelOf(metric)}${change}, ${baseN}+${headN} fresh instances: ${verdict}${why}${remark}`;
}

/** `2 of 40 samples dropped: not cold`, one line a reason; empty when none was. */
export function droppedSentences({ samples, dropped }: Measurement): readonly string[] {
  const taken = samples.length + dropped.length;
  const reasons = new Map<string, number>();
  for (const { reason } of dropped) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  return [...reasons].map(([reason, number]) => `${number} of ${count(taken, 'sample')} dropped: ${reason}`);
}

/** `40 of 40 cold starts proven`. */
export function provenSentence({ samples }: Measurement): string {
  const proven = samples.filter((sample) => sample.cold.proof.proven).length;
  return `${proven} of ${count(samples.length, 'cold start')} proven`;
}
