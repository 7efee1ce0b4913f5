import type { Config } from '../config/config.ts';
import { UsageError } from '../domain/errors.ts';
import type { JobPlan } from '../domain/job-plan.ts';
import type { Run, RunMetadata } from '../domain/run.ts';
import { runSeed } from '../plan/naming.ts';
import { loadPlan } from '../results/job-plan.ts';
import { metadataPath, RUNS, runIds } from '../results/layout.ts';
import { mergeShards, type ShardPart } from '../results/merge.ts';
import { loadRun } from '../results/runs.ts';
import { shardIds, withinShard } from '../results/shards.ts';
import { resolveBaseline } from './baseline-source.ts';
import { recordCarried } from './carried.ts';
import { baselineFromText } from './change-base.ts';
import { compareAll } from './compare-run.ts';
import { contractFor } from './contracts.ts';
import { withIdle } from './idle-merge.ts';
import { changeOf } from './plan-run.ts';
import type { Ports } from './ports.ts';
import { RunRecorder } from './recorder.ts';
import { expectedTags } from './unmeasured.ts';

/**
 * The plan of a run whose jobs have stored their parts and that nobody has put together yet; undefined for a run that is
 * whole. `latest` is such a run only where the store holds no whole one.
 */
export async function openPlan(wanted: string, ports: Ports): Promise<JobPlan | undefined> {
  const { store, schemas } = ports;
  if (wanted !== 'latest')
    return (await store.read(metadataPath(wanted))) === undefined ? loadPlan(store, wanted, schemas) : undefined;
  const paths = await store.list(RUNS);
  if (runIds(paths).length > 0) return undefined;
  const planned = paths.map((path) => /^runs\/([^/]+)\/plan\.json$/.exec(path)?.[1]).filter((id) => id !== undefined);
  const newest = planned.toSorted().at(-1);
  return newest === undefined ? undefined : loadPlan(store, newest, schemas);
}

/** Puts a run of several jobs together and compares the whole of it, as if one job had measured it. */
export async function fanIn(plan: JobPlan, config: Config, ports: Ports, signal: AbortSignal): Promise<RunRecorder> {
  const { parts, idle } = await readParts(plan, ports);
  const otherwise = emptyMetadata(plan, config, ports);
  const versions = await unnamedVersions(plan, parts, ports);
  const merged = mergeShards({
    plan,
    parts,
    ...(idle === undefined ? {} : { idle }),
    otherwise,
    contractVersionOf: (serviceType) => versions.get(serviceType) ?? '',
    tagsOf: (item, version, measured) => expectedTags(item, version, { config, repositories: [], ...measured }),
  });
  // A job always names what it measures: whether the run as a whole did, only its plan knows.
  const { partial: _, ...known } = merged.metadata;
  const results = idle?.run === undefined ? merged.results : withIdle(merged.results, idle.run.results);
  const run: Run = { results, metadata: { ...known, ...(plan.partial === true ? { partial: true } : {}) } };
  for (const { message, implementation, code } of run.metadata.failures)
    ports.logger.error(message, { implementation, code });
  signal.throwIfAborted();
  const { metadata } = run;
  const stored = await resolveBaseline(baselineFromText(plan.baseline), [], ports, signal);
  // What was measured beside the head is in the results; what it was, the jobs have said.
  const baseline = {
    ...stored,
    ...(metadata.baseline === undefined ? {} : { reference: metadata.baseline }),
    ...(metadata.baselineReason === undefined ? {} : { reason: metadata.baselineReason }),
  };
  const recorder = RunRecorder.of(run, ports);
  await recordCarried(plan.carried, { baseline, metadata, recorder, repositories: [], config });
  await compareAll(config, baseline, recorder);
  return recorder;
}

export interface ShardParts {
  /** Of the jobs that build, check and measure. */
  readonly parts: readonly ShardPart[];
  /** Of the job that comes after them; absent: the plan has none. */
  readonly idle?: ShardPart;
}

/** What the jobs have stored: data only, whoever has made it. */
export async function readParts(plan: JobPlan, ports: Ports): Promise<ShardParts> {
  const { store, schemas, logger } = ports;
  const planned = [...plan.shards, ...(plan.idle === undefined ? [] : [plan.idle])].map(({ id }) => id);
  const foreign = shardIds(await store.list(RUNS), plan.runId).find((id) => !planned.includes(id));
  if (foreign !== undefined) {
    throw new UsageError('shards-mixed', `found shard ${foreign}, which the plan of run ${plan.runId} has not`, {
      hint: 'files of different runs were mixed: run all jobs again',
    });
  }
  const parts: ShardPart[] = [];
  for (const id of planned) {
    const own = withinShard(store, plan.runId, id);
    const left = (await own.read(metadataPath(plan.runId))) !== undefined;
    if (!left && id !== plan.idle?.id) logger.warn(`shard ${id} of run ${plan.runId} left no results`);
    parts.push(left ? { id, run: await loadRun(own, plan.runId, schemas) } : { id });
  }
  const idle = parts.find(({ id }) => id === plan.idle?.id);
  return { parts: parts.filter((part) => part !== idle), ...(idle === undefined ? {} : { idle }) };
}

/** Contract versions of the service types that no job has named. */
async function unnamedVersions(
  plan: JobPlan,
  parts: readonly ShardPart[],
  ports: Ports,
): Promise<ReadonlyMap<string, string>> {
  const named = new Set(parts.flatMap(({ run }) => run?.results.map(({ serviceType }) => serviceType) ?? []));
  const planned = new Set(plan.shards.flatMap(({ items }) => items.map(({ type }) => type)));
  const versions = new Map<string, string>();
  for (const type of planned)
    if (!named.has(type)) versions.set(type, plan.contractVersions?.[type] ?? (await versionOf(type, ports)));
  return versions;
}

/** Of a type that does not ship, a plan of an older cloudrun-perf says nothing. */
async function versionOf(serviceType: string, ports: Ports): Promise<string> {
  const ships = (await ports.contractMajors(serviceType)).length > 0;
  return ships ? (await contractFor({ serviceType }, ports)).version : '0.0.0';
}

/** Of a run of which no job has left anything. */
function emptyMetadata(plan: JobPlan, config: Config, ports: Ports): RunMetadata {
  const local = plan.platform === 'local';
  const change = changeOf(ports.job, {});
  return {
    format: 'run/1',
    runId: plan.runId,
    state: 'finished',
    startedAt: new Date(ports.clock.epochMs()).toISOString(),
    toolVersion: ports.tool.version,
    platform: plan.platform,
    region: local ? 'local' : config.gcp.region,
    project: config.gcp.projectId ?? 'local',
    suite: plan.suite,
    seed: runSeed(plan.runId),
    ...(plan.commit === undefined ? {} : { commit: plan.commit }),
    driver: ports.tool.driver,
    serviceTypes: [...new Set(plan.shards.flatMap(({ items }) => items.map(({ type }) => type)))],
    ...(change === undefined ? {} : { change }),
    failures: [],
  };
}
