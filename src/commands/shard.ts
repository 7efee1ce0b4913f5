import type { BaselineChoice, BenchmarkRequest } from '../config/request.ts';
import { UsageError } from '../domain/errors.ts';
import type { JobPlan, PlannedItem } from '../domain/job-plan.ts';
import { loadPlan } from '../results/job-plan.ts';
import { withinShard } from '../results/shards.ts';
import { baselineFromText } from './change-base.ts';
import type { Ports } from './ports.ts';

/** What one job of a run of several has to do. */
export interface ShardWork {
  /** Those of the job: its store keeps the job's part of the run by itself. */
  readonly ports: Ports;
  /** As planned; absent when the run has no plan here, then what the request selects. */
  readonly items?: readonly PlannedItem[];
  readonly baseline: BaselineChoice;
  /** Cold starts after idleness are the work of the job `idle`: this one's when `isOwn`. */
  readonly idle?: { readonly plan: JobPlan; readonly isOwn: boolean };
}

/** Undefined when the request is about a whole run. Throws UsageError `shard-without-run` or `shard-unknown`. */
export async function shardWork(
  { runId, shard, baseline }: Pick<BenchmarkRequest, 'runId' | 'shard' | 'baseline'>,
  ports: Ports,
): Promise<ShardWork | undefined> {
  if (shard === undefined) return undefined;
  if (runId === undefined)
    throw new UsageError('shard-without-run', `found shard ${shard} and no run id, wanted both`, {
      hint: 'give the output run-id of discover as the input run-id',
    });
  const own = { ...ports, store: withinShard(ports.store, runId, shard) };
  const plan = await loadPlan(ports.store, runId, ports.schemas);
  if (plan === undefined) return { ports: own, baseline };
  if (plan.idle?.id === shard) return { ports: own, items: [], baseline, idle: { plan, isOwn: true } };
  const found = plan.shards.find(({ id }) => id === shard);
  if (found === undefined) {
    const ids = plan.shards.map(({ id }) => id);
    const known = ids.length === 0 ? 'no shard' : `shards ${ids[0]} to ${ids.at(-1)}`;
    throw new UsageError('shard-unknown', `run ${runId} has no shard ${shard}, it has ${known}`, {
      hint: 'give the shard of the matrix that discover made for this run',
    });
  }
  // All jobs of a run are compared with the same, whatever happens to the store meanwhile.
  const planned = baseline.kind === 'latest' ? baselineFromText(plan.baseline) : baseline;
  const idle = plan.idle === undefined ? {} : { idle: { plan, isOwn: false } };
  return { ports: own, items: found.items, baseline: planned, ...idle };
}
