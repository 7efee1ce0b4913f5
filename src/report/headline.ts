import type { BaselineReference, Comparison } from '../domain/comparison.ts';
import { decisive, type Row, STANDINGS, type Standing } from './model.ts';
import { count, formatChange, formatValue } from './numbers.ts';
import { changePhrase, metricOf } from './phrases.ts';

const WORDS: Readonly<Record<Standing, (number: number) => string>> = {
  regression: (number) => count(number, 'regression'),
  'contract failed': (number) => count(number, 'contract failure'),
  inconclusive: (number) => `${number} inconclusive`,
  'not measured': (number) => `${number} not measured`,
  improvement: (number) => count(number, 'improvement'),
  new: (number) => `${number} new`,
  measured: (number) => `${number} measured`,
  'no change': (number) => `${number} unchanged`,
  carried: (number) => `${number} carried`,
};

/** `1 regression, 1 contract failure, 17 unchanged` */
export function countsSentence(rows: readonly Row[]): string {
  const parts = STANDINGS.map((standing) => ({
    standing,
    number: rows.filter((row) => row.standing === standing).length,
  })).filter(({ number }) => number > 0);
  if (parts.length === 0) return 'no implementations';
  return parts.map(({ standing, number }) => WORDS[standing](number)).join(', ');
}

/** The most important finding: who, what, and the evidence; undefined when nothing has changed for sure. */
export function leadFinding(
  rows: readonly Row[],
): { readonly who: string; readonly what: string; readonly evidence: string } | undefined {
  const row =
    rows.find(({ standing }) => standing === 'regression') ?? rows.find(({ standing }) => standing === 'improvement');
  const metric = row === undefined ? undefined : decisive(row);
  if (row === undefined || metric === undefined) return undefined;
  const unit = metricOf(metric.metric)?.unit ?? 'ms';
  const { estimate, baseMedian, headMedian } = metric;
  const medians =
    baseMedian === undefined || headMedian === undefined
      ? []
      : [`${formatValue(baseMedian, unit)} → ${formatValue(headMedian, unit)}`];
  const interval =
    estimate === undefined
      ? []
      : [
          `${Math.round(estimate.confidence * 100)} % interval ${formatChange(estimate.low)} to ${formatChange(estimate.high)}`,
        ];
  return { who: row.name, what: changePhrase(metric), evidence: [...medians, ...interval].join(', ') };
}

const short = (commit: string) => commit.replace(/^([0-9a-f]{12})[0-9a-f]+/, '$1');
const LISTED_RUNS = 10;

/** Names a baseline exactly: commit, date and runs. */
export function baselineSentence(baseline: BaselineReference | undefined): string {
  if (baseline === undefined) return 'none';
  const { commit, date, runIds } = baseline;
  const more = runIds.length > LISTED_RUNS ? ` and ${runIds.length - LISTED_RUNS} more` : '';
  const runs = `${runIds.length === 1 ? 'run' : 'runs'} ${runIds.slice(0, LISTED_RUNS).join(', ')}${more}`;
  const parts = [
    ...(commit === undefined ? [] : [short(commit)]),
    ...(date === undefined ? [] : [`of ${date}`]),
    ...(runIds.length === 0 ? [] : [`(${runs})`]),
  ];
  return parts.length === 0 ? 'unnamed' : parts.join(' ');
}

export const MODE_WORDS: Readonly<Record<Comparison['mode'], string>> = {
  'side-by-side': 'measured side by side in this run',
  stored: 'stored numbers of earlier runs, report only',
  none: 'nothing to compare with',
};

export { short as shortCommit };
