import type { Comparison } from '../domain/comparison.ts';
import type { ServiceTypeResults } from '../domain/run.ts';
import { markdownText, plain } from './escape.ts';
import type { ExportOptions } from './format.ts';
import { baselineSentence, countsSentence, groupName, leadFinding, MODE_WORDS } from './headline.ts';
import { certainty, details } from './markdown-parts.ts';
import { markdownTable } from './markdown-table.ts';
import { type Row, rowsOf } from './model.ts';
import { formatChange, formatInterval, formatValue, NOTHING } from './numbers.ts';
import { metricOf, metricSentence } from './phrases.ts';
import { paintOf } from './terminal.ts';
import { styleOf, wrapped } from './text-table.ts';

/** `compare` has verdicts only, so that its rows come from the comparison alone. */
function comparedRows(comparison: Comparison): readonly Row[] {
  const { serviceType, profile } = comparison;
  const results: ServiceTypeResults = {
    format: 'results/1',
    runId: '',
    serviceType,
    ...(profile !== undefined && { profile }),
    contractVersion: '',
    implementations: [],
    comparison,
  };
  return rowsOf(results);
}

export function comparisonsMarkdown(comparisons: readonly Comparison[]): string {
  return `${comparisons.map(section).join('\n\n')}\n`;
}

function section(comparison: Comparison): string {
  const rows = comparedRows(comparison);
  const lead = leadFinding(rows);
  const parts = [
    `## Comparison of ${markdownText(groupName(comparison), 150)}: ${countsSentence(rows)}`,
    ...(lead === undefined
      ? []
      : [`**${markdownText(lead.who, 100)} ${markdownText(lead.what)}** (${markdownText(lead.evidence)}).`]),
    ...(rows.length === 0 ? [] : [table(rows)]),
    ...details('How sure is this', certainty(rows, comparison)),
    `<sub>base ${markdownText(baselineSentence(comparison.baseline))}, ${MODE_WORDS[comparison.mode]}</sub>`,
  ];
  return parts.join('\n\n');
}

function table(rows: readonly Row[]): string {
  const lines = rows.flatMap((row) => {
    const name = markdownText(row.name, 100);
    if (row.comparisons.length === 0) {
      const why = row.reason === undefined ? '' : `: ${markdownText(row.reason, 200)}`;
      return [[name, NOTHING, NOTHING, NOTHING, NOTHING, `${row.standing}${why}`]];
    }
    return row.comparisons.map((metric) => {
      const unit = metricOf(metric.metric)?.unit ?? 'ms';
      const { estimate } = metric;
      const change = estimate === undefined ? NOTHING : `${formatChange(estimate.ratio)} ${formatInterval(estimate)}`;
      return [
        name,
        markdownText(metricOf(metric.metric)?.label ?? metric.metric, 100),
        formatValue(metric.baseMedian, unit),
        formatValue(metric.headMedian, unit),
        change,
        metric.gate ? metric.verdict : 'not gated',
      ];
    });
  });
  return markdownTable(['Implementation', 'Metric', 'Base', 'Head', 'Change', 'Verdict'], lines);
}

export function comparisonsTerminal(comparisons: readonly Comparison[], options: ExportOptions = {}): string {
  const style = styleOf(options.colour ?? false);
  const width = Math.max(40, options.width ?? 100);
  const lines = comparisons.flatMap((comparison) => {
    const rows = comparedRows(comparison);
    return [
      style.strong(`${plain(groupName(comparison), 150)}: ${countsSentence(rows)}`),
      ...wrapped(plain(`against ${baselineSentence(comparison.baseline)}, ${MODE_WORDS[comparison.mode]}`), width),
      ...wrapped(plain(comparison.modeReason), width),
      ...rows.flatMap((row) => {
        const gated = row.comparisons.filter((metric) => metric.gate);
        const why = row.reason === undefined ? '' : ` (${plain(row.reason)})`;
        if (gated.length === 0)
          return wrapped(`  ${plain(row.name, 100)}: ${row.standing}${why}`, width).map(paintOf(row.standing, style));
        return gated.flatMap((metric) =>
          wrapped(`  ${plain(row.name, 100)} ${plain(metricSentence(metric))}`, width).map(
            paintOf(metric.verdict, style),
          ),
        );
      }),
      '',
    ];
  });
  return `${lines.join('\n').trimEnd()}\n`;
}
