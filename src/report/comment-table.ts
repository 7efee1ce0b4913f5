import type { MetricId } from '../domain/metric.ts';
import type { ServiceTypeResults } from '../domain/run.ts';
import { markdownRunId, markdownText } from './escape.ts';
import { detectableOf } from './headline.ts';
import { brokenContract, contractCell, MARKS, markdownTable, metricCell } from './markdown-table.ts';
import { gatesWith, type Row, rowsOf, whoOf } from './model.ts';
import { NOTHING } from './numbers.ts';
import { changeWord } from './phrases.ts';

const NAME = 100;
const REASON = 200;

/** A phone shows few columns; the job summary has all metrics. */
const COLUMNS: readonly (readonly [title: string, metric: MetricId])[] = [
  ['Cold start p50', 'cold-ttfb'],
  ['Warm p50', 'warm-p50'],
  ['Warm p99', 'warm-p99'],
  ['Req/s', 'warm-rps'],
];

/** The columns in which any row has a number. */
function columnsOf(rows: readonly Row[]) {
  return COLUMNS.filter(([, metric]) => rows.some((row) => metricCell(row, metric) !== NOTHING));
}

/** Without the unit where the title has it, and never broken between a number and its unit. */
const numberCell = (row: Row, metric: MetricId) =>
  metricCell(row, metric)
    .replaceAll('/s', '')
    .replace(/(\d) (?=m?s\b|%)/g, '$1&nbsp;');

const rightFrom = (first: number, cells: readonly unknown[], last = cells.length) =>
  new Set(cells.map((_, index) => index).slice(first, last));

const nameCell = (row: Row) => markdownText(whoOf(row), NAME) || NOTHING;

/** What somebody has to see. The verdict comes early, since a phone shows three columns at once. */
export function loudTable(rows: readonly Row[]): string {
  const columns = columnsOf(rows);
  const header = ['Implementation', 'Verdict', 'Contract', ...columns.map(([title]) => title)];
  const cells = rows.map((row) => [
    nameCell(row),
    verdictCell(row),
    contractCell(row),
    ...columns.map(([, metric]) => numberCell(row, metric)),
  ]);
  return markdownTable(header, cells, rightFrom(3, header));
}

/** What has not changed, each with the smallest change that its comparison could have seen. */
export function unchangedTable(rows: readonly Row[]): string {
  const columns = columnsOf(rows);
  const header = ['Implementation', 'Contract', ...columns.map(([title]) => title), 'Could have seen'];
  const cells = rows.map((row) => [
    nameCell(row),
    contractCell(row),
    ...columns.map(([, metric]) => numberCell(row, metric)),
    detectableOf([row]) || NOTHING,
  ]);
  return markdownTable(header, cells, rightFrom(2, header));
}

/** What this change does not touch, with the numbers of the run that they were taken over from. */
export function carriedTable(rows: readonly Row[], groups: readonly ServiceTypeResults[]): string {
  const columns = columnsOf(rows);
  const header = ['Implementation', ...columns.map(([title]) => title), 'Carried from'];
  const cells = rows.map((row) => {
    const from = groups.find(({ profile }) => profile === row.profile)?.comparison?.baseline?.runIds[0];
    const run = from === undefined ? [] : [`run ${markdownRunId(from)}`];
    const why = row.reason === undefined ? [] : [markdownText(row.reason, REASON)];
    return [
      nameCell(row),
      ...columns.map(([, metric]) => numberCell(row, metric)),
      [...run, ...why].join(', ') || 'the base',
    ];
  });
  return markdownTable(header, cells, rightFrom(1, header, -1));
}

/** By cold start, one table a profile; what cannot be told apart shares a rank. Empty when there is nothing to rank. */
export function rankingTables(groups: readonly ServiceTypeResults[]): string {
  const tables = groups.flatMap((group) => {
    const ranked = rowsOf(group)
      .filter(({ rank }) => rank !== undefined)
      .toSorted((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
    if (ranked.length < 2) return [];
    const columns = columnsOf(ranked);
    const header = ['Rank', 'Implementation', ...columns.map(([title]) => title)];
    const cells = ranked.map((row) => [
      String(row.rank),
      nameCell(row),
      ...columns.map(([, metric]) => numberCell(row, metric)),
    ]);
    return [markdownTable(header, cells, new Set([0, ...rightFrom(2, header)]))];
  });
  return tables.join('\n\n');
}

/** Never broken after its mark. */
const verdictCell = (row: Row) => verdictWords(row).replace(/^([🔴🟡🟢]) /u, '$1&nbsp;');

function verdictWords(row: Row): string {
  const why = row.reason === undefined ? '' : `: ${markdownText(row.reason, REASON)}`;
  switch (row.standing) {
    case 'regression':
    case 'improvement': {
      const words = gatesWith(row, row.standing).map(changeWord).join(', ') || row.standing;
      // Red is for what stops a change; numbers of another time can only ask for attention.
      return row.stored === true && row.standing === 'regression'
        ? `${MARKS.inconclusive}perhaps ${markdownText(words)} (stored numbers)`
        : `${MARKS[row.standing]}${markdownText(words)}`;
    }
    case 'contract failed':
      return `${MARKS['contract failed']}contract: ${brokenContract(row) || why.slice(2) || 'failed'}`;
    case 'inconclusive': {
      const reason = gatesWith(row, 'inconclusive').find((metric) => metric.reason !== undefined)?.reason;
      return `${MARKS.inconclusive}inconclusive${reason === undefined ? why : `: ${markdownText(reason, REASON)}`}`;
    }
    case 'not measured':
      return `not measured${why}`;
    default:
      return row.standing;
  }
}
