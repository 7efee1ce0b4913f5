import type { MetricComparison } from '../domain/comparison.ts';
import type { Conformance } from '../domain/conformance.ts';
import type { Side } from '../domain/deployment.ts';
import type { Measurement, Stratum } from '../domain/measurement.ts';
import { METRICS, type Metric, type MetricId } from '../domain/metric.ts';
import { plain } from './escape.ts';
import { count, formatChange, formatInterval, formatPercent, formatValue } from './numbers.ts';

interface Said {
  readonly more: string;
  readonly less: string;
  readonly when: string;
  /** The same in a table cell. */
  readonly short: string;
}

/** How a change of a metric is said of an implementation; metrics that are not here are said by their label. */
const SAID: Readonly<Partial<Record<MetricId, Said>>> = {
  'cold-ttfb': { more: 'slower', less: 'faster', when: 'starts {} from zero', short: '{} from cold' },
  'warm-p50': { more: 'slower', less: 'faster', when: 'answers {} when warm', short: '{} when warm' },
  'warm-rps': { more: 'more', less: 'fewer', when: 'serves {} requests per second', short: '{} requests/s' },
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

/** `slower from cold`, for a table cell. */
export function changeWord({ metric, estimate }: MetricComparison): string {
  const said = SAID[metric];
  if (said === undefined || estimate === undefined) return `changed ${labelOf(metric)}`;
  return said.short.replace('{}', estimate.ratio >= 1 ? said.more : said.less);
}

/** `6.69 s → 8.77 s, 95 % interval +22 % to +41 %`, as far as it is known. */
export function evidenceOf({ metric, estimate, baseMedian, headMedian }: MetricComparison): string {
  const unit = metricOf(metric)?.unit ?? 'ms';
  const known = baseMedian !== undefined && headMedian !== undefined;
  const medians = known ? [`${formatValue(baseMedian, unit)} → ${formatValue(headMedian, unit)}`] : [];
  if (estimate === undefined) return medians.join('');
  const { confidence, low, high } = estimate;
  const interval = `${Math.round(confidence * 100)} % interval ${formatChange(low)} to ${formatChange(high)}`;
  return [...medians, interval].join(', ');
}

const LISTED_VECTORS = 5;

/** What a contract failure is: `2 of 14 vectors failed: expired-timestamp, malformed-json`. */
export function contractSentence(conformance: Conformance | undefined, reason?: string): string {
  if (conformance === undefined) return reason ?? 'not checked';
  if (conformance.unreachable !== undefined) return `unreachable: ${plain(conformance.unreachable, 200)}`;
  const { passed, failed, missingFeatures } = conformance;
  const ids = conformance.vectors.filter(({ state }) => state === 'failed').map(({ id }) => id);
  const parts = [
    ...(missingFeatures.length === 0 ? [] : [`not declared, but required: ${listed(missingFeatures)}`]),
    ...(failed === 0 ? [] : [`${failed} of ${count(passed + failed, 'vector')} failed: ${listed(ids)}`]),
  ];
  return parts.length === 0 ? (reason ?? 'failed') : parts.join('; ');
}

/** The first few, and how many more. */
export function listed(names: readonly string[], most = LISTED_VECTORS): string {
  const more = names.length > most ? ` and ${names.length - most} more` : '';
  return `${names
    .slice(0, most)
    .map((name) => plain(name, 60))
    .join(', ')}${more}`;
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

/** How a stratum is said. */
const STRATUM_WORDS: Readonly<Record<Stratum, string>> = {
  'fresh-revision': 'fresh revision',
  'forced-zero': 'forced zero',
  'after-idle': 'after idle',
};

/** `2 of 40 samples dropped: not cold`, one line a stratum and reason; empty when none was. */
export function droppedSentences({ samples, dropped }: Measurement): readonly string[] {
  const kept = Map.groupBy(samples, ({ stratum }) => stratum);
  const lost = Map.groupBy(dropped, ({ stratum = 'fresh-revision' }) => stratum);
  const several = new Set([...kept.keys(), ...lost.keys()]).size > 1;
  return [...lost].flatMap(([stratum, ones]) => {
    const taken = ones.length + (kept.get(stratum)?.length ?? 0);
    const of = several ? ` ${STRATUM_WORDS[stratum]}` : '';
    const reasons = Map.groupBy(ones, ({ reason }) => reason);
    return [...reasons].map(
      ([reason, same]) => `${same.length} of ${taken}${of} ${taken === 1 ? 'sample' : 'samples'} dropped: ${reason}`,
    );
  });
}

/** `40 of 40 cold starts proven`; with several strata, how many of each; how many without the platform's log. */
export function provenSentence({ samples }: Measurement): string {
  const proven = samples.filter((sample) => sample.cold.proof.proven);
  const strata = Map.groupBy(proven, ({ stratum }) => stratum);
  const each = [...strata].map(([stratum, ones]) => `${ones.length} ${STRATUM_WORDS[stratum]}`);
  const which = strata.size > 1 ? ` (${each.join(', ')}; never pooled)` : '';
  const byMarker = proven.filter((sample) => sample.cold.proof.by === 'marker').length;
  const how = byMarker === 0 ? '' : `, ${byMarker} of them by the service's own marker`;
  return `${proven.length} of ${count(samples.length, 'cold start')} proven${which}${how}`;
}

/**
 * `cold start (forced zero, not judged): 1.20 s → 1.31 s at the median, 4+4 cold starts`, one line for each stratum
 * that is not judged, then what the platform aborted. Empty where there is one stratum and nothing was aborted.
 */
export function strataSentences({ strata = [], gateStratum = 'fresh-revision' }: Measurement): readonly string[] {
  const shown = [...Map.groupBy(strata, ({ stratum }) => stratum)].filter(([stratum]) => stratum !== gateStratum);
  const lines = shown.flatMap(([stratum, sides]) => {
    const of = (side: Side) => sides.find((one) => one.side === side)?.ttfbMs;
    const known = [of('base'), of('head')].filter((summary) => summary !== undefined);
    if (known.length === 0) return [];
    const medians = known.map(({ p50 }) => formatValue(p50, 'ms')).join(' → ');
    const numbers = known.map(({ n }) => n).join('+');
    return [`cold start (${STRATUM_WORDS[stratum]}, not judged): ${medians} at the median, ${numbers} cold starts`];
  });
  const judged = gateStratum === 'fresh-revision' ? [] : [`judged by cold starts: ${STRATUM_WORDS[gateStratum]}`];
  const aborted = strata.reduce((sum, one) => sum + one.aborted, 0);
  const refused =
    aborted === 0
      ? []
      : [`the platform aborted ${count(aborted, 'request')} at zero instances, counted among the dropped`];
  return [...judged, ...lines, ...refused];
}
