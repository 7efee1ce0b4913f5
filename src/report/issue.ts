import type { RunMetadata, ServiceTypeResults } from '../domain/run.ts';
import { loudTable } from './comment-table.ts';
import { markdownLink, markdownRunId, markdownText, plain } from './escape.ts';
import { type Finding, findingSentence, findings } from './findings.ts';
import { groupName } from './headline.ts';
import { certainty, contractFailures, details, environment, footer, reproduce } from './markdown-parts.ts';
import { markerName } from './marker.ts';
import { type Row, rowsOf } from './model.ts';
import { formatChange, formatInterval, formatPair } from './numbers.ts';
import { metricOf } from './phrases.ts';
import { COMMENT_LIMIT } from './pr-comment.ts';
import { firm, shed } from './shed.ts';

/** What our issues are found by, together with the marker. */
export const ISSUE_LABEL = 'cloudrun-perf';

const LONGEST_TITLE = 200;
const NAME = 100;

/** The first line of an implementation's issue. */
export function issueMarker(serviceType: string, implementation: string): string {
  return `<!-- cloudrun-perf issue id=${markerName(serviceType)}/${markerName(implementation)} -->`;
}

/** Without numbers, so that it stays the same while the issue is open. GitHub shows titles as plain text. */
export function issueTitle({ serviceType, profile, implementation, kind }: Finding): string {
  const what = kind === 'regression' ? 'Performance regression' : 'Contract failure';
  const group = groupName({ serviceType, ...(profile !== undefined && { profile }) });
  // Titles are quoted in comments and mails, where mentions and references would work.
  return plain(`${what}: ${implementation} (${group})`, LONGEST_TITLE).replace(/[@#]|\bGH-/gi, '$&\u200b');
}

/** What is wrong with an implementation, as Markdown that begins with its marker; at most 60,000 characters. */
export function issueBody(metadata: RunMetadata, results: ServiceTypeResults, implementation: string): string {
  const only = one(results, implementation);
  const rows = rowsOf(only);
  const found = findings({ results: [only] });
  const sentences = found.map((finding) => `- ${markdownText(findingSentence(finding), 600)}`).join('\n');
  const fold = (name: string, title: string, body: string) => ({ name, versions: [details(title, body).join(''), ''] });
  return shed(
    [
      firm(`${marker(results, implementation)}\n${heading(results, implementation)}`),
      firm(sentences),
      firm(runSentence(metadata)),
      firm(rows.length === 0 ? '' : loudTable(rows)),
      fold('contract', 'What the contract wanted and what came', contractFailures(rows)),
      fold('certainty', 'How sure is this', certainty(rows, only.comparison)),
      fold('environment', 'Environment', environment(metadata, [only])),
      fold('command', 'Run it yourself', reproduce(metadata, rows)),
      firm('This issue is written anew by each run of the suite, and closed by the first that finds it fixed.'),
      firm(footer(metadata, only.comparison)),
    ],
    ['environment', 'certainty', 'contract', 'command'],
    (texts) => `${texts.join('\n\n')}\n`,
    (text) => text.length <= COMMENT_LIMIT,
  );
}

/** What is said when an issue is closed: by which run, and what was measured now. */
export function issueClosing(metadata: RunMetadata, results: ServiceTypeResults, implementation: string): string {
  const rows = rowsOf(one(results, implementation));
  const measured = rows.flatMap(changes);
  const parts = [
    `${markdownText(implementation, NAME)} of ${markdownText(groupName(results), NAME)} is fixed. ${runSentence(metadata)}`,
    ...(measured.length === 0 ? [] : [measured.join('\n')]),
    footer(metadata, results.comparison),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** Each gate metric, base against head. */
function changes({ comparisons }: Row): readonly string[] {
  return comparisons
    .filter(({ gate }) => gate)
    .map(({ metric, baseMedian, headMedian, estimate, verdict }) => {
      const known = metricOf(metric);
      const [before, after] = formatPair(baseMedian, headMedian, known?.unit ?? 'ms');
      const change =
        estimate === undefined ? '' : ` (${formatChange(estimate.ratio)} ${markdownText(formatInterval(estimate))})`;
      return `- ${markdownText(known?.label ?? metric, NAME)}: ${before} → ${after}${change}, ${verdict}`;
    });
}

const marker = ({ serviceType, profile }: ServiceTypeResults, implementation: string) =>
  issueMarker(profile === undefined ? serviceType : `${serviceType}.${profile}`, implementation);

function heading(results: ServiceTypeResults, implementation: string): string {
  return `**${markdownText(implementation, NAME)} of ${markdownText(groupName(results), NAME)}**`;
}

function runSentence({ runId, startedAt, change }: RunMetadata): string {
  const run = `run ${markdownRunId(runId)}`;
  const words = change === undefined ? run : markdownLink(run, change.runUrl);
  return `Seen in ${words} of ${day(startedAt)}.`;
}

/** `2026-11-21 13:00 UTC` */
function day(time: string): string {
  const [, date, minutes] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):[\d.]+Z$/.exec(time) ?? [];
  return date === undefined ? markdownText(time, 40) : `${date} ${minutes} UTC`;
}

/** The results of one implementation alone. */
function one(results: ServiceTypeResults, name: string): ServiceTypeResults {
  const { comparison, ...rest } = results;
  const compared = comparison?.implementations.filter(({ implementation }) => implementation === name) ?? [];
  return {
    ...rest,
    implementations: results.implementations.filter((result) => result.name === name),
    ...(comparison !== undefined && { comparison: { ...comparison, implementations: compared } }),
  };
}
