import type { LoadConfig } from '../config/config.ts';
import { type Conformance, conforms } from '../domain/conformance.ts';
import type { Plan, PlannedImplementation } from '../domain/plan.ts';
import type { ImplementationResult, RunMetadata } from '../domain/run.ts';
import { leaveAllAlone, type OpenMeasurement, openMeasurement } from '../measure/measure.ts';
import { scheduleSamples, spareTags } from '../measure/schedule.ts';
import { checksFit } from '../plan/strata.ts';
import type { ResultStore } from '../ports/result-store.ts';
import { type BaselineSource, baseOf } from './baseline-source.ts';
import { buildOnce } from './build-once.ts';
import { checkConformance } from './conformance.ts';
import { protocolFor } from './contracts.ts';
import { costCapReached } from './cost-cap.ts';
import { LoadJob } from './load-job.ts';
import { measured } from './measured-protocol.ts';
import { mapParallel } from './parallel.ts';
import { groupOf, labelOf } from './planned-group.ts';
import type { Ports } from './ports.ts';
import {
  checkUrl,
  inStage,
  type Prepared,
  type PreparePorts,
  prepare,
  removeServices,
  type SideSources,
  StageError,
} from './prepare.ts';
import type { RunRecorder } from './recorder.ts';
import { ResourceLog } from './resource-log.ts';
import { emptyResult, measuredResult } from './results.ts';

export interface RunContext {
  /** What the configuration wants instances to be. */
  readonly runtime: 'auto' | 'process' | 'container';
  readonly plan: Plan;
  readonly baseline: BaselineSource;
  readonly metadata: RunMetadata;
  readonly recorder: RunRecorder;
  readonly ports: PreparePorts;
  readonly signal: AbortSignal;
  /** Of load from a job: of what its tasks are made, and the store as they see it. */
  readonly load?: { readonly config: LoadConfig; readonly store: ResultStore };
  /** The job of this process; absent: load comes from this machine. */
  readonly loadJob?: LoadJob;
}

export interface Checked {
  readonly prepared: Prepared;
  readonly conformance: Conformance;
}

/**
 * Measures every implementation of the plan and removes what was deployed, whatever happens. Builds, deploys and
 * contract checks run in parallel, since they disturb nobody as long as nothing is measured; then one implementation
 * at a time has the machine.
 */
export async function measureAll(given: RunContext): Promise<void> {
  const { plan, recorder, signal } = given;
  const resources = new ResourceLog((found) => recorder.keepResources(found));
  const ports = { ...given.ports, resources, builder: buildOnce(given.ports.builder, given.ports.tool.cpus) };
  const loadJob = openLoadJob(given, resources);
  const context = { ...given, ports, ...(loadJob === undefined ? {} : { loadJob }) };
  const remove = (planned: PlannedImplementation) =>
    removeServices(planned, ports, (error) => recorder.fail('cleanup', error, labelOf(planned, plan)));
  const removeJob = async () => loadJob?.remove((error) => recorder.fail('cleanup', error));
  await resources.begin();
  loadJob?.begin();
  try {
    const checked = await mapParallel(plan.implementations, ports.tool.cpus, (planned) =>
      prepareAndCheck(planned, context),
    );
    const ready = checked.filter((one) => one !== undefined);
    const waits = plan.settings.scaleToZeroTimeoutMs > 0;
    const waiting: Measuring[] = [];
    for (const [index, one] of ready.entries()) {
      signal.throwIfAborted();
      const tooDear = costCapReached(one.prepared.planned, plan, recorder.run);
      if (tooDear !== undefined) {
        const error = new StageError('measure', tooDear);
        await recordFailure(one.prepared.planned, error, context, one.conformance);
        await remove(one.prepared.planned);
        continue;
      }
      ports.logger.info(`measuring ${labelOf(one.prepared.planned, plan)} (${index + 1} of ${ready.length})`);
      const measuring = await measureFresh(one, context);
      if (measuring !== undefined && waits) waiting.push(measuring);
      else {
        if (measuring !== undefined) await continued(measuring, context, () => measuring.open.forcedZero());
        await remove(one.prepared.planned);
      }
    }
    // Whatever is measured after idleness is cold starts alone.
    await removeJob();
    await measureIdle(waiting, context, remove);
  } finally {
    await removeJob();
    for (const planned of plan.implementations) await remove(planned);
  }
}

