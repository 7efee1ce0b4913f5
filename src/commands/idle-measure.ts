import { rollOut, serviceSpec } from '../deploy/rollout.ts';
import type { Artifact, Deployment, Side } from '../domain/deployment.ts';
import { InfrastructureError } from '../domain/errors.ts';
import type { Measurement } from '../domain/measurement.ts';
import type { MeasureSettings, Plan, PlannedImplementation, PlannedService } from '../domain/plan.ts';
import type { ImplementationResult, RunMetadata } from '../domain/run.ts';
import { leaveAllAlone, type OpenMeasurement, openMeasurement } from '../measure/measure.ts';
import { scheduleSamples } from '../measure/schedule.ts';
import { summarizeStrata } from '../measure/strata.ts';
import { type IdleShare, idleShare } from '../plan/idle.ts';
import { sampleTags, serviceName } from '../plan/naming.ts';
import { LEAST_TO_JUDGE } from '../plan/strata.ts';
import type { HttpTransport } from '../ports/transport.ts';
import { protocolFor } from './contracts.ts';
import { measured } from './measured-protocol.ts';
import { mapParallel } from './parallel.ts';
import { groupOf, labelOf } from './planned-group.ts';
import { type PreparePorts, recordHalfMade, removeServices, serviceEnvironment, topicName } from './prepare.ts';
import type { RunRecorder } from './recorder.ts';
import { ResourceLog } from './resource-log.ts';

/** What another job of the run has measured: its images are deployed again, nothing is built or checked. */
export interface Awaiting {
  readonly planned: PlannedImplementation;
  readonly result: ImplementationResult;
}

export interface IdleContext {
  readonly plan: Plan;
  readonly awaiting: readonly Awaiting[];
  readonly metadata: RunMetadata;
  readonly recorder: RunRecorder;
  readonly ports: PreparePorts;
  readonly signal: AbortSignal;
}

interface Waiting {
  readonly one: Awaiting;
  readonly open: OpenMeasurement;
}

/**
 * Cold starts after idleness, of all implementations of a run in as few windows as the quota allows: a new service of
 * each, one request to each of its revisions, nothing until the platform has taken all instances away, then one request
 * more. What was deployed is removed, whatever happens. One that fails is left out, and said.
 */
export async function measureIdle(given: IdleContext): Promise<void> {
  const { awaiting, recorder, plan, signal } = given;
  const resources = new ResourceLog((found) => recorder.keepResources(found));
  const ports = { ...given.ports, resources, transport: oneAtATime(given.ports.transport) };
  const context = { ...given, ports };
  await resources.begin();
  const bases = awaiting.filter(({ result }) => artifactOf(result, 'base') !== undefined).length;
  const share = idleShare(awaiting.length, bases, plan.settings.instancesAtOnce ?? awaiting.length);
  const all = awaiting.map(({ planned, result }) => ({
    result,
    planned: waitingServices(planned, result, plan, share),
  }));
  for (let from = 0; from < all.length; from += share.atOnce) {
    signal.throwIfAborted();
    await oneWindow(all.slice(from, from + share.atOnce), share, context);
  }
}

/** Implementations wait for the log at the same time; no cold start is measured beside another. */
function oneAtATime(transport: HttpTransport): HttpTransport {
  let last: Promise<unknown> = Promise.resolve();
  return {
    open: (origin, options) => transport.open(origin, options),
    exchange(...asked) {
      const answer = last.then(() => transport.exchange(...asked));
      last = answer.catch(() => undefined);
      return answer;
    },
  };
}

async function oneWindow(group: readonly Awaiting[], share: IdleShare, context: IdleContext): Promise<void> {
  const { plan, ports, recorder, signal } = context;
  const remove = ({ planned }: Awaiting) =>
    removeServices(planned, ports, (error) => recorder.fail('cleanup', error, labelOf(planned, plan)));
  try {
    const opened = await mapParallel(group, ports.tool.cpus, (one) => deployAndWake(one, share, context));
    const waiting = opened.filter((one) => one !== undefined);
    if (waiting.length === 0) return;
    ports.logger.info(`leaving ${waiting.length} implementations alone until their instances have ended`);
    const measuring = { ...ports, platform: await ports.platform() };
    const ends = await leaveAllAlone(
      waiting.map(({ open }) => open),
      plan.settings,
      measuring,
      signal,
    );
    await mapParallel(waiting, ports.tool.cpus, async ({ one, open }) => {
      await open.afterIdle(ends);
      await record(one, open.result(), context);
      await remove(one);
    });
  } finally {
    await mapParallel(group, ports.tool.cpus, remove);
  }
}

