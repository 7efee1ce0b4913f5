import { printable } from '../documents/show.ts';
import type { BaselineReference } from '../domain/comparison.ts';
import { UsageError } from '../domain/errors.ts';
import type { JobPlan, PlannedItem } from '../domain/job-plan.ts';
import { mergeResources } from '../domain/resources.ts';
import type { ImplementationResult, MeasurementTags, Run, RunFailure, RunMetadata } from '../domain/run.ts';
import { groupKey, type ResultGroup, severalProfiles, sortGroups } from './groups.ts';

/** What one job of a run has left. */
export interface ShardPart {
  readonly id: string;
  /** Absent: nothing. */
  readonly run?: Run;
}

export interface MergeInput {
  readonly plan: JobPlan;
  readonly parts: readonly ShardPart[];
  /** Of the job after them, of which only the metadata are taken here; absent: the plan has none. */
  readonly idle?: ShardPart;
  /** The run's metadata where no job has left any. */
  readonly otherwise: RunMetadata;
  /** Version of a service type's contract where no job has named it. */
  readonly contractVersionOf: (serviceType: string) => string;
  /** Tags of what was planned and not measured, beside what was. */
  readonly tagsOf: (item: PlannedItem, contractVersion: string, run: Run) => MeasurementTags;
}

interface LeftPart extends ShardPart {
  readonly run: Run;
}

/**
 * One run out of what its jobs have left, as if one job had measured everything. What was planned and has no result is
 * `not measured`, and a failure of the run. Comparisons are left out, since only the whole run can be compared. Throws
 * UsageError `shards-mixed` when the parts are not of one run.
 */
export function mergeShards({ plan, parts, idle, otherwise, contractVersionOf, tagsOf }: MergeInput): Run {
  const left = parts.flatMap(({ id, run }) => (run === undefined ? [] : [{ id, run }]));
  const after = idle?.run === undefined ? [] : [{ id: idle.id, run: idle.run }];
  refuseMixed(plan, left, after);
  const several = severalProfiles([...plan.shards.flatMap(({ items }) => items), ...plan.carried]);
  const versions = contractVersions(left);
  const metadata = mergeMetadata([...left, ...after], otherwise);
  const groups = new Map<string, { readonly group: ResultGroup; readonly implementations: ImplementationResult[] }>();
  const add = (type: string, profile: string, result: ImplementationResult) => {
    const group = several ? { serviceType: type, profile } : { serviceType: type };
    const known = groups.get(groupKey(group)) ?? { group, implementations: [] };
    groups.set(groupKey(group), known);
    known.implementations.push(result);
  };
  for (const { run } of left) {
    for (const { serviceType, implementations } of run.results)
      for (const result of implementations) add(serviceType, result.tags.profile.name, result);
  }
  const measured: Run = { metadata, results: left.flatMap(({ run }) => run.results) };
  const failures: RunFailure[] = [];
  for (const { item, shard, part } of missing(plan, left)) {
    const { reason, code } = lossOf(part?.run.metadata.state);
    const version = versions.get(item.type)?.version ?? contractVersionOf(item.type);
    const tags = tagsOf(item, version, measured);
    add(item.type, item.profile, { name: item.implementation, tags, sides: [], state: 'not measured', reason });
    const implementation = several ? `${item.implementation} (${item.profile})` : item.implementation;
    failures.push({ implementation, stage: 'measure', code, message: `${reason} (shard ${shard})` });
  }
  const measuredAny = measured.results.some(({ implementations }) => implementations.some((one) => one.measurement));
  if (idle !== undefined && measuredAny && idle.run?.metadata.state !== 'finished') {
    const { reason, code } = lossOf(idle.run?.metadata.state);
    failures.push({ stage: 'measure', code, message: `no cold starts after idleness: ${reason} (shard ${idle.id})` });
  }
  const results = [...groups.values()].map(({ group, implementations }) => ({
    format: 'results/1' as const,
    runId: plan.runId,
    ...group,
    contractVersion: versions.get(group.serviceType)?.version ?? contractVersionOf(group.serviceType),
    implementations: implementations.toSorted((a, b) => a.name.localeCompare(b.name, 'en')),
  }));
  const serviceTypes = [...new Set([...metadata.serviceTypes, ...results.map(({ serviceType }) => serviceType)])];
  return {
    metadata: { ...metadata, serviceTypes, failures: distinct([...metadata.failures, ...failures]) },
    results: sortGroups(results, serviceTypes),
  };
}

