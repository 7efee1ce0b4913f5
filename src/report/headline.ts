import type { BaselineReference, Comparison } from '../domain/comparison.ts';
import { decisive, type Row, STANDINGS, type Standing, whoOf } from './model.ts';
import { count, formatPercent } from './numbers.ts';
import { changePhrase, contractSentence, evidenceOf } from './phrases.ts';

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

/** `1 regression, 1 contract failure, 17 unchanged`. Against stored numbers a regression is only a possible one. */
export function countsSentence(rows: readonly Row[]): string {
  const parts = STANDINGS.map((standing) => ({
    standing,
    number: rows.filter((row) => row.standing === standing).length,
  })).filter(({ number }) => number > 0);
  if (parts.length === 0) return 'no implementations';
  const onlyPossible = rows.every(({ standing, stored }) => standing !== 'regression' || stored === true);
  return parts
    .map(({ standing, number }) =>
      standing === 'regression' && onlyPossible ? count(number, 'possible regression') : WORDS[standing](number),
    )
    .join(', ');
}

export interface Lead {
  readonly who: string;
  readonly what: string;
  readonly evidence: string;
}

/** The most important finding: who, what, and the evidence; undefined when nothing has changed for sure. */
export function leadFinding(rows: readonly Row[]): Lead | undefined {
  for (const wanted of ['regression', 'contract failed', 'improvement'] as const) {
    const row = rows.find(({ standing }) => standing === wanted);
    if (row === undefined) continue;
    const who = whoOf(row);
    if (wanted === 'contract failed')
      return { who, what: 'fails its contract', evidence: contractSentence(row.conformance, row.reason) };
    const metric = decisive(row);
    if (metric !== undefined) return { who, what: changePhrase(metric), evidence: evidenceOf(metric) };
  }
  return undefined;
}

/** `discord-webhook`, where the run has several profiles `discord-webhook, profile large`. */
export function groupName({
  serviceType,
  profile,
}: {
  readonly serviceType: string;
  readonly profile?: string;
}): string {
  return profile === undefined ? serviceType : `${serviceType}, profile ${profile}`;
}

/** `17 unchanged (smallest change we could have seen: 12–38 %)` */
export function quietSentence(quiet: readonly Row[]): string {
  const seen = detectableOf(quiet);
  return seen === '' ? countsSentence(quiet) : `${countsSentence(quiet)} (smallest change we could have seen: ${seen})`;
}

/** The range of what the comparisons of these rows could have seen, `12–38 %`; empty where none can tell. */
export function detectableOf(rows: readonly Row[]): string {
  const seen = rows
    .flatMap((row) => row.comparisons)
    .filter((metric) => metric.gate)
    .map((metric) => metric.detectable)
    .filter((detectable) => detectable !== undefined);
  if (seen.length === 0) return '';
  const [low, high] = [Math.min(...seen), Math.max(...seen)].map(formatPercent);
  return low === high ? `${low}` : `${low?.replace(' %', '')}–${high}`;
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
