import type { Run } from '../domain/run.ts';
import { costTable } from './cost.ts';
import { markdownText } from './escape.ts';

const LISTED = 50;

/** The table of what serving costs and its remark; empty where nothing is known. */
export function costMarkdown(run: Run): readonly string[] {
  const table = costTable(run);
  if (table === undefined) return [];
  const { header, rows, remark } = table;
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const more = rows.length > LISTED ? [`and ${rows.length - LISTED} more`] : [];
  const body = rows
    .slice(0, LISTED)
    .map(([name = '', ...numbers]) => line([markdownText(name, 100), ...numbers.map((cell) => markdownText(cell))]));
  const rule = `|---|${header
    .slice(1)
    .map(() => '--:|')
    .join('')}`;
  return [[line(header), rule, ...body].join('\n'), [markdownText(remark), ...more].join('; ')];
}
