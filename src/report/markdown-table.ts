import type { MetricComparison } from '../domain/comparison.ts';
import type { MetricId } from '../domain/metric.ts';
import { markdownText } from './escape.ts';
import { decisive, failedVectors, type Row, type Standing, shownMetrics } from './model.ts';
import { formatChange, formatPair, formatValue, NOTHING } from './numbers.ts';
import { metricOf } from './phrases.ts';

export const MARKS = {
  regression: '🔴 ',
  'contract failed': '🔴 ',
  inconclusive: '🟡 ',
  improvement: '🟢 ',
} as const satisfies Partial<Record<Standing, string>>;
const LISTED_VECTORS = 5;

/** A table of cells that are Markdown already. Without `right`, columns after the second stand right but the last. */
export function markdownTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  right: ReadonlySet<number> = new Set(header.map((_, index) => index).slice(2, -1)),
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = header.map((_, index) => (right.has(index) ? '--:' : '---'));
  return [line(header), `|${rule.join('|')}|`, ...rows.map(line)].join('\n');
}

/** One line an implementation: contract, all metrics with their certain changes, verdict or state. */
export function implementationTable(rows: readonly Row[], { ranked }: { readonly ranked: boolean }): string {
  // A metric that no row has is left out; the columns are those of all rows.
  const metrics = shownMetrics(rows);
  const header = ['Implementation', 'Contract', ...metrics.map((metric) => metric.label), 'Verdict'];
  return markdownTable(
    header,
    rows.map((row) => [
      nameCell(row, ranked),
      contractCell(row),
      ...metrics.map((metric) => metricCell(row, metric.id)),
      standingCell(row),
    ]),
  );
}

function nameCell(row: Row, ranked: boolean): string {
  const name = markdownText(row.name, 100) || NOTHING;
  return ranked && row.rank !== undefined ? `${row.rank}. ${name}` : name;
}

/** `14/14`, or `**12/14**` where something failed, with what was not decided. */
export function contractCell({ conformance }: Row): string {
  if (conformance === undefined) return NOTHING;
  if (conformance.unreachable !== undefined) return '**unreachable**';
  const { passed, failed, skipped, notChecked } = conformance;
  const ratio = `${passed}/${passed + failed}`;
  const broken = failed > 0 || conformance.missingFeatures.length > 0;
  const notes = [
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(notChecked > 0 ? [`${notChecked} not checked`] : []),
  ];
  return [broken ? `**${ratio}**` : ratio, ...notes].join(', ');
}

/**
 * The head's median; with the base's and the change where the change is certain. What was carried has only the base's.
 * Wrong answers are fast: the numbers of a failed contract say nothing.
 */
export function metricCell(row: Row, id: MetricId): string {
  if (row.standing === 'contract failed') return NOTHING;
  const unit = metricOf(id)?.unit ?? 'ms';
  const head = row.head[id]?.p50;
  const compared = row.comparisons.find((found) => found.metric === id);
  if (compared === undefined || !isCertain(compared))
    return formatValue(row.standing === 'carried' ? (head ?? row.base[id]?.p50) : head, unit);
  const [before, after] = formatPair(compared.baseMedian ?? row.base[id]?.p50, head ?? compared.headMedian, unit);
  const change = compared.estimate === undefined ? '' : ` (${formatChange(compared.estimate.ratio)})`;
  return `${before} → **${after}**${change}`;
}

const isCertain = ({ verdict }: MetricComparison) => verdict === 'regression' || verdict === 'improvement';

function standingCell(row: Row): string {
  const why = standingReason(row);
  // Red is for what stops a change; numbers of another time can only ask for attention.
  const marks: Readonly<Partial<Record<Standing, string>>> =
    row.stored === true ? { ...MARKS, regression: MARKS.inconclusive } : MARKS;
  return `${marks[row.standing] ?? ''}${row.standing}${why === '' ? '' : `: ${why}`}`;
}

/** The features and vectors that a contract failed with, the first few; empty where there are none. */
export function brokenContract({ conformance }: Row): string {
  if (conformance === undefined) return '';
  if (conformance.unreachable !== undefined) return 'unreachable';
  const ids = [...conformance.missingFeatures, ...failedVectors(conformance).map(({ id }) => id)];
  const more = ids.length > LISTED_VECTORS ? ` and ${ids.length - LISTED_VECTORS} more` : '';
  const first = ids.slice(0, LISTED_VECTORS).map((id) => markdownText(id, 60));
  return `${first.join(', ')}${more}`;
}

function standingReason(row: Row): string {
  if (row.standing === 'contract failed') return brokenContract(row) || markdownText(row.reason ?? '', 200);
  const metric = decisive(row);
  if (metric !== undefined && row.standing !== 'no change') {
    const label = markdownText(metricOf(metric.metric)?.label.toLowerCase() ?? metric.metric, 100);
    return [label, ...(metric.verdict === 'inconclusive' ? [markdownText(metric.reason ?? '', 200)] : [])]
      .filter((part) => part !== '')
      .join(', ');
  }
  const unexplained: ReadonlySet<Standing> = new Set(['not measured', 'carried', 'inconclusive']);
  return unexplained.has(row.standing) ? markdownText(row.reason ?? '', 200) : '';
}
