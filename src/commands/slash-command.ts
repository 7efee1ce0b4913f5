import { parseSlashComment, SLASH_USAGE, type SlashRun } from '../config/slash-comment.ts';
import { UsageError } from '../domain/errors.ts';
import { type IssueComment, type Job, type PullRequest, runUrl } from '../domain/job.ts';
import type { CodeHost } from '../ports/code-host.ts';
import { slashAnswer, slashRefusal } from '../report/slash-answer.ts';
import { neededHost } from './code-host.ts';
import { NOTHING, type Outcome } from './outcome.ts';
import type { Ports } from './ports.ts';

const REFUSED: Outcome = { exitCodes: [], outputs: { accepted: 'false' } };

/**
 * Reads the comment that started the job. Only people with write access may ask for a run, since it can cost money and
 * gives the pull request's code what a run in the cloud gives it; the head commit of this moment is what they approve.
 */
export async function slashCommand(ports: Ports, signal: AbortSignal): Promise<Outcome> {
  const { job, logger } = ports;
  const comment = job?.comment;
  if (job === undefined || comment === undefined) {
    throw new UsageError('no-comment', `found the event ${job?.event ?? 'none'}, wanted issue_comment`, {
      hint: 'run slash-command in a workflow with "on: issue_comment"',
    });
  }
  if (!comment.onPullRequest || !/^\s*\/perf(?:\s|$)/.test(comment.body)) {
    logger.info('the comment asks for no run');
    return REFUSED;
  }
  const host = await neededHost(ports);
  const permission = await host.permissionOf(comment.author, signal);
  if (permission !== 'admin' && permission !== 'write') {
    logger.warn(`${comment.author} may not start runs: found the permission ${permission}, wanted write`);
    // No answer: whoever may not start runs may not make us write either.
    await host.react(comment.id, '-1', signal);
    return REFUSED;
  }
  return answer(comment, job, host, ports, signal);
}

async function answer(
  comment: IssueComment,
  job: Job,
  host: CodeHost,
  ports: Ports,
  signal: AbortSignal,
): Promise<Outcome> {
  const refuse = async (why: string): Promise<Outcome> => {
    ports.logger.warn(why);
    await host.react(comment.id, 'confused', signal);
    await host.createComment(comment.number, slashRefusal(why, SLASH_USAGE), signal);
    return REFUSED;
  };
  let wanted: SlashRun | undefined;
  try {
    wanted = parseSlashComment(comment.body);
  } catch (error) {
    if (error instanceof UsageError) return refuse(error.message);
    throw error;
  }
  const pullRequest = await host.pullRequest(comment.number, signal);
  if (wanted === undefined || pullRequest === undefined || !pullRequest.open)
    return refuse(`pull request ${comment.number} is not open`);
  await host.react(comment.id, 'eyes', signal);
  const text = slashAnswer({ ...wanted, headSha: pullRequest.headSha, url: runUrl(job) });
  await host.createComment(comment.number, text, signal);
  return { ...NOTHING, outputs: outputsOf(wanted, pullRequest) };
}

function outputsOf({ implementations, iterations }: SlashRun, { number, headSha }: PullRequest) {
  return {
    accepted: 'true',
    'pull-request': String(number),
    'head-sha': headSha,
    implementation: implementations.join(','),
    iterations: iterations === undefined ? '' : String(iterations),
  };
}