/** Undefined when nothing of it waits, which is said; what could not be deployed fails the run. */
async function deployAndWake(one: Awaiting, share: IdleShare, context: IdleContext): Promise<Waiting | undefined> {
  const { plan, ports, recorder, signal } = context;
  const { planned, result } = one;
  const name = labelOf(planned, plan);
  try {
    const env = await serviceEnvironment(plan, planned, topicName(plan, planned), ports, signal);
    const deployments: { side: Side; deployment: Deployment }[] = [];
    for (const service of planned.services) {
      const artifact = artifactOf(result, service.side);
      if (artifact === undefined) continue;
      ports.logger.progress(`${name}: deploying ${service.side} again, ${service.sampleTags.length} revisions`);
      await ports.resources?.created({ kind: 'service', name: service.name });
      const spec = serviceSpec(planned, service, artifact, env);
      const deployment = await rollOut(await ports.platform(), spec, signal, (end) =>
        recordHalfMade(service.name, end, ports),
      );
      deployments.push({ side: service.side, deployment });
    }
    const services = planned.services.map(({ side, sampleTags: tags }) => ({ side, tags }));
    const settings = idleSettings(plan.settings, share);
    const { serviceType } = planned.implementation;
    const protocol = measured(await protocolFor({ ...planned, serviceType }, ports));
    const schedule = scheduleSamples(services, settings, plan.seed);
    const measuring = { ...ports, platform: await ports.platform() };
    const open = openMeasurement({ deployments, schedule, settings, protocol, seed: plan.seed }, measuring, signal);
    // Its first start is no sample here: it only has to be there, proven cold or not.
    const lost = await open.fresh().catch((error: unknown) => {
      if (error instanceof InfrastructureError && !signal.aborted) return error;
      throw error;
    });
    if (lost === undefined || open.idle().length > 0) return { one, open };
    const given = `cold starts of stratum after-idle were given up: ${lost.message}`;
    ports.logger.warn(`${name}: ${given}`);
    const nothing = open.result();
    await record(one, { ...nothing, audit: [...nothing.audit, given] }, context);
    return undefined;
  } catch (error) {
    if (signal.aborted) throw error;
    recorder.fail('measure', error, name);
    return undefined;
  }
}

function artifactOf({ sides }: ImplementationResult, wanted: Side): Artifact | undefined {
  return sides.find(({ side }) => side === wanted)?.artifact;
}

/** Services with names of their own: those that were measured may still be on their way out. */
function waitingServices(
  planned: PlannedImplementation,
  result: ImplementationResult,
  plan: Plan,
  { bothSides, revisions }: IdleShare,
): PlannedImplementation {
  const sides = (['head', 'base'] as const).filter(
    (side) => (side === 'head' || bothSides) && artifactOf(result, side) !== undefined,
  );
  const services = sides.map((side): PlannedService => {
    const identity = { implementation: planned.implementation.name, profile: planned.profile.name, side };
    const repository = planned.repository?.source ?? planned.repositoryRoot;
    const name = serviceName({ ...identity, repository, runId: `${plan.runId}/idle` });
    return { side, name, sampleTags: sampleTags(revisions) };
  });
  return { ...planned, services };
}

function idleSettings(settings: MeasureSettings, { samples, revisions }: IdleShare): MeasureSettings {
  const { instancesAtOnce: _room, forcedZeroStarts: _forced, load: _load, ...rest } = settings;
  return {
    ...rest,
    samplesPerRound: revisions,
    rounds: 1,
    warm: { ...settings.warm, warmupRequests: 0, requests: 0 },
    afterIdleSamples: samples,
    gateStratum: samples >= LEAST_TO_JUDGE ? 'after-idle' : 'fresh-revision',
  };
}

/** Only what came after the window; the job before it has better samples of fresh revisions. */
function onlyAfterIdle(measurement: Measurement): Measurement {
  const samples = measurement.samples.filter(({ stratum }) => stratum === 'after-idle');
  const dropped = measurement.dropped.filter(({ stratum }) => stratum === 'after-idle');
  return { ...measurement, samples, dropped, strata: summarizeStrata(samples, dropped) };
}

function record({ planned, result }: Awaiting, measurement: Measurement, context: IdleContext): Promise<void> {
  const { plan, recorder } = context;
  const { name, source, tags, sides } = result;
  const waited = sides.filter(({ side }) => planned.services.some((service) => service.side === side));
  return recorder.record(groupOf(planned, plan), planned.contractVersion, {
    name,
    ...(source === undefined ? {} : { source }),
    tags,
    sides: waited.map((side) => ({ ...side, summaries: {} })),
    measurement: onlyAfterIdle(measurement),
  });
}
