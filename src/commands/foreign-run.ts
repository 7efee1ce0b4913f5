import type { ReportRequest } from '../config/request.ts';
import { InfrastructureError, UsageError } from '../domain/errors.ts';
import type { Job, PullRequest, WorkflowRun } from '../domain/job.ts';
import type { Run } from '../domain/run.ts';
import type { ArtifactLimits, CodeHost } from '../ports/code-host.ts';
import { loadRun } from '../results/runs.ts';
import { storeOf } from '../results/text-store.ts';
import { neededHost } from './code-host.ts';
import { writeComments } from './comment.ts';
import type { Outcome } from './outcome.ts';
import type { Ports } from './ports.ts';

const MIB = 1024 * 1024;
/** Twenty implementations with all their samples take some 2 MiB. */
const LIMITS: ArtifactLimits = { archiveBytes: 16 * MIB, totalBytes: 64 * MIB, files: 500 };

/**
 * Writes the comment for a run that could not: that of a fork's pull request. Its artifact was made by code that nobody
 * has reviewed, so it is data only: bounded, checked against the schemas, and rendered here. Which pull request gets the
 * comment is decided by the event, never by the artifact.
 */
export async function reportForeignRun(
  request: ReportRequest & { readonly artifact: string },
  ports: Ports,
  signal: AbortSignal,
): Promise<Outcome> {
  const { job, logger } = ports;
  const completed = job?.workflowRun;
  if (job === undefined || completed === undefined) {
    throw new UsageError('no-workflow-run', `found the event ${job?.event ?? 'none'}, wanted workflow_run`, {
      hint: 'the input artifact is for a workflow with "on: workflow_run"',
    });
  }
  const nothing: Outcome = { exitCodes: [], outputs: {} };
  if (completed.event !== 'pull_request') {
    logger.info(`the completed run was started by ${completed.event}, not by a pull request: nothing to do`);
    return nothing;
  }
  const host = await neededHost(ports);
  const pullRequest = await pullRequestOf(completed, host, ports, signal);
  if (pullRequest === undefined) return nothing;
  if (pullRequest.headRepository.toLowerCase() === job.repository.toLowerCase() && request.comment !== true) {
    logger.info(`pull request ${pullRequest.number} is of this repository: its own run writes the comment`);
    return nothing;
  }
  const files = await host.artifact(completed.id, request.artifact, LIMITS, signal);
  if (files === undefined) {
    logger.info(`run ${completed.id} has no artifact ${request.artifact}: nothing to do`);
    return nothing;
  }
  const run = await loadRun(storeOf(files, `artifact ${request.artifact}`), 'latest', ports.schemas);
  const checked = checkedRun(run, pullRequest, completed, job);
  const change = { number: pullRequest.number, headSha: pullRequest.headSha, untrusted: true };
  const url = await writeComments(checked, change, ports, signal);
  return { exitCodes: [], outputs: url === undefined ? {} : { 'comment-url': url } };
}

async function pullRequestOf(
  { headRepository, headBranch, headSha }: WorkflowRun,
  host: CodeHost,
  { logger }: Ports,
  signal: AbortSignal,
): Promise<PullRequest | undefined> {
  const found = await host.pullRequestsOfHead({ repository: headRepository, branch: headBranch, sha: headSha }, signal);
  if (found.length === 1) return found[0];
  logger.info(
    found.length === 0
      ? `no open pull request is at ${headSha.slice(0, 12)} any more: nothing to do`
      : `${found.length} open pull requests have the head ${headSha.slice(0, 12)}: which one was measured is not known`,
  );
  return undefined;
}

/** What the artifact says of itself must not contradict the event; the rest of it is replaced by what is known. */
function checkedRun(run: Run, { number, headSha }: PullRequest, { url }: WorkflowRun, job: Job): Run {
  const { change } = run.metadata;
  if (change?.pullRequest !== number || change.headSha !== headSha) {
    const claimed = `pull request ${change?.pullRequest ?? 'none'} at ${change?.headSha?.slice(0, 12) ?? 'no commit'}`;
    throw new InfrastructureError(
      'artifact-mismatch',
      `the artifact says ${claimed}, the event says pull request ${number} at ${headSha.slice(0, 12)}`,
      { hint: "the artifact was made by the pull request's own code and is not believed; look at that run" },
    );
  }
  const known = { repository: job.repository, pullRequest: number, headSha, runUrl: url };
  return { ...run, metadata: { ...run.metadata, change: known } };
}