function openLoadJob({ plan, load, ports, signal }: RunContext, resources: ResourceLog): LoadJob | undefined {
  if (load === undefined || plan.settings.load?.from !== 'job') return undefined;
  return new LoadJob({ plan, ...load, ports, resources, signal });
}

/** Builds, deploys and validates one; undefined when that already decided its result, which is then recorded. */
export async function prepareAndCheck(
  planned: PlannedImplementation,
  context: RunContext,
): Promise<Checked | undefined> {
  const { plan, ports, signal, recorder } = context;
  const name = labelOf(planned, plan);
  const missing = await ports.builder.unavailable(planned.implementation);
  if (missing !== undefined) {
    ports.logger.warn(`${name} is not measured: ${missing}`);
    await record(planned, context, { state: 'not measured', reason: missing });
    return undefined;
  }
  try {
    const sources = sideSources(planned, context);
    const onBaseFailure = (error: StageError) => recorder.fail(error.stage, error.cause, `${name} (base)`);
    const prepared = await prepare(plan, planned, sources, ports, onBaseFailure, signal);
    const conformance = await inStage('validate', () => checkHead(prepared, ports, signal));
    announce(name, conformance, ports);
    const services = plan.implementations.map((one) => one.services.length);
    if (!checksFit(plan.settings, services)) await inStage('deploy', () => stopChecked(prepared, ports, signal));
    if (conforms(conformance)) return { prepared, conformance };
    await record(planned, context, { conformance, state: 'contract failed', reason: contractReason(conformance) });
  } catch (error) {
    if (signal.aborted) throw error;
    await recordFailure(planned, error, context);
  }
  return undefined;
}

/** What a contract was checked on would hold the quota while all the others are prepared and measured. */
async function stopChecked({ sides }: Prepared, ports: Ports, signal: AbortSignal): Promise<void> {
  const platform = await ports.platform();
  await Promise.all(sides.map(({ deployment }) => platform.scaleToZero(deployment.service, [], signal)));
}

/** An implementation whose fresh revisions are measured. */
interface Measuring {
  readonly checked: Checked;
  readonly open: OpenMeasurement;
}

/** Measures fresh revisions; undefined when that already decided the result, which is then recorded. */
async function measureFresh(checked: Checked, context: RunContext): Promise<Measuring | undefined> {
  const { plan, ports, signal } = context;
  const { prepared, conformance } = checked;
  const { planned } = prepared;
  try {
    const tagsOf = (side: string) => planned.services.find((service) => service.side === side)?.sampleTags ?? [];
    const scheduled = prepared.sides.map(({ side }) => ({ side, tags: tagsOf(side) }));
    const load = await context.loadJob?.driver({ ...planned, serviceType: planned.implementation.serviceType });
    const open = openMeasurement(
      {
        deployments: prepared.sides.map(({ side, deployment }) => ({ side, deployment })),
        schedule: scheduleSamples(scheduled, plan.settings, plan.seed),
        retakeTags: spareTags(scheduled, plan.settings),
        settings: plan.settings,
        protocol: measured(await protocolFor({ ...planned, serviceType: planned.implementation.serviceType }, ports)),
        seed: plan.seed,
        ...(load === undefined ? {} : { load }),
      },
      { ...ports, platform: await ports.platform() },
      signal,
    );
    await open.fresh();
    await recordMeasured({ checked, open }, context);
    return { checked, open };
  } catch (error) {
    if (signal.aborted) throw error;
    await recordFailure(planned, new StageError('measure', error), context, conformance);
    return undefined;
  }
}

/** One part more of a measurement. When it fails, what was measured before it stays good. */
async function continued(measuring: Measuring, context: RunContext, part: () => Promise<void>): Promise<void> {
  const { plan, recorder, signal } = context;
  try {
    await part();
  } catch (error) {
    if (signal.aborted) throw error;
    recorder.fail('measure', error, labelOf(measuring.checked.prepared.planned, plan));
  }
  await recordMeasured(measuring, context);
}

