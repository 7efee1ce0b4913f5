import type { protos } from '@google-cloud/run';
import type { Progress } from './operation.ts';
import { getJob, getService, type Session } from './session.ts';
import { CODE, codeOf } from './status-code.ts';
import type { Reconciled } from './truth.ts';

/** A kind of what can be changed: how one is read, and its operations. */
export interface Target<T extends Reconciled> {
  readonly noun: 'service' | 'job';
  /** Undefined when there is none of that name. */
  readonly find: (name: string, signal?: AbortSignal) => Promise<T | undefined>;
  readonly progress: Progress;
}

export const servicesOf = (session: Session): Target<protos.google.cloud.run.v2.IService> => ({
  noun: 'service',
  find: (name, signal) => orUndefined(getService(session, name, signal)),
  progress: (operation) => session.clients.services.checkUpdateServiceProgress(operation),
});

export const jobsOf = (session: Session): Target<protos.google.cloud.run.v2.IJob> => ({
  noun: 'job',
  find: (name, signal) => orUndefined(getJob(session, name, signal)),
  progress: async (operation) => (await session.clients.jobs()).jobs.checkCreateJobProgress(operation),
});

async function orUndefined<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (codeOf(error) === CODE.notFound) return undefined;
    throw error;
  }
}
