import type { MetricComparison } from '../domain/comparison.ts';
import type { Metric, MetricId } from '../domain/metric.ts';
import { markdownText } from './escape.ts';
import { decisive, failedVectors, type Row, type Standing, shownMetrics } from './model.ts';
import { formatChange, formatValue, NOTHING } from './numbers.ts';
import { metricOf } from './phrases.ts';

const MARKS: Readonly<Partial<Record<Standing, string>>> = {
  regression: '🔴 ',
  'contract failed': '🔴 ',
  inconclusive: '🟡 ',
  improvement: '🟢 ',
};
const LISTED_VECTORS = 5;

/** A table of cells that are Markdown already. Columns after the second stand right but the last. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = header.map((_, index) => (index > 1 && index < header.length - 1 ? '--:' : '---'));
  return [line(header), `|${rule.join('|')}|`, ...rows.map(line)].join('\n');
}

/** One line an implementation: contract, metrics with their certain changes, verdict or state. */
export function implementationTable(
  rows: readonly Row[],
  { ranked, sideBySide }: { readonly ranked: boolean; readonly sideBySide: boolean },
): string {
  // A metric that no row has is left out; the columns are those of all rows.
  const metrics = shownMetrics(rows);
  const header = ['Implementation', 'Contract', ...metrics.map((metric) => metric.label), 'Verdict'];
  return markdownTable(
    header,
    rows.map((row) => [
      nameCell(row, ranked),
      contractCell(row),
      ...metrics.map((metric) => metricCell(row, metric)),
      standingCell(row, sideBySide),
    ]),
  );
}

function nameCell(row: Row, ranked: boolean): string {
  return ranked && row.rank !== undefined ? `${row.rank}. ${markdownText(row.name, 100)}` : markdownText(row.name, 100);
}

function contractCell({ conformance }: Row): string {
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

/** The head's median; with the base's and the change where the change is certain. */
function metricCell(row: Row, metric: Pick<Metric, 'unit'> & { readonly id: MetricId }): string {
  const head = row.head[metric.id]?.p50;
  const compared = row.comparisons.find((found) => found.metric === metric.id);
  if (compared === undefined || !isCertain(compared)) return formatValue(head, metric.unit);
  const after = formatValue(head ?? compared.headMedian, metric.unit);
  const before = formatValue(compared.baseMedian ?? row.base[metric.id]?.p50, metric.unit);
  const change = compared.estimate === undefined ? '' : ` (${formatChange(compared.estimate.ratio)})`;
  return `${before} → **${after}**${change}`;
}

const isCertain = ({ verdict }: MetricComparison) => verdict === 'regression' || verdict === 'improvement';

function standingCell(row: Row, sideBySide: boolean): string {
  const why = standingReason(row);
  // Red is for what stops a change; numbers of another time can only ask for attention.
  const mark = row.standing === 'regression' && !sideBySide ? MARKS.inconclusive : MARKS[row.standing];
  return `${mark ?? ''}${row.standing}${why === '' ? '' : `: ${why}`}`;
}

function standingReason(row: Row): string {
  const { conformance } = row;
  if (row.standing === 'contract failed' && conformance !== undefined && conformance.unreachable === undefined) {
    const ids = [...conformance.missingFeatures, ...failedVectors(conformance).map(({ id }) => id)];
    const more = ids.length > LISTED_VECTORS ? ` and ${ids.length - LISTED_VECTORS} more` : '';
    return `${ids
      .slice(0, LISTED_VECTORS)
      .map((id) => markdownText(id, 100))
      .join(', ')}${more}`;
  }
  const metric = decisive(row);
  if (metric !== undefined && row.standing !== 'no change') {
    const label = metricOf(metric.metric)?.label.toLowerCase() ?? metric.metric;
    return [label, ...(metric.verdict === 'inconclusive' ? [markdownText(metric.reason ?? '', 200)] : [])]
      .filter((part) => part !== '')
      .join(', ');
  }
  return row.standing === 'not measured' || row.standing === 'carried' ? markdownText(row.reason ?? '', 200) : '';
}
