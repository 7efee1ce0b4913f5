import { waitUntilReady } from '../deploy/readiness.ts';
import { type HalfMade, rollOut, serviceSpec, tagUrl } from '../deploy/rollout.ts';
import type { Artifact, Deployment, Side } from '../domain/deployment.ts';
import { PerfError } from '../domain/errors.ts';
import type { Implementation } from '../domain/implementation.ts';
import type { Plan, PlannedImplementation, PlannedService } from '../domain/plan.ts';
import type { RunFailure } from '../domain/run.ts';
import { topicOf } from '../plan/gcp-setup.ts';
import { buildLabel } from '../plan/leftovers.ts';
import { protocolFor } from './contracts.ts';
import { groupOf, labelOf } from './planned-group.ts';
import type { Ports } from './ports.ts';
import type { ResourceLog } from './resource-log.ts';

export interface PreparedSide {
  readonly side: Side;
  readonly artifact: Artifact;
  readonly deployment: Deployment;
}

/** Where what is made outside is written down; absent in commands that store no run. */
export type PreparePorts = Ports & { readonly resources?: ResourceLog };

/** One implementation, built and deployed on every planned side, answering on its check revision. */
export interface Prepared {
  readonly planned: PlannedImplementation;
  readonly sides: readonly PreparedSide[];
  /** Pub/Sub topic that the services publish to. */
  readonly topic: string;
}

/** What one side is built from: the tree's own manifest entry, root and commit. */
export interface SideSource {
  readonly implementation: Implementation;
  readonly root: string;
  readonly commit?: string;
}
export type SideSources = Readonly<Partial<Record<Side, SideSource>>>;

/** A stage failed; carries which, for the list of failures. */
export class StageError extends Error {
  override readonly name = 'StageError';
  readonly stage: RunFailure['stage'];
  override readonly cause: unknown;
  constructor(stage: RunFailure['stage'], cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause));
    this.stage = stage;
    this.cause = cause;
  }
}

/** Names the stage that an error came from, once. */
export async function inStage<T>(stage: RunFailure['stage'], call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw error instanceof StageError ? error : new StageError(stage, error);
  }
}

/**
 * Topic that an implementation's services publish to. On this machine one for each run, implementation and profile, so that
 * they never see each other's messages. On Cloud Run the one that the project was set up with: services may publish to no
 * other, and nobody makes or reads topics there.
 */
export function topicName(plan: Plan, planned: PlannedImplementation): string {
  if (plan.platform === 'cloudrun') return topicOf(planned.implementation.serviceType);
  const { profile } = groupOf(planned, plan);
  return ['perf', plan.runId, planned.implementation.name, ...(profile === undefined ? [] : [profile])].join('-');
}

/** Environment that the protocol asks for. Where a bus can be had, the topic exists on it afterwards. */
export async function serviceEnvironment(
  plan: Plan,
  planned: PlannedImplementation,
  topic: string,
  ports: Ports,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const bus = await ports.messageBus();
  await bus?.ensureTopic(topic, signal);
  const pubsubHost = bus?.emulatorHost;
  const protocol = await protocolFor({ ...planned, serviceType: planned.implementation.serviceType }, ports);
  return protocol.environment({
    project: plan.project,
    topic,
    ...(pubsubHost === undefined ? {} : { pubsubHost }),
  });
}

/**
 * Builds and deploys all planned sides at the same time, and waits for the first answer of each. Throws StageError when
 * the head fails, once the base has ended, which is deployed no further; a base that fails is told to `onBaseFailure` and
 * left out, since it is not what the user is changing. The head comes first in the answer.
 */
