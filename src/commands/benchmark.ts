import type { Config } from '../config/config.ts';
import type { BenchmarkRequest } from '../config/request.ts';
import type { ServiceRepository } from '../domain/implementation.ts';
import type { CarriedItem, PlannedItem } from '../domain/job-plan.ts';
import type { PlatformName } from '../domain/plan.ts';
import type { SettingsOverrides } from '../plan/settings.ts';
import { SILENT } from '../ports/event-sink.ts';
import { EXPORTERS } from '../report/registry.ts';
import { runToExit } from '../report/run-exit.ts';
import { shardPath } from '../results/shards.ts';
import { announce } from './announce.ts';
import { resolveBaseline } from './baseline-source.ts';
import { recordCarried } from './carried.ts';
import { discoverRepositories } from './catalog.ts';
import { compareAll } from './compare-run.ts';
import { idleJob } from './idle-job.ts';
import { carriedItems } from './job-plan.ts';
import { refuseUnreachableStore } from './load-job.ts';
import { failedEvent, startedEvent } from './notify.ts';
import type { Outcome } from './outcome.ts';
import { planRun, runMetadata } from './plan-run.ts';
import { plannedItems } from './planned-items.ts';
import type { Ports } from './ports.ts';
import { preflight } from './preflight.ts';
import { publish } from './publish.ts';
import { RunRecorder } from './recorder.ts';
import { measureAll } from './run-plan.ts';
import { selectForChange } from './selection.ts';
import { type ShardWork, shardWork } from './shard.ts';

/** The whole main job: discover, plan, build, deploy, validate, measure, compare, report, clean up. */
export async function benchmark(
  request: BenchmarkRequest,
  platform: PlatformName,
  config: Config,
  given: Ports,
  signal: AbortSignal,
): Promise<Outcome> {
  const repositories = await discoverRepositories(request, config, given, signal);
  const work: ShardWork = (await shardWork(request, given)) ?? { ports: given, baseline: request.baseline };
  const { ports } = work;
  const suiteOverrides = overridesOf(request, config, ports);
  if (work.idle?.isOwn === true) {
    const { plan: jobPlan } = work.idle;
    const finish = (recorder: RunRecorder) => finishShard(request, request.shard ?? '', recorder, ports);
    const input = { request, jobPlan, repositories, overrides: suiteOverrides, config, whole: given, ports, signal };
    return await idleJob(input, finish);
  }
  // The job after the others waits for idleness, once for all.
  const overrides = work.idle === undefined ? suiteOverrides : { ...suiteOverrides, idleElsewhere: true };
  const todo = await whatToDo(request, work, repositories, config, signal);
  const baseline = await resolveBaseline(work.baseline, repositories, ports, signal);
  const { plan, cost, description } = planRun(
    { ...request, platform, overrides, items: todo.items },
    config,
    repositories,
    baseline,
    ports,
  );
  const { loadStore = given.store } = given;
  refuseUnreachableStore(plan.settings, platform, loadStore);
  if (request.dryRun) {
    ports.print(`${description}${carriedText(todo)}`);
    return { exitCodes: [], outputs: {} };
  }
  await preflight(plan, request, config, ports);
  if (todo.items.length === 0) ports.logger.info(`nothing is measured: ${todo.reason}`);
  // The services of a run in the cloud are those of all its jobs: the end of this one must not remove the others'.
  if (request.shard === undefined || platform === 'local') ports.rememberRun(plan.runId);
  const metadata = await runMetadata(plan, repositories, baseline, ports, signal, { ...request, cost });
  const recorder = new RunRecorder(metadata, ports);
  await recorder.begin();
  // A job of a run of several is a part of it: the run is told about by its first job and its last.
  const events = request.shard === undefined ? ports.events : SILENT;
  await events.send(startedEvent(metadata, ports));
  try {
    const load = { config: config.load, store: loadStore };
    await measureAll({ runtime: config.emulator.runtime, plan, baseline, metadata, recorder, ports, signal, load });
    signal.throwIfAborted();
    if (request.shard !== undefined) return await finishShard(request, request.shard, recorder, ports);
    await recordCarried(todo.carried, { baseline, metadata, recorder, repositories, config });
    await compareAll(config, baseline, recorder);
    const outcome = await publish(request, recorder, ports);
    return await announce(recorder.run, request, outcome, ports, signal);
  } catch (error) {
    await recorder.finish(signal.aborted ? 'cancelled' : 'failed');
    await events.send(failedEvent(metadata, signal.aborted ? 'cancelled' : error, ports));
    throw error;
  }
}

interface Todo {
  readonly items: readonly PlannedItem[];
  readonly carried: readonly CarriedItem[];
  readonly reason: string;
}

/** What a change touches; a job of a run of several has its part of what was planned, and carries nothing. */
async function whatToDo(
  request: BenchmarkRequest,
  { items, ports }: { readonly items?: readonly PlannedItem[]; readonly ports: Ports },
  repositories: readonly ServiceRepository[],
  config: Config,
  signal: AbortSignal,
): Promise<Todo> {
  if (items !== undefined) return { items, carried: [], reason: 'as planned' };
  const changes = request.shard === undefined ? request : { selection: request.selection, all: true };
  const { measured, carried, reason, compared } = await selectForChange(changes, repositories, config, ports, signal);
  if (compared) ports.logger.info(reason);
  return {
    items: plannedItems(measured, request.profiles, config).map(({ item }) => item),
    carried: carriedItems(carried, request.profiles, config),
    reason,
  };
}

/** A job of a run of several judges and publishes nothing: verdicts are corrected over all that the run measured. */
async function finishShard(
  { failOn, format }: BenchmarkRequest,
  shard: string,
  recorder: RunRecorder,
  ports: Ports,
): Promise<Outcome> {
  await recorder.finish('finished');
  const { run } = recorder;
  const { runId } = run.metadata;
  ports.print(EXPORTERS[format](run, ports.terminal));
  const place = `${ports.store.location.replace(/\/$/, '')}/${shardPath(runId, shard, '').slice(0, -1)}`;
  ports.logger.info(`stored shard ${shard} of run ${runId} at ${place}`);
  return { exitCodes: runToExit(run, failOn), outputs: { 'run-id': runId, 'results-path': place } };
}

function carriedText({ carried, reason }: Todo): string {
  if (carried.length === 0) return '';
  const lines = carried.map(({ implementation, profile, reason: why }) => `  ${implementation} (${profile}): ${why}`);
  return `\n${reason}; taken over from the baseline:\n${lines.join('\n')}\n`;
}

/** What flags and configuration change of the suite; flags win. */
export function overridesOf(
  request: Pick<BenchmarkRequest, 'iterations' | 'rounds' | 'instancesAtOnce' | 'loadFrom'>,
  { benchmark: configured, gcp, load }: Config,
  { tool: { parallelJobs } }: Pick<Ports, 'tool'>,
): SettingsOverrides {
  return {
    samplesPerRound: request.iterations ?? configured.coldStart.iterations,
    rounds: request.rounds,
    requests: configured.warmRequests.count,
    connections: configured.warmRequests.concurrency,
    scaleToZeroTimeoutMs: configured.coldStart.scaleToZeroTimeoutMs,
    instancesAtOnce: request.instancesAtOnce ?? gcp.instancesAtOnce,
    parallelJobs,
    load: { from: request.loadFrom ?? load.from, tasks: load.tasks, cpu: load.cpu, memory: load.memory },
  };
}
