import type { Run, RunMetadata, ServiceTypeResults } from '../domain/run.ts';
import { markdownText } from './escape.ts';
import { featureTables } from './features.ts';
import { countsSentence, groupName, leadFinding, quietSentence } from './headline.ts';
import {
  certainty,
  contractFailures,
  contractSentences,
  details,
  environment,
  environmentTitle,
  failureItems,
  footer,
  reproduce,
} from './markdown-parts.ts';
import { implementationTable } from './markdown-table.ts';
import { isLoud, type Row, rowsOf, whoOf } from './model.ts';
import { firm, type Section, shorterLists } from './shed.ts';
import { sweepTable } from './sweep.ts';

export const TITLE = 'Cloud Run performance';

/** The whole run as one Markdown document: `report.md`. */
export function runMarkdown(run: Run): string {
  return `${runSections(run)
    .map(({ versions }) => versions[0] ?? '')
    .filter((text) => text !== '')
    .join('\n\n')}\n`;
}

const SHORTER_TABLES = [100, 20, 5];

/** The document in parts, each with what it may be shortened to. */
export function runSections(run: Run): readonly Section[] {
  const { metadata, results } = run;
  const named = results.length > 1;
  const failures = shorterLists(failureItems(metadata), [100, 10], (lines, more) =>
    lines.length === 0
      ? ''
      : `**Failures of this run**\n\n${[...lines, ...(more > 0 ? [`- and ${more} more`] : [])].join('\n')}`,
  );
  return [
    ...(results.length === 0 ? [firm(`## ${TITLE}: nothing was measured`)] : []),
    ...unfinished(metadata).map(firm),
    { name: 'profiles', versions: [sweepTable(run), ''] },
    ...results.flatMap((found) => groupSections(metadata, found, named)),
    { name: 'failures', versions: [...failures, ''] },
  ];
}

const UNFINISHED: Readonly<Record<RunMetadata['state'], string | undefined>> = {
  finished: undefined,
  running: 'is not finished',
  cancelled: 'was cancelled',
  failed: 'failed',
};

/** A sentence, for a run that did not come to its end. */
export function unfinished({ state }: Pick<RunMetadata, 'state'>): readonly string[] {
  const words = UNFINISHED[state];
  return words === undefined ? [] : [`**This run ${words}: what follows is what was known until then.**`];
}

function groupSections(metadata: RunMetadata, results: ServiceTypeResults, named: boolean): readonly Section[] {
  const rows = rowsOf(results);
  const loud = rows.filter(isLoud);
  const quiet = rows.filter((row) => !isLoud(row));
  const mode = results.comparison?.mode ?? 'none';
  const contract = (text: string) => (text === '' ? '' : `**Contract failures**\n\n${text}`);
  const fold = (name: string, title: string, body: string): readonly Section[] =>
    details(title, body).map((text) => ({ name, versions: [text, ''] }));
  const heading = `## ${TITLE}${named ? ` of ${markdownText(groupName(results), 150)}` : ''}: ${countsSentence(rows)}`;
  return [
    firm(heading),
    ...leadSentence(rows).map((text) => ({ name: 'lead', versions: [text, ''] })),
    {
      name: 'rows',
      versions: [
        ...shorterLists(loud, SHORTER_TABLES, (shown, more) =>
          shown.length === 0
            ? ''
            : `${implementationTable(shown, { ranked: mode === 'none' })}${more > 0 ? `\n\nand ${more} more` : ''}`,
        ),
        '',
      ],
    },
    {
      name: 'contract',
      versions: [
        contract(contractFailures(rows)),
        contract(contractFailures(rows, 3)),
        contract(contractSentences(rows)),
        '',
      ],
    },
    ...fold('features', 'Contract by feature', featureTables(checkedRows(rows))),
    ...fold('unchanged', quietSentence(quiet), quiet.length === 0 ? '' : implementationTable(quiet, { ranked: false })),
    // With nothing to compare with, the first table is the ranking.
    ...fold('ranking', 'Ranking by cold start', mode === 'none' ? '' : rankingTable(rows)),
    ...fold('how sure this is', 'How sure is this', certainty(rows, results.comparison)),
    ...fold('environment', environmentTitle(metadata), environment(metadata, [results])),
    ...fold('command', 'Run it yourself', reproduce(metadata, rows)),
    { name: 'footer', versions: [footer(metadata, results.comparison), ''] },
  ];
}

function checkedRows(rows: readonly Row[]) {
  return rows.flatMap((row) =>
    row.conformance === undefined ? [] : [{ who: whoOf(row), conformance: row.conformance }],
  );
}

/** The most important finding, with its evidence. */
export function leadSentence(rows: readonly Row[]): readonly string[] {
  const found = leadFinding(rows);
  return found === undefined
    ? []
    : [`**${markdownText(found.who, 100)} ${markdownText(found.what)}** (${markdownText(found.evidence)}).`];
}

function rankingTable(rows: readonly Row[]): string {
  const ranked = rows.filter((row) => row.rank !== undefined).toSorted((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
  return ranked.length < 2 ? '' : implementationTable(ranked, { ranked: true });
}
