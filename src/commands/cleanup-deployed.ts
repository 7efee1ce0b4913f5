import { PerfError } from '../domain/errors.ts';
import { type FoundService, inReverse, whyKept } from '../plan/leftovers.ts';
import { labelValue, ownedLabels, RUN_LABEL } from '../plan/naming.ts';
import type { CleanupWork } from './cleanup.ts';

/** Removes jobs with their executions. A project whose roles know nothing of jobs is cleaned up all the same. */
export async function cleanJobs(work: CleanupWork): Promise<void> {
  const { jobs } = await work.ports.platform();
  if (jobs === undefined) return;
  try {
    await clean(work, 'job', jobs);
  } catch (error) {
    if (!(error instanceof PerfError) || error.code !== 'jobs-denied') throw error;
    work.unseen(error);
  }
}

/** Removes services with their revisions and instances. */
export async function cleanServices(work: CleanupWork): Promise<void> {
  await clean(work, 'service', await work.ports.platform());
}

interface Place {
  list(labels: Readonly<Record<string, string>>, signal: AbortSignal): Promise<readonly FoundService[]>;
  remove(name: string, signal: AbortSignal): Promise<void>;
}

async function clean(work: CleanupWork, kind: 'service' | 'job', place: Place): Promise<void> {
  const { scope, ports, signal, dryRun } = work;
  // Other repositories may share the project: nothing of theirs is ever in scope.
  const owned = ownedLabels(ports.tool.owner);
  const labels = scope.kind === 'run' ? { ...owned, [RUN_LABEL]: labelValue(scope.runId) } : owned;
  for (const found of inReverse(await place.list(labels, signal))) {
    const resource = { kind, name: found.name } as const;
    const reason = whyKept(found, scope);
    if (reason !== undefined) {
      work.left({ ...resource, reason });
      continue;
    }
    try {
      if (!dryRun) await place.remove(found.name, signal);
      work.removed(resource);
    } catch (error) {
      work.failed(resource, error);
    }
  }
}
