import type { Config } from '../config/config.ts';
import type { DiscoverRequest } from '../config/request.ts';
import { printable } from '../documents/show.ts';
import type { ServiceRepository } from '../domain/implementation.ts';
import type { CarriedItem, JobPlan, Shard } from '../domain/job-plan.ts';
import type { PlatformName } from '../domain/plan.ts';
import { idleJobId } from '../plan/idle.ts';
import { createRunId } from '../plan/naming.ts';
import { planPath, savePlan } from '../results/job-plan.ts';
import { baselineOf, baselineText } from './change-base.ts';
import { contractFor } from './contracts.ts';
import { startedEvent } from './notify.ts';
import { isPartial } from './plan-run.ts';
import { plannedItems } from './planned-items.ts';
import type { Ports } from './ports.ts';
import type { ChangeSelection, Choice } from './selection.ts';

export interface JobPlanInput {
  readonly request: DiscoverRequest;
  readonly platform: PlatformName;
  readonly config: Config;
  readonly repositories: readonly ServiceRepository[];
  readonly selection: ChangeSelection;
  readonly shards: readonly Shard[];
}

const LONGEST_REASON = 500;

/** Begins a run of several jobs: stores what they share, and gives the action's outputs that say where. */
export async function jobPlan(
  { request, platform, config, repositories, selection, shards }: JobPlanInput,
  ports: Ports,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const { suite, profiles } = request;
  const watched = config.benchmark.coldStart.scaleToZeroTimeoutMs !== 0;
  // In each job of several its own window would be waited for once more.
  const idle = platform === 'cloudrun' && suite === 'full' && watched && shards.length > 1;
  const baseline = await baselineOf(request.baseline, repositories, selection.bases, ports);
  const commit = await commitOf(repositories, ports, signal);
  const contractVersions = await unusualContracts(repositories, shards, ports);
  const plan: JobPlan = {
    format: 'plan/1',
    runId: createRunId(ports.clock.epochMs(), ports.randomText()),
    platform,
    suite,
    baseline: baselineText(baseline),
    ...(commit === undefined ? {} : { commit }),
    ...(isPartial(request.selection) ? { partial: true as const } : {}),
    reason: printable(selection.reason, LONGEST_REASON),
    shards,
    ...(Object.keys(contractVersions).length === 0 ? {} : { contractVersions }),
    ...(idle ? { idle: { id: idleJobId(shards) } } : {}),
    carried: carriedItems(selection.carried, profiles, config),
  };
  await savePlan(ports.store, plan, ports.schemas);
  await ports.events.send(startedEvent(plan, ports));
  const place = `${ports.store.location.replace(/\/$/, '')}/`;
  ports.logger.info(`planned ${shards.length} jobs of run ${plan.runId}: ${place}${planPath(plan.runId)}`);
  return { 'run-id': plan.runId, 'results-path': `${place}runs/${plan.runId}`, idle: plan.idle?.id ?? '' };
}

/**
 * Versions that nobody would assume: a job that leaves nothing tells none, and who puts the run together has no service repository to ask.
 */
async function unusualContracts(
  repositories: readonly ServiceRepository[],
  shards: readonly Shard[],
  ports: Ports,
): Promise<Readonly<Record<string, string>>> {
  const planned = new Set(shards.flatMap(({ items }) => items.map(({ type }) => type)));
  const versions: Record<string, string> = {};
  for (const { manifest } of repositories) {
    const { serviceType, contractVersion } = manifest;
    if (!planned.has(serviceType)) continue;
    const ships = (await ports.contractMajors(serviceType)).length > 0;
    const assumed = ships ? (await contractFor({ serviceType }, ports)).version : undefined;
    if (contractVersion !== assumed) versions[serviceType] = contractVersion;
  }
  return versions;
}

/** Rows to take over from the baseline. */
export function carriedItems(
  carried: readonly Choice[],
  profiles: readonly string[],
  config: Config,
): readonly CarriedItem[] {
  return plannedItems(carried, profiles, config).map(({ item, of: { repository, reason } }) => ({
    ...item,
    contractVersion: repository.manifest.contractVersion,
    reason: printable(reason, LONGEST_REASON),
  }));
}

/** Commit of the first repository, as a run's metadata has it. */
async function commitOf(
  [first]: readonly ServiceRepository[],
  ports: Ports,
  signal: AbortSignal,
): Promise<string | undefined> {
  return first?.commit ?? (first === undefined ? undefined : ports.sources.describe(first.root, signal));
}
