import type { Run, RunMetadata, ServiceTypeResults } from '../domain/run.ts';
import { conformanceLines } from './conformance-lines.ts';
import { costSentence, costTable } from './cost.ts';
import { plain } from './escape.ts';
import type { ExportOptions } from './format.ts';
import { baselineSentence, countsSentence, groupName, leadFinding, MODE_WORDS, shortCommit } from './headline.ts';
import { type Row, rowsOf, type Standing, shownMetrics } from './model.ts';
import { formatValue, NOTHING } from './numbers.ts';
import { droppedSentences, metricSentence } from './phrases.ts';
import { leaks, resourcesSentence } from './resources.ts';
import { sweepLines } from './sweep.ts';
import { type Style, styleOf, textTable, wrapped } from './text-table.ts';

/** A run is read as a whole: a service that is wrong everywhere must not bury the others. */
const SHOWN_FAILURES = 8;

const DEFAULT_WIDTH = 100;

/** The run for a terminal: ranking, contract results, verdicts with their evidence, failures. */
export function runTerminal({ metadata, results }: Run, options: ExportOptions = {}): string {
  const width = Math.max(40, options.width ?? DEFAULT_WIDTH);
  const style = styleOf(options.colour ?? false);
  const lines = [
    ...results.flatMap((found) => [...serviceType(found, width, style), '']),
    ...(results.length === 0 ? ['Nothing was measured.', ''] : []),
    ...sweepLines({ metadata, results }, width, style),
    ...failures(metadata, width, style),
    ...resources(metadata, width, style),
    ...cost({ metadata, results }, width),
    ...wrapped(plain(runSentence(metadata)), width),
  ];
  return `${lines.join('\n')}\n`;
}

export function paintOf(standing: Standing, style: Style): (text: string) => string {
  if (standing === 'regression' || standing === 'contract failed') return style.bad;
  if (standing === 'improvement') return style.good;
  return standing === 'inconclusive' || standing === 'not measured' ? style.unsure : (text) => text;
}

function serviceType(results: ServiceTypeResults, width: number, style: Style): readonly string[] {
  const rows = rowsOf(results);
  const lead = leadFinding(rows);
  return [
    style.strong(`${plain(groupName(results), 150)}: ${countsSentence(rows)}`),
    ...(lead === undefined ? [] : wrapped(plain(`${lead.who} ${lead.what} (${lead.evidence})`), width)),
    '',
    ...ranking(rows, width, style),
    '',
    'Contract',
    ...rows.flatMap((row) =>
      row.conformance === undefined
        ? [`  ${plain(row.name, 100)}: not checked${row.reason === undefined ? '' : ` (${plain(row.reason)})`}`]
        : conformanceLines({ implementation: row.name, conformance: row.conformance }, width, style, SHOWN_FAILURES),
    ),
    '',
    ...verdicts(rows, results, width, style),
  ];
}

function ranking(rows: readonly Row[], width: number, style: Style): readonly string[] {
  const metrics = shownMetrics(rows);
  const byRank = rows.toSorted((a, b) => (a.rank ?? Number.MAX_SAFE_INTEGER) - (b.rank ?? Number.MAX_SAFE_INTEGER));
  const header = ['#', 'Implementation', ...metrics.map((metric) => metric.label), 'Verdict'];
  const cells = byRank.map((row) => [
    row.rank === undefined ? NOTHING : String(row.rank),
    plain(row.name, 40),
    ...metrics.map((metric) => formatValue(row.head[metric.id]?.p50, metric.unit)),
    row.standing === 'not measured' && row.reason !== undefined ? `not measured: ${plain(row.reason)}` : row.standing,
  ]);
  const right = new Set([0, ...metrics.map((_, index) => index + 2)]);
  const paint = (line: string, index: number) => paintOf(byRank[index]?.standing ?? 'measured', style)(line);
  return textTable(header, cells, { right, width, paint });
}

/** Every gate metric in a sentence, then what was dropped, so that no verdict stands without its evidence. */
function verdicts(rows: readonly Row[], results: ServiceTypeResults, width: number, style: Style): readonly string[] {
  const { comparison } = results;
  const heading =
    comparison === undefined || comparison.mode === 'none'
      ? [`No verdicts: ${plain(comparison?.modeReason || 'nothing to compare with')}`]
      : [`Verdicts against ${plain(baselineSentence(comparison.baseline))}, ${MODE_WORDS[comparison.mode]}`];
  const sentences = rows.flatMap((row) => {
    const measurement = row.result?.measurement;
    const dropped = measurement === undefined ? [] : [...droppedSentences(measurement), ...measurement.audit];
    return [
      ...row.comparisons
        .filter((metric) => metric.gate)
        .flatMap((metric) =>
          wrapped(`  ${plain(row.name, 100)} ${plain(metricSentence(metric))}`, width).map(
            paintOf(metric.verdict, style),
          ),
        ),
      ...dropped.flatMap((line) => wrapped(`  ${plain(row.name, 100)}: ${plain(line)}`, width)),
    ];
  });
  return [...heading.flatMap((line) => wrapped(line, width)), ...sentences];
}

function failures(metadata: RunMetadata, width: number, style: Style): readonly string[] {
  if (metadata.failures.length === 0) return [];
  const lines = metadata.failures.flatMap(({ stage, implementation, code, message }) => {
    const who = implementation === undefined ? stage : `${stage} ${implementation}`;
    return wrapped(`  ${plain(who)}: ${plain(message)} (${plain(code, 100)})`, width).map(style.bad);
  });
  return [`Failures`, ...lines, ''];
}

function cost(run: Run, width: number): readonly string[] {
  const sentence = costSentence(run);
  const table = costTable(run);
  if (sentence === undefined) return [];
  if (table === undefined) return wrapped(plain(sentence, 2000), width);
  const { header, rows, remark } = table;
  const right = new Set(header.map((_, column) => column).slice(1));
  const cells = rows.map(([name = '', ...numbers]) => [plain(name, 60), ...numbers]);
  return [
    ...wrapped(plain(sentence, 2000), width),
    ...textTable(header, cells, { right, width, paint: (line) => line }),
    ...wrapped(plain(remark), width),
    '',
  ];
}

/** Whether the run cleaned up after itself; a service that is left costs money. */
function resources(metadata: RunMetadata, width: number, style: Style): readonly string[] {
  const sentence = resourcesSentence(metadata);
  if (sentence === undefined) return [];
  const lines = wrapped(plain(`Resources: ${sentence}`, 2000), width);
  return leaks(metadata) ? lines.map(style.bad) : lines;
}

function runSentence({ runId, state, commit, platform, region, suite, seed }: RunMetadata): string {
  const head = commit === undefined ? '' : `, head ${shortCommit(commit)}`;
  return `run ${runId} ${state}${head}, ${platform} ${region}, suite ${suite}, seed ${seed}`;
}
