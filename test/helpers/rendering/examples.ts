import type { Run } from '../../../src/domain/run.ts';
import { findings } from '../../../src/report/findings.ts';
import { issueBody } from '../../../src/report/issue.ts';
import { jobSummary } from '../../../src/report/job-summary.ts';
import { type CommentContext, prComment } from '../../../src/report/pr-comment.ts';
import { pullRequestRun, quietRun, sweepRun } from '../example-pull-request.ts';
import { hostileRun } from '../hostile-run.ts';

export interface ExampleText {
  readonly markdown: string;
  /** What must stand on the first screen. */
  readonly visible: readonly string[];
}

export const RUN_URL = 'https://github.com/org/discord-services/actions/runs/1234567';
const HEAD = '4d5e6f7890abcdef4d5e6f7890abcdef4d5e6f78';

export function exampleContext(changes: Partial<CommentContext> = {}): CommentContext {
  return { headSha: HEAD, run: { id: 1234567, attempt: 1, url: RUN_URL }, limit: 60_000, untrusted: false, ...changes };
}

/** The comment after a second push that has put everything right. */
function fixedComment(): string {
  const before = findings(pullRequestRun());
  const { metadata, results } = quietRun();
  const previous = { headSha: 'a'.repeat(40), run: { id: 1, attempt: 1 }, push: 1, findings: before, fixed: [] };
  return prComment(metadata, results, exampleContext({ previous }));
}

const comment = ({ metadata, results }: Run, changes: Partial<CommentContext> = {}) =>
  prComment(metadata, results, exampleContext(changes));

/** Every text that GitHub renders, as people and as attackers fill it. */
export function exampleTexts(): Readonly<Record<string, ExampleText>> {
  const pullRequest = pullRequestRun();
  const [group] = pullRequest.results;
  const regression = 'java-spring3 starts 31 % slower from zero';
  return {
    comment: {
      markdown: comment(pullRequest),
      visible: ['1 regression, 1 contract failure, 17 unchanged', regression, '17 unchanged (smallest change'],
    },
    'comment-unchanged': { markdown: comment(quietRun()), visible: ['nothing changed: 19 unchanged'] },
    'comment-fixed': {
      markdown: fixedComment(),
      visible: ['nothing changed: 19 unchanged', regression],
    },
    'comment-untrusted': {
      markdown: comment(pullRequest, { untrusted: true }),
      visible: [regression, "These numbers come from the pull request's own run"],
    },
    'comment-short': { markdown: comment(pullRequest, { limit: 2000 }), visible: [regression, 'Left out for length'] },
    'comment-profiles': { markdown: comment(sweepRun()), visible: ['go-gin (large)'] },
    'comment-hostile': { markdown: comment(hostileRun()), visible: ['Cloud Run performance: 1 regression'] },
    summary: { markdown: jobSummary(pullRequest), visible: [regression] },
    'summary-profiles': { markdown: jobSummary(sweepRun()), visible: ['Profiles of discord-webhook'] },
    'summary-hostile': { markdown: jobSummary(hostileRun()), visible: ['Cloud Run performance: 1 regression'] },
    issue: {
      markdown: group === undefined ? '' : issueBody(pullRequest.metadata, group, 'java-spring3'),
      visible: [regression],
    },
  };
}
