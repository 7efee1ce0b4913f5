import type { RunMetadata, ServiceTypeResults } from '../domain/run.ts';
import { carriedTable, loudTable, rankingTables, unchangedTable } from './comment-table.ts';
import { markdownCommit, markdownLink, markdownText } from './escape.ts';
import { countsSentence, MODE_WORDS, quietSentence } from './headline.ts';
import { leadSentence, unfinished } from './markdown.ts';
import {
  certainty,
  contractFailures,
  contractSentences,
  details,
  environment,
  environmentTitle,
  failureItems,
  reproduce,
} from './markdown-parts.ts';
import { isLoud, type Row, rowsOf } from './model.ts';
import { count } from './numbers.ts';
import { historyLines, type PushHistory } from './push-history.ts';
import { firm, type Section, shorterLists } from './shed.ts';

/** What gives way first; a name that comes again gives way further. */
export const STEPS: readonly string[] = [
  'environment',
  'certainty',
  'ranking',
  'quiet',
  'contract',
  'contract',
  'loud',
  'loud',
  'loud',
  'failures',
  'contract',
  'command',
  'history',
  'failures',
  'history',
  'loud',
];

/** The sections by name, as a reader knows them. */
const WORDS: Readonly<Record<string, string>> = {
  environment: 'environment',
  certainty: 'how sure this is',
  ranking: 'ranking',
  quiet: 'what has not changed',
  contract: 'details of contract failures',
  loud: 'rows of the table',
  failures: 'failures of the run',
  command: 'how to run it',
  history: 'earlier findings',
};

export function leftOut(shortened: readonly string[]): string {
  return shortened.map((name) => WORDS[name] ?? name).join(', ');
}

interface Commented {
  readonly metadata: RunMetadata;
  /** All of one service type. */
  readonly results: readonly ServiceTypeResults[];
  readonly context: { readonly headSha?: string; readonly run: { readonly url: string } };
  readonly rows: readonly Row[];
  readonly history: PushHistory;
  /** What to say of untrusted numbers. */
  readonly untrusted: string;
}

/** Everything below the headline; the last one is the footer. */
export function commentSections(commented: Commented): readonly Section[] {
  const { metadata, results, rows, history, untrusted } = commented;
  const loud = rows.filter(isLoud);
  const unchanged = rows.filter((row) => !isLoud(row) && row.standing !== 'carried');
  const carried = rows.filter(({ standing }) => standing === 'carried');
  const fold = (name: string, title: string, ...bodies: readonly string[]): Section => ({
    name,
    versions: [...bodies.map((body) => details(title, body).join('')), ''],
  });
  const old = history.fixed.length + history.unconfirmed.length;
  return [
    ...[...unfinished(metadata), ...leadSentence(rows), ...modeSentences(results, rows)].map(firm),
    firm(untrusted),
    { name: 'history', versions: [Math.min(old, 20), 3, 0].map((most) => historyLines(history, rows, most)) },
    { name: 'loud', versions: loudVersions(loud) },
    fold(
      'contract',
      'What the contract wanted and what came',
      contractFailures(rows),
      contractFailures(rows, 2),
      contractSentences(rows),
    ),
    failuresSection(metadata),
    fold('quiet', quietSentence(unchanged), unchanged.length === 0 ? '' : unchangedTable(unchanged)),
    fold(
      'quiet',
      `${countsSentence(carried)} over: not touched by this change`,
      carried.length === 0 ? '' : carriedTable(carried, results),
    ),
    fold('ranking', 'Ranking by cold start', rankingTables(results)),
    fold('certainty', 'How sure is this', certaintyOf(results)),
    fold('environment', environmentTitle(metadata), environment(metadata, results)),
    fold('command', 'Run it yourself', reproduce(metadata, loud)),
    firm(footer(commented)),
  ];
}

const LOUD_LENGTHS = [50, 20, 5];

function loudVersions(loud: readonly Row[]): readonly string[] {
  if (loud.length === 0) return [''];
  const tables = shorterLists(loud, LOUD_LENGTHS, (shown, more) =>
    more > 0 ? `${loudTable(shown)}\n\nand ${more} more in the report` : loudTable(shown),
  );
  return [...tables, `${count(loud.length, 'row')} in the report`];
}

/** What a reader must know of the comparison itself. */
function modeSentences(results: readonly ServiceTypeResults[], rows: readonly Row[]): readonly string[] {
  const stored = rows.some((row) => row.stored === true);
  const none = results.find(
    ({ comparison, implementations }) => implementations.length > 0 && (comparison?.mode ?? 'none') === 'none',
  );
  const why = none?.comparison?.modeReason ?? '';
  return [
    ...(stored ? ['Compared with stored numbers of earlier runs: a hint, which fails no check.'] : []),
    ...(none === undefined ? [] : [`Nothing to compare with${why === '' ? '' : `: ${markdownText(why, 300)}`}.`]),
  ];
}

function certaintyOf(results: readonly ServiceTypeResults[]): string {
  const lines = results.flatMap((group) => certainty(rowsOf(group), group.comparison).split('\n'));
  return [...new Set(lines)].filter((line) => line !== '').join('\n');
}

const FAILURES = [20, 5];

function failuresSection({ failures, ...rest }: RunMetadata): Section {
  if (failures.length === 0) return firm('');
  const title = `${count(failures.length, 'failure')} of this run`;
  const versions = shorterLists(failureItems({ failures, ...rest }).slice(0, 100), FAILURES, (lines) => {
    const more = failures.length - lines.length;
    return details(title, [...lines, ...(more > 0 ? [`- and ${more} more`] : [])].join('\n')).join('');
  });
  return { name: 'failures', versions };
}

/** Base, head, run and push. */
function footer({ metadata, results, context, history }: Commented): string {
  const bases = [...new Set(results.map(baseWords))];
  const head = context.headSha ?? metadata.commit;
  const parts = [
    `base ${bases.slice(0, 3).join('; ')}`,
    `head ${head === undefined ? 'without a commit' : markdownCommit(head)}`,
    markdownLink('run', context.run.url),
    `updated for push ${history.push}`,
  ];
  return `<sub>${parts.join(' · ')}</sub>`;
}

/** `1a2b3c4d5e6f of 2026-11-20 (7 runs), measured side by side in this run` */
function baseWords({ comparison }: ServiceTypeResults): string {
  const baseline = comparison?.baseline;
  if (comparison === undefined || baseline === undefined) return 'none';
  const { commit, date, runIds } = baseline;
  const parts = [
    ...(commit === undefined ? [] : [markdownCommit(commit)]),
    ...(date === undefined ? [] : [`of ${markdownText(date.slice(0, 10))}`]),
    ...(runIds.length === 0 ? [] : [`(${count(runIds.length, 'run')})`]),
  ];
  return `${parts.join(' ') || 'unnamed'}, ${MODE_WORDS[comparison.mode]}`;
}
