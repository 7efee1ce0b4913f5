import type { RunMetadata, ServiceTypeResults } from '../domain/run.ts';
import { commentSections, leftOut, STEPS } from './comment-sections.ts';
import { type CommentState, stateLine } from './comment-state.ts';
import { markdownLink, markdownWithin } from './escape.ts';
import { type Finding, findings } from './findings.ts';
import { countsSentence, leadFinding, quietSentence } from './headline.ts';
import { TITLE } from './markdown.ts';
import { markerName } from './marker.ts';
import { isLoud, type Row, rowsOfAll } from './model.ts';
import { historyLines, openFindings, type PushHistory, pushHistory } from './push-history.ts';
import { shed, shorterLists } from './shed.ts';

export { type CommentState, readCommentState } from './comment-state.ts';

/** GitHub refuses comments of more than 65,536 characters; the rest is room for what others count differently. */
export const COMMENT_LIMIT = 60_000;

export interface CommentContext {
  /** Head commit of the pull request that was measured. */
  readonly headSha?: string;
  /** The workflow run that writes. */
  readonly run: { readonly id: number; readonly attempt: number; readonly url: string };
  /** What the comment says now. */
  readonly previous?: CommentState;
  /** Characters. From 2,000 on the result is never longer. */
  readonly limit: number;
  /** Measured by a run of the proposer's own. */
  readonly untrusted: boolean;
}

/** The first line of the comment of a service type, by which a later run finds it. */
export function commentMarker(serviceType: string): string {
  return `<!-- cloudrun-perf report id=${markerName(serviceType)} -->`;
}

const UNTRUSTED =
  "These numbers come from the pull request's own run, without credentials, on the embedded platform: nobody has reviewed the code that made them.";

/**
 * What a pull request's comment says of one service type; `results` are its groups, one a profile. Headline first, then
 * what somebody has to act on, the rest folded; a single line when nothing has changed. Sections are left out, in a fixed
 * order, until it has at most `context.limit` characters.
 */
export function prComment(
  metadata: RunMetadata,
  results: readonly ServiceTypeResults[],
  context: CommentContext,
): string {
  const serviceType = results[0]?.serviceType ?? metadata.serviceTypes[0] ?? 'nothing';
  const rows = rowsOfAll(results);
  const current = findings({ results });
  const history = pushHistory(current, rows, metadata, context);
  const opening = [commentMarker(serviceType), hiddenState(serviceType, current, history, context)];
  const comment: Comment = { metadata, results, context, serviceType, rows, history };
  const text = nothingChanged(comment) ? quietComment(opening, comment) : fullComment(opening, comment);
  return text.length <= context.limit ? text : leastComment(opening, comment);
}

interface Comment {
  readonly metadata: RunMetadata;
  readonly results: readonly ServiceTypeResults[];
  readonly context: CommentContext;
  readonly serviceType: string;
  readonly rows: readonly Row[];
  readonly history: PushHistory;
}

const SHORTEST_STATE = 450;
const LONGEST_STATE = 12_000;

function hiddenState(
  serviceType: string,
  current: readonly Finding[],
  history: PushHistory,
  { headSha, run, limit }: CommentContext,
): string {
  const state: CommentState = {
    ...(headSha === undefined ? {} : { headSha }),
    run: { id: run.id, attempt: run.attempt },
    push: history.push,
    findings: openFindings(current, history),
    fixed: history.fixed,
  };
  return stateLine(serviceType, state, Math.max(SHORTEST_STATE, Math.min(LONGEST_STATE, Math.floor(limit / 5))));
}

function nothingChanged({ rows, metadata }: Comment): boolean {
  const failed = metadata.state !== 'finished' || metadata.failures.length > 0;
  return rows.length > 0 && !failed && !rows.some(isLoud);
}

/** One line, so that a reader is done with it at once; with what this push has put right below it. */
function quietComment(opening: readonly string[], { rows, context, serviceType, history }: Comment): string {
  const stored = rows.some((row) => row.stored === true) ? ', compared with stored numbers of earlier runs' : '';
  const untrusted = context.untrusted ? ` ${UNTRUSTED}` : '';
  const report = markdownLink('report', context.run.url);
  const name = markdownWithin(serviceType, 200);
  const isCarried = ({ standing }: Row) => standing === 'carried';
  const counts = [rows.filter((row) => !isCarried(row)), rows.filter(isCarried)]
    .filter((some) => some.length > 0)
    .map(quietSentence);
  const line = `**${TITLE} of ${name}:** nothing changed: ${counts.join(', ')}${stored} (${report}).${untrusted}`;
  const old = shorterLists([...history.fixed, ...history.unconfirmed], [3, 0], (kept) =>
    historyLines(history, rows, kept.length),
  );
  return shed(
    [
      { name: '', versions: [[...opening, line].join('\n')] },
      { name: 'history', versions: old },
    ],
    ['history', 'history'],
    (texts) => `${texts.join('\n\n')}\n`,
    (text) => text.length <= context.limit,
  );
}

function fullComment(opening: readonly string[], comment: Comment): string {
  const { metadata, context, serviceType, rows } = comment;
  const named = metadata.serviceTypes.length > 1 ? ` of ${markdownWithin(serviceType, 300)}` : '';
  const headline = `## ${TITLE}${named}: ${headlineCounts(rows)}`;
  const report = markdownLink('report of the run', context.run.url);
  const sections = commentSections({ ...comment, untrusted: context.untrusted ? UNTRUSTED : '' });
  return shed(
    [{ name: '', versions: [[...opening, headline].join('\n')] }, ...sections],
    STEPS,
    (texts, shortened) => {
      const note =
        shortened.length === 0 ? [] : [`Left out for length: ${leftOut(shortened)}. The ${report} has it all.`];
      return `${[...texts.slice(0, -1), ...note, ...texts.slice(-1)].join('\n\n')}\n`;
    },
    (text) => text.length <= context.limit,
  );
}

const headlineCounts = (rows: readonly Row[]) => (rows.length === 0 ? 'nothing was measured' : countsSentence(rows));

/** What is left when even the shortest sections are too long: some name or message is meant to be. */
function leastComment(opening: readonly string[], { rows, context, history }: Comment): string {
  const lead = leadFinding(rows);
  const parts = [
    [...opening, `## ${TITLE}: ${headlineCounts(rows)}`].join('\n'),
    ...(lead === undefined
      ? []
      : [
          `**${markdownWithin(lead.who, 150)} ${markdownWithin(lead.what, 100)}** (${markdownWithin(lead.evidence, 150)}).`,
        ]),
    ...(context.untrusted ? [UNTRUSTED] : []),
    `The ${markdownLink('report of the run', context.run.url)} has the rest. Updated for push ${history.push}.`,
  ];
  return `${parts.join('\n\n')}\n`;
}
