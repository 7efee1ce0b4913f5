import type { Config } from '../config/config.ts';
import type { CommandRequest } from '../config/request.ts';
import { isUntrusted, type Job } from '../domain/job.ts';
import type { PlatformName } from '../domain/plan.ts';
import type { CodeHost } from '../ports/code-host.ts';
import type { Logger } from '../ports/logger.ts';

/**
 * A run that a comment, a label or a person started is about a pull request that its event does not describe. Only the
 * commit that they approved is measured, whatever was pushed since.
 */
export async function withPullRequest(
  job: Job,
  request: CommandRequest,
  codeHost: () => Promise<CodeHost | undefined>,
  signal: AbortSignal,
): Promise<Job> {
  const wanted = 'pullRequest' in request ? request.pullRequest : undefined;
  if (wanted === undefined || job.pullRequest !== undefined) return job;
  const found = await (await codeHost())?.pullRequest(wanted, signal);
  if (found === undefined) return job;
  const headSha = ('headSha' in request ? request.headSha : undefined) ?? found.headSha;
  return { ...job, pullRequest: { ...found, headSha } };
}

/** Code that nobody has approved never meets the cloud, whatever the workflow says. */
export function platformOf(
  request: CommandRequest,
  config: Config,
  job: Job | undefined,
  logger: Logger,
): PlatformName {
  const wanted = request.platform ?? (config.gcp.projectId === undefined ? 'local' : 'cloudrun');
  if (wanted === 'local' || job === undefined || !isUntrusted(job)) return wanted;
  logger.info('this pull request comes from a fork or from Dependabot: it is measured on the embedded platform');
  return 'local';
}
