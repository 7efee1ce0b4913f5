import { randomUUID } from 'node:crypto';
import type { protos } from '@google-cloud/run';
import type { Deployment, ServiceSpec } from '../../../domain/deployment.ts';
import { InfrastructureError } from '../../../domain/errors.ts';
import { NOT_OURS } from '../../../ports/platform.ts';
import { type Change, carryOut } from './change.ts';
import { deploymentOf } from './deployment.ts';
import { removeService } from './remove.ts';
import { addRevisionRequest, createRequest } from './requests.ts';
import { getService, type Session } from './session.ts';
import { servicesOf } from './target.ts';

type ServiceChange = Change<protos.google.cloud.run.v2.IService>;

/** Says which deployment made a service, so that a creation whose answer was lost is known again. */
export const DEPLOY_ANNOTATION = 'cloudrun-perf.dev/deployment';
/** Labels that only services of the same run and owner share. */
export const RUN_LABELS = ['perf-run-id', 'perf-owner'] as const;

/** Creates the service with its first tag's revision, then adds one revision per further tag, one write each. */
export async function deployService(session: Session, spec: ServiceSpec, signal?: AbortSignal): Promise<Deployment> {
  const { clock, logger } = session;
  const startedMs = clock.monotonicMs();
  const [first] = spec.tags;
  if (first === undefined) {
    throw new InfrastructureError('no-tags', `${spec.name}: a deployment needs at least one tag, found none.`);
  }
  await create(session, spec, first, signal);
  for (let count = 2; count <= spec.tags.length; count += 1) {
    logger.progress('Deploying revisions', { service: spec.name, revision: count, of: spec.tags.length });
    await carryOut(session, additionOf(session, spec, spec.tags.slice(0, count)), signal);
  }
  const service = await getService(session, spec.name, signal);
  const deployMs = clock.monotonicMs() - startedMs;
  return deploymentOf(spec, service, { deployedAtMs: clock.epochMs(), deployMs });
}

/** An earlier attempt of the same run left a service of this name, whose revisions are no longer fresh. */
class LeftoverError extends Error {
  override readonly name = 'LeftoverError';
}

async function create(session: Session, spec: ServiceSpec, tag: string, signal?: AbortSignal): Promise<void> {
  try {
    await carryOut(session, creationOf(session, spec, tag), signal);
  } catch (error) {
    if (!(error instanceof LeftoverError)) throw error;
    session.logger.info('Removing the service that an earlier attempt of this run left', { service: spec.name });
    await removeService(session, spec.name, signal);
    await carryOut(session, creationOf(session, spec, tag), signal);
  }
}

function creationOf(session: Session, spec: ServiceSpec, tag: string): ServiceChange {
  const { place, clients, privateAudience } = session;
  const deployId = randomUUID();
  const request = createRequest(place, spec, tag, privateAudience);
  const service = { ...request.service, annotations: { [DEPLOY_ANNOTATION]: deployId } };
  return {
    action: 'creating',
    target: servicesOf(session),
    name: spec.name,
    send: () => clients.services.createService({ ...request, service }),
    accepted(found) {
      if (found === undefined) return false;
      if (found.annotations?.[DEPLOY_ANNOTATION] === deployId) return true;
      const sameRun = RUN_LABELS.every(
        (label) => spec.labels[label] !== undefined && found.labels?.[label] === spec.labels[label],
      );
      if (sameRun) throw new LeftoverError(`${spec.name} is of an earlier attempt`);
      throw new InfrastructureError(
        NOT_OURS,
        `creating ${spec.name} failed: a service of that name already exists, and it is not of this run`,
        { hint: 'Remove it with cleanup when it is a leftover of another run; else rename the implementation.' },
      );
    },
  };
}

/** The tag is in the traffic as soon as the platform has accepted the update that makes its revision. */
function additionOf(session: Session, spec: ServiceSpec, tags: readonly string[]): ServiceChange {
  const { place, clients } = session;
  const request = addRevisionRequest(place, spec, tags);
  const tag = tags.at(-1);
  return {
    action: `adding the revision ${tag} to`,
    target: servicesOf(session),
    name: spec.name,
    send: () => clients.services.updateService(request),
    accepted: (found) => (found?.traffic ?? []).some((target) => target.tag === tag),
  };
}
