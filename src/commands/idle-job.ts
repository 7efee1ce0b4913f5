import type { Config } from '../config/config.ts';
import type { BenchmarkRequest } from '../config/request.ts';
import type { ServiceRepository } from '../domain/implementation.ts';
import type { JobPlan, PlannedItem } from '../domain/job-plan.ts';
import type { ImplementationResult } from '../domain/run.ts';
import type { SettingsOverrides } from '../plan/settings.ts';
import { readParts } from './fan-in.ts';
import { type Awaiting, measureIdle } from './idle-measure.ts';
import type { Outcome } from './outcome.ts';
import { planRun, runMetadata } from './plan-run.ts';
import { itemOf } from './planned-group.ts';
import type { Ports } from './ports.ts';
import { preflight } from './preflight.ts';
import { RunRecorder } from './recorder.ts';

export interface IdleJobInput {
  readonly request: BenchmarkRequest;
  readonly jobPlan: JobPlan;
  readonly repositories: readonly ServiceRepository[];
  readonly overrides: SettingsOverrides;
  readonly config: Config;
  /** Those of the whole run: what the other jobs have stored is read. */
  readonly whole: Ports;
  /** Those of this job's shard. */
  readonly ports: Ports;
  readonly signal: AbortSignal;
}

const NO_BASELINE = { trees: new Map(), reason: 'the other jobs have compared' };

/** The job after those that measure: cold starts after idleness of what they have measured. Finishing is the caller's. */
export async function idleJob(
  input: IdleJobInput,
  finish: (recorder: RunRecorder) => Promise<Outcome>,
): Promise<Outcome> {
  const { request, jobPlan, repositories, overrides, config, whole, ports, signal } = input;
  const measured = await measuredItems(jobPlan, whole);
  const { plan, cost, description } = planRun(
    {
      ...request,
      platform: jobPlan.platform,
      overrides: { ...overrides, samplesPerRound: 0 },
      items: [...measured.values()].map(({ item }) => item),
    },
    config,
    repositories,
    NO_BASELINE,
    ports,
  );
  if (request.dryRun) {
    ports.print(description);
    return { exitCodes: [], outputs: {} };
  }
  await preflight(plan, request, config, ports);
  const {
    baseline: _,
    baselineReason: _why,
    ...metadata
  } = await runMetadata(plan, repositories, NO_BASELINE, ports, signal, { ...request, cost });
  const recorder = new RunRecorder(metadata, ports);
  await recorder.begin();
  try {
    const awaiting = plan.implementations.flatMap((planned): Awaiting[] => {
      const result = measured.get(keyOf(itemOf(planned)))?.result;
      return result === undefined ? [] : [{ planned, result }];
    });
    await measureIdle({ plan, awaiting, metadata, recorder, ports, signal });
    signal.throwIfAborted();
    return await finish(recorder);
  } catch (error) {
    await recorder.finish(signal.aborted ? 'cancelled' : 'failed');
    throw error;
  }
}

const keyOf = (item: PlannedItem) => JSON.stringify([item.type, item.implementation, item.profile]);

/** What the other jobs have measured; what they have not is left out, and said. */
async function measuredItems(jobPlan: JobPlan, whole: Ports) {
  const { parts } = await readParts(jobPlan, whole);
  const found = new Map<string, { readonly item: PlannedItem; readonly result: ImplementationResult }>();
  for (const { serviceType: type, implementations } of parts.flatMap(({ run }) => run?.results ?? [])) {
    for (const result of implementations) {
      const item = { type, implementation: result.name, profile: result.tags.profile.name };
      const head = result.sides.some(({ side }) => side === 'head');
      if (result.measurement !== undefined && head) found.set(keyOf(item), { item, result });
      else whole.logger.warn(`${result.name} is not left alone: ${result.reason ?? 'it was not measured'}`);
    }
  }
  const missing = jobPlan.shards.flatMap(({ items }) => items).filter((item) => !found.has(keyOf(item)));
  if (missing.length > 0)
    whole.logger.info(`${found.size} of ${found.size + missing.length} implementations were measured, and wait`);
  return found;
}
