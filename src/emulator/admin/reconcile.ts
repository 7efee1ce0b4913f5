import { status } from '@grpc/grpc-js';
import type { DataPlane, Scaling } from '../model.ts';
import { healthCheckFailed, healthCheckSkipped, internalFailure, ready } from './conditions.ts';
import type { SecretLookup } from './local-secrets.ts';
import type { Condition, Service, TrafficTarget, TrafficTargetStatus } from './messages.ts';
import { type Location, revisionName } from './names.ts';
import type { Outcome } from './operations.ts';
import { packService } from './protos.ts';
import { revisionSpec } from './revision-spec.ts';
import type { RevisionRecord, ServiceRecord } from './service-record.ts';
import { timestampOf } from './times.ts';
import { type Share, seededRandom, seedOf, weightedRoute } from './weighted-route.ts';

export interface Reconciliation {
  readonly location: Location;
  readonly dataPlane: DataPlane;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** True once the emulator shuts down: an endpoint that is opened after that would stay open. */
  readonly closed: () => boolean;
  readonly secret: SecretLookup;
}

/**
 * Brings the data plane to what the service's message asks for and writes the result into it. A revision that is not
 * healthy leaves traffic where it was and fails the operation; the service stays, as on Cloud Run.
 */
export async function reconcile(context: Reconciliation, service: ServiceRecord): Promise<Outcome> {
  try {
    await context.dataPlane.setScaling(service.id, scalingOf(service.message));
    const pending = service.revisions.filter(({ state }) => state === 'pending');
    for (const revision of pending) {
      const failure = await startRevision(context, service, revision);
      if (failure !== undefined) return refuse(service, failure);
    }
    const last = service.revisions.at(-1);
    if (last?.state === 'failed')
      return refuse(service, last.message.conditions?.[0] ?? internalFailure(context.now(), ''));
    const trafficStatuses = await openEndpoints(context, service);
    const uri = service.endpoints.get(service.id) ?? '';
    const { generation = '1' } = service.message;
    service.message = {
      ...service.message,
      trafficStatuses,
      uri,
      urls: [...service.endpoints.values()],
      observedGeneration: generation,
      reconciling: false,
      terminalCondition: ready(context.now()),
      conditions: ['RoutesReady', 'ConfigurationsReady'].map((type) => ({ ...ready(context.now()), type })),
    };
    return { ok: true, resource: packService(service.message) };
  } catch (error) {
    return refuse(service, internalFailure(context.now(), error instanceof Error ? error.message : String(error)));
  }
}

export function scalingOf({ scaling }: Service): Scaling {
  return scaling?.scalingMode === 'MANUAL'
    ? { mode: 'manual', instanceCount: scaling.manualInstanceCount ?? 0 }
    : { mode: 'automatic' };
}

/** Gives the revision to the data plane and checks its health unless that is switched off. Resolves to the failure. */
async function startRevision(
  { dataPlane, now, location, secret }: Reconciliation,
  service: ServiceRecord,
  revision: RevisionRecord,
): Promise<Condition | undefined> {
  dataPlane.addRevision(revisionSpec(service.id, revision.id, revision.template, secret));
  const scaling = scalingOf(service.message);
  const skipped =
    revision.template.healthCheckDisabled === true
      ? 'Health check was skipped because it is disabled by the revision template.'
      : scaling.mode === 'manual' && scaling.instanceCount === 0
        ? 'Health check was skipped since the revision is of a manually scaled service with 0 instance count.'
        : undefined;
  const health = skipped === undefined ? await dataPlane.checkHealth(revision.id) : { healthy: true as const };
  const failure = health.healthy
    ? undefined
    : healthCheckFailed(
        now(),
        `Revision '${revision.id}' is not ready and cannot serve traffic. The user-provided container failed to start and listen on the port defined provided by the PORT environment variable within the allocated timeout. ${health.reason}`,
      );
  revision.state = failure === undefined ? 'ready' : 'failed';
  revision.message = {
    ...revision.message,
    reconciling: false,
    observedGeneration: revision.message.generation,
    updateTime: timestampOf(now()),
    conditions: [failure ?? ready(now()), ...(skipped === undefined ? [] : [healthCheckSkipped(now(), skipped)])],
  };
  if (failure !== undefined) {
    await dataPlane.removeRevision(revision.id);
    return failure;
  }
  service.message = { ...service.message, latestReadyRevision: revisionName(location, service.id, revision.id) };
  return undefined;
}

function refuse(service: ServiceRecord, condition: Condition): Outcome {
  service.message = { ...service.message, reconciling: false, terminalCondition: condition };
  return {
    ok: false,
    resource: packService(service.message),
    code: condition.reason === 'INTERNAL' ? status.INTERNAL : status.FAILED_PRECONDITION,
    message: condition.message ?? '',
  };
}

/** One endpoint for the service and one for each tag; closes those of tags that are gone. */
async function openEndpoints(
  { dataPlane, closed }: Reconciliation,
  service: ServiceRecord,
): Promise<TrafficTargetStatus[]> {
  const traffic = service.message.traffic ?? [];
  const latest = service.revisions.findLast(({ state }) => state === 'ready')?.id;
  const revisionOf = (target: TrafficTarget) => target.revision || latest;
  const shares = traffic.flatMap((target): Share[] => {
    const revision = revisionOf(target);
    return revision === undefined ? [] : [{ revision, percent: target.percent ?? 0 }];
  });
  const wanted = new Map([[service.id, weightedRoute(shares, seededRandom(seedOf(service.id)))]]);
  for (const target of traffic) {
    const revision = revisionOf(target);
    if (target.tag) wanted.set(`${target.tag}---${service.id}`, () => revision);
  }
  for (const [key, route] of wanted) {
    if (closed()) throw new Error('the emulator is shutting down');
    service.endpoints.set(key, await dataPlane.openEndpoint(key, route));
  }
  for (const key of [...service.endpoints.keys()].filter((one) => !wanted.has(one))) {
    service.endpoints.delete(key);
    await dataPlane.closeEndpoint(key);
  }
  return traffic.map((target) => {
    const uri = target.tag ? service.endpoints.get(`${target.tag}---${service.id}`) : undefined;
    return { ...target, ...(uri === undefined ? {} : { uri }) };
  });
}

/** Removes everything of a service from the data plane. */
export async function dismantle({ dataPlane }: Reconciliation, service: ServiceRecord): Promise<void> {
  for (const key of service.endpoints.keys()) await dataPlane.closeEndpoint(key);
  service.endpoints.clear();
  await Promise.all(
    service.revisions.filter(({ state }) => state === 'ready').map(({ id }) => dataPlane.removeRevision(id)),
  );
}