const SAME = ['runId', 'platform', 'region', 'project', 'suite', 'toolVersion', 'commit'] as const;
const WORDS: Readonly<Partial<Record<(typeof SAME)[number], string>>> = {
  runId: 'run id',
  toolVersion: 'version of cloudrun-perf',
};

function refuseMixed(plan: JobPlan, left: readonly LeftPart[], after: readonly LeftPart[]): void {
  const [first] = left;
  for (const { id, run } of [...left, ...after]) {
    const { metadata } = run;
    for (const key of SAME) {
      const found = plainly(metadata[key]);
      const word = WORDS[key] ?? key;
      if (first !== undefined && found !== plainly(first.run.metadata[key]))
        throw mixed(`shard ${id} has the ${word} ${found}, shard ${first.id} has ${plainly(first.run.metadata[key])}`);
      // What no plan says of a run is not in it.
      const planned = key in plan ? plan[key as keyof JobPlan & typeof key] : undefined;
      if (planned !== undefined && found !== plainly(planned))
        throw mixed(`shard ${id} has the ${word} ${found}, the plan has ${plainly(planned)}`);
    }
  }
  refuseUnplanned(plan, left);
  const planned = new Set(plan.shards.flatMap(({ items }) => items.map(keyOf)));
  for (const { id, run } of after) {
    const foreign = itemsOf(run)
      .map(keyOf)
      .find((key) => !planned.has(key));
    if (foreign !== undefined)
      throw mixed(`shard ${id} has results of ${printable(foreign, 300)}, which the plan has not`);
  }
}

/** A job that leaves files in its checkout has the same commit all the same. */
const plainly = (value: string | undefined) =>
  value === undefined ? 'none' : printable(value, 200).replace(/-dirty$/, '');

const keyOf = ({ type, implementation, profile }: PlannedItem) => `${type}/${implementation} with profile ${profile}`;

function refuseUnplanned(plan: JobPlan, left: readonly LeftPart[]): void {
  const seen = new Map<string, string>();
  for (const { id, run } of left) {
    const planned = new Set(plan.shards.find((shard) => shard.id === id)?.items.map(keyOf));
    for (const item of itemsOf(run)) {
      const key = keyOf(item);
      const before = seen.get(key);
      if (before !== undefined) throw mixed(`shards ${before} and ${id} both have results of ${printable(key, 300)}`);
      seen.set(key, id);
      if (planned.has(key)) continue;
      const owner = plan.shards.find(({ items }) => items.some((other) => keyOf(other) === key));
      const where = owner === undefined ? 'has not' : `has in shard ${owner.id}`;
      throw mixed(`shard ${id} has results of ${printable(key, 300)}, which the plan ${where}`);
    }
  }
}

function itemsOf({ results }: Run): readonly PlannedItem[] {
  return results.flatMap(({ serviceType, implementations }) =>
    implementations.map(({ name, tags }) => ({ type: serviceType, implementation: name, profile: tags.profile.name })),
  );
}

function contractVersions(left: readonly LeftPart[]) {
  const versions = new Map<string, { readonly version: string; readonly id: string }>();
  for (const { id, run } of left) {
    for (const { serviceType, contractVersion: version } of run.results) {
      const known = versions.get(serviceType);
      if (known !== undefined && known.version !== version)
        throw mixed(
          `shard ${id} has version ${plainly(version)} of the contract ${serviceType}, shard ${known.id} has ${plainly(known.version)}`,
        );
      versions.set(serviceType, known ?? { version, id });
    }
  }
  return versions;
}

