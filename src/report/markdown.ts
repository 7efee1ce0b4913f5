import type { Run, RunMetadata, ServiceTypeResults } from '../domain/run.ts';
import { markdownText } from './escape.ts';
import { countsSentence, leadFinding } from './headline.ts';
import { certainty, contractFailures, details, environment, footer, reproduce, runFailures } from './markdown-parts.ts';
import { implementationTable } from './markdown-table.ts';
import { isLoud, type Row, rowsOf } from './model.ts';
import { formatPercent } from './numbers.ts';

export const TITLE = 'Cloud Run performance';

/** The whole run as one Markdown document: a comment, a job summary, `report.md`. */
export function runMarkdown(run: Run): string {
  const { metadata, results } = run;
  const several = results.length > 1;
  const sections = results.map((found) => serviceTypeSection(metadata, found, several));
  const failures = runFailures(metadata);
  const parts = [
    ...(results.length === 0 ? [`## ${TITLE}: nothing was measured`] : []),
    ...unfinished(metadata),
    ...sections,
    ...(failures === '' ? [] : [`**Failures of this run**\n\n${failures}`]),
  ];
  return `${parts.join('\n\n')}\n`;
}

const UNFINISHED: Readonly<Record<RunMetadata['state'], string | undefined>> = {
  finished: undefined,
  running: 'is not finished',
  cancelled: 'was cancelled',
  failed: 'failed',
};

function unfinished({ state }: RunMetadata): readonly string[] {
  const words = UNFINISHED[state];
  return words === undefined ? [] : [`**This run ${words}: what follows is what was known until then.**`];
}

/** Nothing but a plain name may stand inside an HTML comment. */
function marker(serviceType: string): string {
  const id = /^[a-z0-9]+(-[a-z0-9]+)*$/.test(serviceType) ? serviceType : 'other';
  return `<!-- cloudrun-perf report id=${id} -->`;
}

/** One service type; its first line is the marker by which a later push finds its own comment. */
function serviceTypeSection(metadata: RunMetadata, results: ServiceTypeResults, named: boolean): string {
  const rows = rowsOf(results);
  const loud = rows.filter(isLoud);
  const quiet = rows.filter((row) => !isLoud(row));
  const failures = contractFailures(rows);
  const mode = results.comparison?.mode ?? 'none';
  const sideBySide = mode === 'side-by-side';
  const parts = [
    marker(results.serviceType),
    `## ${TITLE}${named ? ` of ${markdownText(results.serviceType, 100)}` : ''}: ${countsSentence(rows)}`,
    ...lead(rows),
    ...(loud.length > 0 ? [implementationTable(loud, { ranked: mode === 'none', sideBySide })] : []),
    ...(failures === '' ? [] : [`**Contract failures**\n\n${failures}`]),
    ...details(quietTitle(quiet), quiet.length === 0 ? '' : implementationTable(quiet, { ranked: false, sideBySide })),
    // With nothing to compare with, the first table is the ranking.
    ...details('Ranking by cold start', mode === 'none' ? '' : rankingTable(rows, sideBySide)),
    ...details('How sure is this', certainty(rows, results.comparison)),
    ...details('Environment', environment(metadata, results)),
    ...details('Run it yourself', reproduce(metadata, rows)),
    footer(metadata, results.comparison),
  ];
  return parts.join('\n\n');
}

function lead(rows: readonly Row[]): readonly string[] {
  const found = leadFinding(rows);
  return found === undefined
    ? []
    : [`**${markdownText(found.who, 100)} ${markdownText(found.what)}** (${markdownText(found.evidence)}).`];
}

/** `17 unchanged (smallest change we could have seen: 12–38 %)` */
function quietTitle(quiet: readonly Row[]): string {
  const seen = quiet
    .flatMap((row) => row.comparisons)
    .filter((metric) => metric.gate)
    .map((metric) => metric.detectable)
    .filter((detectable) => detectable !== undefined);
  if (seen.length === 0) return countsSentence(quiet);
  const [low, high] = [formatPercent(Math.min(...seen)), formatPercent(Math.max(...seen))];
  const range = low === high ? low : `${low.replace(' %', '')}–${high}`;
  return `${countsSentence(quiet)} (smallest change we could have seen: ${range})`;
}

function rankingTable(rows: readonly Row[], sideBySide: boolean): string {
  const ranked = rows.filter((row) => row.rank !== undefined).toSorted((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
  return ranked.length < 2 ? '' : implementationTable(ranked, { ranked: true, sideBySide });
}