export async function prepare(
  plan: Plan,
  planned: PlannedImplementation,
  sources: SideSources,
  ports: PreparePorts,
  onBaseFailure: (error: StageError) => void,
  signal: AbortSignal,
): Promise<Prepared> {
  const topic = topicName(plan, planned);
  const env = await inStage('deploy', () => serviceEnvironment(plan, planned, topic, ports, signal));
  signal.throwIfAborted();
  const headFailed = new AbortController();
  const signals = { build: signal, deploy: AbortSignal.any([signal, headFailed.signal]) };
  const sides = await Promise.allSettled(
    inOrderOfCreation(planned.services).map(async (service): Promise<PreparedSide | undefined> => {
      try {
        return await prepareSide(plan, planned, service, sources[service.side], env, ports, signals);
      } catch (error) {
        if (service.side === 'head') headFailed.abort(error);
        if (service.side === 'head' || signals.deploy.aborted || !(error instanceof StageError)) throw error;
        onBaseFailure(error);
        return undefined;
      }
    }),
  );
  const failed = sides.find((side) => side.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return { planned, topic, sides: sides.flatMap((side) => (side.status === 'fulfilled' ? (side.value ?? []) : [])) };
}

/** A build may be shared with other profiles: it goes on when one of them gives up. */
interface SideSignals {
  readonly build: AbortSignal;
  readonly deploy: AbortSignal;
}

/** Head first: it is what the user is changing. */
function inOrderOfCreation(services: readonly PlannedService[]): PlannedService[] {
  return services.toSorted((a, b) => b.side.localeCompare(a.side, 'en'));
}

const IMAGE_STAYS = 'stays until cleanup, which removes it unless a stored baseline names it';

async function prepareSide(
  plan: Plan,
  planned: PlannedImplementation,
  service: PlannedService,
  source: SideSource | undefined,
  env: Readonly<Record<string, string>>,
  ports: PreparePorts,
  signals: SideSignals,
): Promise<PreparedSide> {
  const { implementation } = planned;
  const label = labelOf(planned, plan);
  const artifact = await inStage('build', () => {
    ports.logger.progress(`${label}: building ${service.side}`);
    const request = {
      implementation: source?.implementation ?? implementation,
      repositoryRoot: source?.root ?? planned.repositoryRoot,
      label: buildLabel(plan.runId, service.side, planned.labels),
      ...(source?.commit === undefined ? {} : { sourceCommit: source.commit }),
    };
    return ports.builder.build(request, signals.build);
  });
  const pushed = plan.platform === 'cloudrun' && artifact.kind === 'container' && implementation.image === undefined;
  if (pushed) await ports.resources?.left({ kind: 'image', name: artifact.image }, IMAGE_STAYS);
  const deployment = await inStage('deploy', async () => {
    signals.deploy.throwIfAborted();
    ports.logger.progress(`${label}: deploying ${service.side}, ${service.sampleTags.length} revisions`);
    await ports.resources?.created({ kind: 'service', name: service.name });
    const spec = serviceSpec(planned, service, artifact, env);
    return rollOut(await ports.platform(), spec, signals.deploy, (end) => recordHalfMade(service.name, end, ports));
  });
  await inStage('deploy', () => firstAnswer(plan, planned, service, deployment, ports, signals.deploy));
  return { side: service.side, artifact, deployment };
}

/** A half-made service that stays is told at once: only its owner's next cleanup may see it again. */
export async function recordHalfMade(name: string, end: HalfMade, { resources, logger }: PreparePorts): Promise<void> {
  const resource = { kind: 'service', name } as const;
  switch (end.state) {
    case 'removed':
      return resources?.removed(resource);
    case 'not made':
      return resources?.notMade(resource);
    case 'left': {
      const reason = end.error instanceof Error ? end.error.message : String(end.error);
      logger.warn(`service ${name} is half-made and could not be removed: ${reason}`);
      return resources?.left(resource, reason);
    }
  }
}

async function firstAnswer(
  plan: Plan,
  planned: PlannedImplementation,
  service: PlannedService,
  deployment: Deployment,
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  if (service.checkTag === undefined) return;
  const revision = deployment.revisions.find(({ tag }) => tag === service.checkTag)?.revision ?? '';
  const target = { service: deployment.service, revision, url: tagUrl(deployment, service.checkTag) };
  const request = (
    await protocolFor({ ...planned, serviceType: planned.implementation.serviceType }, ports)
  ).coldRequest();
  const platform = await ports.platform();
  await waitUntilReady(
    target,
    request,
    plan.settings.coldTimeoutMs,
    { transport: ports.transport, platform, clock: ports.clock, ...(ports.hide && { hide: ports.hide }) },
    signal,
  );
}

/** Origin that contract validation talks to: the check revision of a side. */
export function checkUrl(prepared: Prepared, side: Side): string {
  const service = prepared.planned.services.find((candidate) => candidate.side === side);
  const deployed = prepared.sides.find((candidate) => candidate.side === side);
  if (service?.checkTag === undefined || deployed === undefined) throw new Error(`${side} has no check revision`);
  return tagUrl(deployed.deployment, service.checkTag);
}

/**
 * Removes all services of an implementation, the newest first; what cannot be removed is reported and does not stop the
 * others. Where resources are written down, only what stands is removed: every call counts against a quota.
 */
export async function removeServices(
  planned: PlannedImplementation,
  ports: PreparePorts,
  onFailure: (error: unknown) => void,
): Promise<void> {
  const platform = await ports.platform();
  const { resources } = ports;
  for (const { name } of inOrderOfCreation(planned.services).reverse()) {
    const resource = { kind: 'service', name } as const;
    if (resources?.stands(resource) === false) continue;
    try {
      await platform.remove(name);
      await resources?.removed(resource);
    } catch (error) {
      await resources?.left(resource, error instanceof Error ? error.message : String(error));
      onFailure(error instanceof PerfError ? error : new Error(`could not remove service ${name}`, { cause: error }));
    }
  }
}