function mixed(message: string): UsageError {
  return new UsageError('shards-mixed', message, {
    hint: 'the jobs of a run measure the same commit with the same version: run all of them again',
  });
}

function* missing(plan: JobPlan, left: readonly LeftPart[]) {
  for (const { id, items } of plan.shards) {
    const part = left.find((one) => one.id === id);
    const known = new Set(part === undefined ? [] : itemsOf(part.run).map(keyOf));
    for (const item of items) if (!known.has(keyOf(item))) yield { item, shard: id, part };
  }
}

function lossOf(state: RunMetadata['state'] | undefined): { readonly reason: string; readonly code: string } {
  switch (state) {
    case undefined:
      return { reason: 'its job left no results', code: 'job-lost' };
    case 'cancelled':
      return { reason: 'its job was cancelled', code: 'job-cancelled' };
    case 'failed':
      return { reason: 'its job failed', code: 'job-failed' };
    case 'running':
      return { reason: 'its job ended before it was measured', code: 'job-lost' };
    case 'finished':
      return { reason: 'its job finished without it', code: 'job-lost' };
  }
}

function mergeMetadata(left: readonly LeftPart[], otherwise: RunMetadata): RunMetadata {
  const all = left.map(({ run }) => run.metadata);
  const [first] = all;
  if (first === undefined) return otherwise;
  const { finishedAt: _end, baseline: _base, baselineReason: _why, ...common } = first;
  const ends = all.map(({ finishedAt }) => finishedAt).filter((end) => end !== undefined);
  const latest = ends.toSorted(byTime).at(-1);
  const baseline = mergeReferences(all.flatMap((one) => one.baseline ?? []));
  const reasons = [...new Set(all.flatMap((one) => one.baselineReason ?? []))];
  return {
    ...common,
    state: 'finished',
    startedAt: all.map(({ startedAt }) => startedAt).toSorted(byTime)[0] ?? first.startedAt,
    ...(latest === undefined ? {} : { finishedAt: latest }),
    driver: [...new Set(all.map(({ driver }) => driver))].join('; '),
    serviceTypes: [...new Set(all.flatMap((one) => one.serviceTypes))],
    ...(baseline === undefined ? {} : { baseline }),
    ...(reasons.length === 0 ? {} : { baselineReason: reasons.join('; ') }),
    ...mergeSpending(all),
    failures: all.flatMap(({ failures }) => failures),
  };
}

/** Jobs of one run have the same prices; what they made, and were estimated at, adds up. */
function mergeSpending(all: readonly RunMetadata[]): Pick<RunMetadata, 'resources' | 'cost'> {
  const resources = all.flatMap((one) => one.resources ?? []);
  const costs = all.flatMap((one) => one.cost ?? []);
  const [first] = costs;
  const estimatedDollars = costs.reduce((sum, one) => sum + one.estimatedDollars, 0);
  return {
    ...(resources.length === 0 ? {} : { resources: mergeResources(resources) }),
    ...(first === undefined ? {} : { cost: { ...first, estimatedDollars } }),
  };
}

const byTime = (a: string, b: string) => Date.parse(a) - Date.parse(b);

/** Jobs that start at different times may find the store at different runs: the newest, and the runs of all. */
function mergeReferences(references: readonly BaselineReference[]): BaselineReference | undefined {
  const newest = references.toSorted((a, b) => byTime(b.date ?? EPOCH, a.date ?? EPOCH))[0];
  if (newest === undefined) return undefined;
  return { ...newest, runIds: [...new Set(references.flatMap(({ runIds }) => runIds))] };
}

const EPOCH = '1970-01-01T00:00:00Z';

function distinct<T>(values: readonly T[]): readonly T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
