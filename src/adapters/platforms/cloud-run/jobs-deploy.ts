import { randomUUID } from 'node:crypto';
import type { protos } from '@google-cloud/run';
import { InfrastructureError } from '../../../domain/errors.ts';
import type { JobSpec } from '../../../domain/load.ts';
import { type Change, carryOut } from './change.ts';
import { DEPLOY_ANNOTATION, RUN_LABELS } from './deploy.ts';
import { cancelAll, listExecutions } from './jobs-cancel.ts';
import { createJobRequest } from './jobs-requests.ts';
import { jobNameOf } from './requests.ts';
import { getJob, reasonOf, type Session } from './session.ts';
import { CODE, codeOf } from './status-code.ts';
import { jobsOf } from './target.ts';

type JobChange = Change<protos.google.cloud.run.v2.IJob>;

/** An earlier attempt of the same run left a job of this name, which may be another one. */
class LeftoverError extends Error {
  override readonly name = 'LeftoverError';
}

/** Creates the job. One that is there already counts as done only when this very call made it. */
export async function deployJob(session: Session, spec: JobSpec, signal?: AbortSignal): Promise<void> {
  try {
    await carryOut(session, await creationOf(session, spec), signal);
  } catch (error) {
    if (!(error instanceof LeftoverError)) throw error;
    session.logger.info('Removing the job that an earlier attempt of this run left', { job: spec.name });
    await removeJob(session, spec.name, signal);
    await carryOut(session, await creationOf(session, spec), signal);
  }
}

async function creationOf(session: Session, spec: JobSpec): Promise<JobChange> {
  const deployId = randomUUID();
  const request = createJobRequest(session.place, spec, { [DEPLOY_ANNOTATION]: deployId });
  const { jobs } = await session.clients.jobs();
  return {
    action: 'creating',
    target: jobsOf(session),
    name: spec.name,
    send: () => jobs.createJob(request),
    accepted(found) {
      if (found === undefined) return false;
      if (found.annotations?.[DEPLOY_ANNOTATION] === deployId) return true;
      const sameRun = RUN_LABELS.every(
        (label) => spec.labels[label] !== undefined && found.labels?.[label] === spec.labels[label],
      );
      if (sameRun) throw new LeftoverError(`${spec.name} is of an earlier attempt`);
      throw new InfrastructureError(
        'job-not-ours',
        `creating ${spec.name} failed: a job of that name already exists, and it is not of this run`,
        { hint: 'Remove it with cleanup when it is a leftover of another run.' },
      );
    },
  };
}

/** Deletes a job with its executions, of which the running ones are cancelled first; it not being there is success. */
export async function removeJob(session: Session, job: string, signal?: AbortSignal): Promise<void> {
  await cancelRunning(session, job, signal);
  const { jobs } = await session.clients.jobs();
  const removal: JobChange = {
    action: 'removing',
    target: jobsOf(session),
    name: job,
    send: () => jobs.deleteJob({ name: jobNameOf(session.place, job) }),
    accepted: (found) => found === undefined,
  };
  await carryOut(session, removal, signal);
}

/** Whatever fails here does not keep the job from being deleted: the platform ends its executions too. */
async function cancelRunning(session: Session, job: string, signal?: AbortSignal): Promise<void> {
  try {
    await cancelAll(session, (limit) => listExecutions(session, job, limit), signal);
  } catch (error) {
    signal?.throwIfAborted();
    session.logger.debug('Running executions cannot be cancelled', { job, code: codeOf(error) });
  }
}

/** Why the platform does not take a job, by its conditions; undefined when they do not say. */
export async function failedJobReason(session: Session, job: string): Promise<string | undefined> {
  try {
    const { terminalCondition, conditions } = await getJob(session, job);
    return reasonOf([terminalCondition, ...(conditions ?? [])]);
  } catch (error) {
    const code = codeOf(error);
    if (code !== CODE.notFound) session.logger.debug('The conditions of a failed job cannot be read', { job, code });
    return undefined;
  }
}
