import { posix } from 'node:path';
import { UsageError } from '../domain/errors.ts';
import type { JobPlan } from '../domain/job-plan.ts';
import type { ResultStore } from '../ports/result-store.ts';
import { decode, encode, type ResultSchemas } from './codec.ts';
import { metadataPath } from './layout.ts';

/** `runs/{run-id}/plan.json` */
export function planPath(runId: string): string {
  return `${posix.dirname(metadataPath(runId))}/plan.json`;
}

export async function savePlan(store: ResultStore, plan: JobPlan, schemas: ResultSchemas): Promise<void> {
  await store.write(planPath(plan.runId), encode('plan', plan, schemas));
}

/**
 * What the jobs of a run share; undefined when the run has no plan, because it was made by one job. Throws UsageError
 * `run-mixed`, or what `decode` throws.
 */
export async function loadPlan(
  store: ResultStore,
  runId: string,
  schemas: ResultSchemas,
): Promise<JobPlan | undefined> {
  const path = planPath(runId);
  const text = await store.read(path);
  if (text === undefined) return undefined;
  const file = `${store.location.replace(/\/$/, '')}/${path}`;
  const plan = decode('plan', text, file, schemas);
  if (plan.runId === runId) return plan;
  throw new UsageError('run-mixed', `found the run id ${plan.runId}, wanted ${runId} as its directory says`, {
    at: { file },
    hint: 'files of different runs were mixed: restore the file, or measure again',
  });
}
