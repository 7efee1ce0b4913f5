import { InfrastructureError } from '../../../domain/errors.ts';
import type { DeployedJob, JobRunner } from '../../../ports/job-runner.ts';
import { deployedServiceOf } from './deployment.ts';
import { deployJob, failedJobReason, removeJob } from './jobs-deploy.ts';
import { runJob } from './jobs-run.ts';
import { parentOf } from './requests.ts';
import { attempt, explained, type Session } from './session.ts';
import { CODE, codeOf } from './status-code.ts';

const LIST_PAGE_SIZE = 100;

/** Cloud Run jobs by the Admin API v2. */
export const createJobRunner = (session: Session): JobRunner => ({
  deploy: (spec, signal) =>
    explained(
      'deploying',
      spec.name,
      signal,
      () => deployJob(session, spec, signal),
      () => failedJobReason(session, spec.name),
    ),
  run: (job, request, signal) => explained('running', job, signal, () => runJob(session, job, request, signal)),
  list: (labels, signal) =>
    explained('listing jobs in', session.place.region, signal, () => listJobs(session, labels, signal)),
  remove: (job, signal) => explained('removing', job, signal, () => removeJob(session, job, signal)),
});

/**
 * The Admin API has no filter, so that all jobs are read and chosen here. Where there is no such API there are no jobs;
 * without the right to list them nobody knows, which is told apart, since a project may be meant to have none.
 */
async function listJobs(
  session: Session,
  labels: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<readonly DeployedJob[]> {
  const wanted = Object.entries(labels);
  try {
    return await attempt(
      session,
      async () => {
        const { jobs } = await session.clients.jobs();
        const found: DeployedJob[] = [];
        const request = { parent: parentOf(session.place), pageSize: LIST_PAGE_SIZE };
        for await (const job of jobs.listJobsAsync(request, { autoPaginate: false })) {
          signal?.throwIfAborted();
          if (wanted.every(([key, value]) => job.labels?.[key] === value)) found.push(deployedServiceOf(job));
        }
        return found;
      },
      signal,
    );
  } catch (error) {
    if (codeOf(error) === CODE.unimplemented) return [];
    if (codeOf(error) !== CODE.permissionDenied) throw error;
    const text = `jobs in ${session.place.region} cannot be listed: ${error instanceof Error ? error.message : error}`;
    throw new InfrastructureError('jobs-denied', text, {
      cause: error,
      hint: 'Grant run.jobs.list, or the roles that "cloudrun-perf setup" prints.',
    });
  }
}