/**
 * The part that waits: everything that was measured is left alone in one window, so that any number of implementations
 * costs one wait. Services are removed only after it, each as soon as its own part is done.
 */
async function measureIdle(
  waiting: readonly Measuring[],
  context: RunContext,
  remove: (planned: PlannedImplementation) => Promise<void>,
): Promise<void> {
  const { plan, ports, signal, recorder } = context;
  if (waiting.length === 0) return;
  for (const measuring of waiting) await continued(measuring, context, () => measuring.open.forcedZero());
  ports.logger.info(`leaving ${waiting.length} implementations alone until their instances have ended`);
  const opened = waiting.map(({ open }) => open);
  const measurePorts = { ...ports, platform: await ports.platform() };
  const ends = await leaveAllAlone(opened, plan.settings, measurePorts, signal).catch((error: unknown) => {
    if (signal.aborted) throw error;
    recorder.fail('measure', error);
    return undefined;
  });
  for (const measuring of waiting) {
    if (ends !== undefined) await continued(measuring, context, () => measuring.open.afterIdle(ends));
    await remove(measuring.checked.prepared.planned);
  }
}

function recordMeasured({ checked, open }: Measuring, context: RunContext): Promise<void> {
  const { plan, metadata, recorder } = context;
  const { prepared, conformance } = checked;
  const { planned, sides } = prepared;
  const result = measuredResult(planned, sides, metadata, plan, conformance, open.result());
  return recorder.record(groupOf(planned, plan), planned.contractVersion, result);
}

/** Contract validation talks to the head's check revision, so that measured revisions stay unseen. */
async function checkHead(prepared: Prepared, ports: Ports, signal: AbortSignal): Promise<Conformance> {
  const { implementation, contractVersion, repositoryRoot } = prepared.planned;
  const bus = await ports.messageBus();
  return checkConformance(
    {
      serviceType: implementation.serviceType,
      contractVersion,
      repositoryRoot,
      features: implementation.supportedFeatures,
      url: checkUrl(prepared, 'head'),
      topic: prepared.topic,
      ...(bus === undefined ? {} : { bus }),
    },
    ports,
    signal,
  );
}

function sideSources(planned: PlannedImplementation, { plan, baseline }: RunContext): SideSources {
  const base = baseOf(baseline, planned.repositoryRoot, planned.implementation.name, groupOf(planned, plan).profile);
  return base === undefined ? {} : { base };
}

function announce(name: string, { passed, failed, skipped, notChecked }: Conformance, ports: Ports): void {
  const rest = [skipped > 0 ? `${skipped} skipped` : '', notChecked > 0 ? `${notChecked} not checked` : ''].filter(
    (part) => part !== '',
  );
  ports.logger.info([`${name}: contract ${passed} of ${passed + failed} vectors passed`, ...rest].join(', '));
}

function contractReason(conformance: Conformance): string {
  if (conformance.unreachable !== undefined) return `unreachable: ${conformance.unreachable}`;
  const failed = conformance.vectors.filter(({ state }) => state === 'failed').map(({ id }) => id);
  const missing = conformance.missingFeatures.map((feature) => `required feature ${feature} is not declared`);
  return [...missing, ...(failed.length > 0 ? [`failed: ${failed.join(', ')}`] : [])].join('; ');
}

type Change = Pick<ImplementationResult, 'state' | 'reason' | 'conformance'>;

function record(planned: PlannedImplementation, context: RunContext, change: Change): Promise<void> {
  const result = { ...emptyResult(planned, context.metadata, context.plan, context.runtime), ...change };
  return context.recorder.record(groupOf(planned, context.plan), planned.contractVersion, result);
}

async function recordFailure(
  planned: PlannedImplementation,
  error: unknown,
  context: RunContext,
  conformance?: Conformance,
): Promise<void> {
  const staged = error instanceof StageError ? error : new StageError('deploy', error);
  const failure = context.recorder.fail(staged.stage, staged.cause, labelOf(planned, context.plan));
  await record(planned, context, {
    state: 'not measured',
    reason: failure.message,
    ...(conformance === undefined ? {} : { conformance }),
  });
}
