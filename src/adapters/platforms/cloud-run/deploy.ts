import type { Deployment, ServiceSpec } from '../../../domain/deployment.ts';
import { InfrastructureError } from '../../../domain/errors.ts';
import { deploymentOf } from './deployment.ts';
import { addRevisionRequest, createRequest } from './requests.ts';
import { attempt, getService, type Session, settled, write } from './session.ts';
import { CODE, codeOf } from './status-code.ts';

/** Creates the service with its first tag's revision, then adds one revision per further tag, one write each. */
export async function deployService(session: Session, spec: ServiceSpec, signal?: AbortSignal): Promise<Deployment> {
  const { clock, clients, place, logger } = session;
  const startedMs = clock.monotonicMs();
  const [first] = spec.tags;
  if (first === undefined) {
    throw new InfrastructureError('no-tags', `${spec.name}: a deployment needs at least one tag, found none.`);
  }
  await create(session, spec, first, signal);
  for (let count = 2; count <= spec.tags.length; count += 1) {
    logger.progress('Deploying revisions', { service: spec.name, revision: count, of: spec.tags.length });
    const request = addRevisionRequest(place, spec, spec.tags.slice(0, count));
    await write(session, () => clients.services.updateService(request), signal);
  }
  const service = await getService(session, spec.name, signal);
  const deployMs = clock.monotonicMs() - startedMs;
  return deploymentOf(spec, service, { deployedAtMs: clock.epochMs(), deployMs });
}

/** A repeated creation may find that the first attempt had succeeded although its answer was lost. */
async function create(session: Session, spec: ServiceSpec, tag: string, signal?: AbortSignal): Promise<void> {
  const { clients, place, clock, pollMs, privateAudience } = session;
  const request = createRequest(place, spec, tag, privateAudience);
  const operation = await attempt(
    session,
    async (count) => {
      await session.admitWrite(signal);
      try {
        const [started] = await clients.services.createService(request);
        return started.latestResponse;
      } catch (error) {
        if (count > 1 && codeOf(error) === CODE.alreadyExists) return undefined;
        throw error;
      }
    },
    signal,
  );
  if (operation !== undefined) return settled(session, operation, signal);
  while ((await getService(session, spec.name, signal)).reconciling === true) await clock.sleep(pollMs, signal);
}
