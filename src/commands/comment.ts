import { isUntrusted, type Job, runUrl } from '../domain/job.ts';
import type { Run, ServiceTypeResults } from '../domain/run.ts';
import { type CodeHost, CodeHostError, type HostComment } from '../ports/code-host.ts';
import {
  COMMENT_LIMIT,
  type CommentContext,
  type CommentState,
  commentMarker,
  prComment,
  readCommentState,
} from '../report/pr-comment.ts';
import type { Ports } from './ports.ts';

/** The pull request whose head was measured. */
export interface MeasuredChange {
  readonly number: number;
  readonly headSha: string;
  /** Measured by a run of the proposer's own: numbers that nobody vouches for. */
  readonly untrusted: boolean;
}

/** More service types than these are a mistake, or somebody who wants to flood a pull request. */
const MOST_COMMENTS = 10;
/** Below this even a headline does not fit. */
const SHORTEST_LIMIT = 2000;

/**
 * Writes one comment per service type, in place of the one that is there. A run whose commit is no longer the head of
 * the pull request, or that a newer run of the same commit has overtaken, writes nothing. What cannot be written is a
 * warning, since the job summary says the same. Gives the address of the first comment.
 */
export async function writeComments(
  run: Run,
  change: MeasuredChange,
  ports: Ports,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { job, logger } = ports;
  if (job === undefined) return undefined;
  if (isUntrusted(job)) {
    logger.info('this job may not write: the comment is left to the workflow that runs after it (workflow_run)');
    return undefined;
  }
  const host = await ports.codeHost();
  if (host === undefined) {
    logger.warn('no comment was written: found no token, wanted one that may write to pull requests');
    return undefined;
  }
  const byType = [...Map.groupBy(run.results, ({ serviceType }) => serviceType)];
  if (byType.length > MOST_COMMENTS)
    logger.warn(`found ${byType.length} service types, wrote comments for the first ${MOST_COMMENTS}`);
  const urls: string[] = [];
  try {
    for (const [type, results] of byType.slice(0, MOST_COMMENTS)) {
      const url = await writeComment(type, results, { run, change, job, host, ports, signal });
      if (url !== undefined) urls.push(url);
    }
  } catch (error) {
    if (signal.aborted || !(error instanceof CodeHostError)) throw error;
    logger.warn(`the comment was not written: ${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`);
  }
  return urls[0];
}

interface Writing {
  readonly run: Run;
  readonly change: MeasuredChange;
  readonly job: Job;
  readonly host: CodeHost;
  readonly ports: Ports;
  readonly signal: AbortSignal;
}

async function writeComment(
  type: string,
  results: readonly ServiceTypeResults[],
  writing: Writing,
): Promise<string | undefined> {
  const { run, change, job, host, ports, signal } = writing;
  const marker = commentMarker(type);
  const own = await host.ownComments(change.number, marker, signal);
  const states = own.map(({ body }) => readCommentState(body));
  if (states.some((state) => isNewer(state, writing))) {
    ports.logger.info(`the comment of ${type} was written by a newer run: it stays`);
    return undefined;
  }
  const previous = states.findLast((state) => state !== undefined);
  const context: Omit<CommentContext, 'limit'> = {
    headSha: change.headSha,
    run: { id: job.runId, attempt: job.runAttempt, url: run.metadata.change?.runUrl ?? runUrl(job) },
    ...(previous === undefined ? {} : { previous }),
    untrusted: change.untrusted,
  };
  const body = (limit: number) => prComment(run.metadata, results, { ...context, limit });
  // As late as possible: whatever is pushed after this is measured by a run that writes after us.
  if (!(await isHead(writing))) return undefined;
  const written = await write(own[0], body, writing);
  await removeTwins(marker, written, body, writing);
  return written.url;
}

/** Whether the comment is about the same commit, and by a run that started after ours. */
function isNewer(state: CommentState | undefined, { change, job }: Writing): boolean {
  if (state === undefined || state.headSha !== change.headSha) return false;
  if (state.run.id !== job.runId) return state.run.id > job.runId;
  return state.run.attempt > job.runAttempt;
}

async function isHead({ change, host, ports, signal }: Writing): Promise<boolean> {
  const now = await host.pullRequest(change.number, signal);
  if (now?.headSha === change.headSha) return true;
  ports.logger.info(
    now === undefined
      ? `there is no pull request ${change.number}: no comment was written`
      : `pull request ${change.number} is at ${now.headSha.slice(0, 12)} now, this run measured ${change.headSha.slice(0, 12)}: no comment was written`,
  );
  return false;
}

/** Writes over what is there, or anew; shorter when the host finds it too long. */
async function write(
  existing: HostComment | undefined,
  body: (limit: number) => string,
  writing: Writing,
): Promise<HostComment> {
  const { change, host, signal } = writing;
  for (let limit = COMMENT_LIMIT; ; limit = Math.floor(limit / 2)) {
    try {
      return existing === undefined
        ? await host.createComment(change.number, body(limit), signal)
        : await host.updateComment(existing.id, body(limit), signal);
    } catch (error) {
      const problem = error instanceof CodeHostError ? error.problem : undefined;
      // Somebody deleted it meanwhile.
      if (problem === 'not-found' && existing !== undefined) return write(undefined, body, writing);
      if (problem !== 'too-long' || limit / 2 < SHORTEST_LIMIT) throw error;
    }
  }
}

/** Two runs that both found no comment made one each: the oldest stays, with what the newest run says. */
async function removeTwins(
  marker: string,
  written: HostComment,
  body: (limit: number) => string,
  writing: Writing,
): Promise<void> {
  const { change, host, signal } = writing;
  const own = await host.ownComments(change.number, marker, signal);
  const [oldest, ...others] = own;
  if (oldest === undefined || others.length === 0) return;
  const newest = own.some(({ id, body: text }) => id !== written.id && isNewer(readCommentState(text), writing));
  if (oldest.id !== written.id && !newest) await write(oldest, body, writing);
  for (const { id } of others) if (!newest || id === written.id) await host.deleteComment(id, signal);
}
