import type { protos } from '@google-cloud/run';
import { PerfError } from '../../../domain/errors.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Logger } from '../../../ports/logger.ts';
import type { CloudRunClients } from './clients.ts';
import { failureOf } from './failure.ts';
import { finished, type OperationState } from './operation.ts';
import { jobNameOf, nameOf, type Place } from './requests.ts';
import { type RetrySettings, withRetry } from './retry.ts';
import { CODE, codeOf } from './status-code.ts';

type IJob = protos.google.cloud.run.v2.IJob;
type IService = protos.google.cloud.run.v2.IService;
type ICondition = protos.google.cloud.run.v2.ICondition;

export interface Session {
  readonly place: Place;
  readonly clients: CloudRunClients;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pollMs: number;
  readonly retry: RetrySettings;
  /** Asked before every call, so that its errors are told as they are: inside the official client they lose their words. */
  readonly accessToken: () => Promise<string | undefined>;
  /** Audience of the ID tokens that services accept; absent: they accept everybody's calls. */
  readonly privateAudience?: string;
  /** Waits until another write is allowed. */
  readonly admitWrite: (signal?: AbortSignal) => Promise<void>;
}

/** The answer of a call that starts a long-running operation. */
export type Started = Promise<readonly [{ readonly latestResponse: OperationState }, ...unknown[]]>;

/** A read, repeated while it fails for a temporary reason. */
export function attempt<T>(
  { retry, clock, logger, accessToken }: Session,
  call: (attempt: number) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const authorized = async (count: number) => {
    await accessToken();
    return call(count);
  };
  return withRetry(authorized, retry, clock, logger, signal);
}

/** A write and the wait for its operation. */
export async function write(session: Session, call: () => Started, signal?: AbortSignal): Promise<void> {
  const [operation] = await attempt(
    session,
    async () => {
      await session.admitWrite(signal);
      return call();
    },
    signal,
  );
  await settled(session, operation.latestResponse, signal);
}

export function settled(session: Session, operation: OperationState, signal?: AbortSignal): Promise<void> {
  const polling = {
    clock: session.clock,
    pollMs: session.pollMs,
    attempt: <T>(call: () => Promise<T>) => attempt(session, call, signal),
  };
  const { services } = session.clients;
  return finished((name) => services.checkUpdateServiceProgress(name), operation, polling, signal);
}

export async function getService(session: Session, service: string, signal?: AbortSignal): Promise<IService> {
  const name = nameOf(session.place, service);
  const [found] = await attempt(session, () => session.clients.services.getService({ name }), signal);
  return found;
}

export async function getJob(session: Session, job: string, signal?: AbortSignal): Promise<IJob> {
  const { jobs } = await session.clients.jobs();
  const [found] = await attempt(session, () => jobs.getJob({ name: jobNameOf(session.place, job) }), signal);
  return found;
}

/** Why the platform could not bring up the service's newest revision, by its conditions; undefined when they do not say. */
export async function failedReason(session: Session, service: string): Promise<string | undefined> {
  try {
    const { terminalCondition, latestCreatedRevision } = await getService(session, service);
    const ofService = reasonOf([terminalCondition]);
    if (ofService !== undefined || !latestCreatedRevision) return ofService;
    const [revision] = await session.clients.revisions.getRevision({ name: latestCreatedRevision });
    return reasonOf(revision.conditions ?? []);
  } catch (error) {
    session.logger.debug('The conditions of a failed service cannot be read', { service, code: codeOf(error) });
    return undefined;
  }
}

/** The reason of the first failed condition. */
export function reasonOf(conditions: readonly (ICondition | null | undefined)[]): string | undefined {
  const failed = conditions.find((condition) => condition?.state === 'CONDITION_FAILED');
  const reason = failed?.revisionReason ?? failed?.reason;
  return reason === null || reason === undefined ? undefined : String(reason);
}

/**
 * Runs a command on one service or job and gives its failure in our own words, with what the platform says of it by
 * `whyFailed`; an abort passes through as it is.
 */
export async function explained<T>(
  action: string,
  service: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
  whyFailed?: () => Promise<string | undefined>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // What is told in our own words already has its reason in it: nothing is asked of the platform for it.
    if (signal?.aborted || error instanceof PerfError) throw error;
    const refused = codeOf(error) === CODE.invalidArgument || codeOf(error) === CODE.unavailable;
    const reason = refused ? undefined : await whyFailed?.();
    throw failureOf(error, { action, service, reason });
  }
}
