import { incomparable } from '../compare/comparable.ts';
import type { Config } from '../config/config.ts';
import type { ServiceRepository } from '../domain/implementation.ts';
import type { CarriedItem } from '../domain/job-plan.ts';
import type { ImplementationResult, RunMetadata } from '../domain/run.ts';
import { groupKey, type ResultGroup, severalProfiles } from '../results/groups.ts';
import { dayOf } from '../results/layout.ts';
import type { BaselineSource } from './baseline-source.ts';
import type { RunRecorder } from './recorder.ts';
import { sourceOf } from './results.ts';
import { discovered, expectedProfile, expectedTags, type Known } from './unmeasured.ts';

export interface CarryContext {
  readonly baseline: BaselineSource;
  readonly metadata: RunMetadata;
  readonly recorder: RunRecorder;
  readonly repositories: readonly ServiceRepository[];
  readonly config: Config;
}

/**
 * Adds a row for each implementation that the change does not touch, with the baseline's numbers where these were
 * measured as this run measures. Such a row is shown: it is never compared, never becomes the baseline, never fails.
 */
export async function recordCarried(carried: readonly CarriedItem[], context: CarryContext): Promise<void> {
  const { recorder } = context;
  const several = severalProfiles(carried) || recorder.run.results.some(({ profile }) => profile !== undefined);
  for (const item of carried) {
    const group: ResultGroup = several ? { serviceType: item.type, profile: item.profile } : { serviceType: item.type };
    const known = recorder.run.results.find((results) => groupKey(results) === groupKey(group));
    // What was measured after all says more than what was taken over.
    if (known?.implementations.some(({ name }) => name === item.implementation)) continue;
    await recorder.record(group, item.contractVersion, carriedResult(item, group, context));
  }
}

function carriedResult(item: CarriedItem, group: ResultGroup, context: CarryContext): ImplementationResult {
  const { baseline, repositories, recorder, config, metadata } = context;
  const known: Known = { config, repositories, metadata, results: recorder.run.results };
  const tags = expectedTags(item, item.contractVersion, known);
  const found = discovered(item, repositories);
  const row = {
    name: item.implementation,
    ...(found === undefined ? {} : sourceOf(found.repository.source, found.implementation)),
    state: 'carried' as const,
  };
  const entry = baseline.stored?.serviceTypes[groupKey(group)]?.find(({ name }) => name === item.implementation);
  const run = entry?.runs[0];
  if (entry === undefined || run === undefined)
    return { ...row, tags, sides: [], reason: `${item.reason}; the baseline has no numbers of it` };
  // Another runner or another runtime of the baseline is in its tags, and no reason to hide the numbers.
  const here = {
    ...entry.tags,
    platform: tags.platform,
    region: tags.region,
    profile: expectedProfile(item.profile, known),
  };
  const different = incomparable(entry.tags, here);
  if (different !== undefined)
    return { ...row, tags, sides: [], reason: `${item.reason}; the baseline's numbers are ${different}` };
  return {
    ...row,
    tags: entry.tags,
    sides: [{ side: 'head', artifact: entry.artifact, summaries: run.summaries }],
    reason: `${item.reason}; numbers of run ${run.runId} of ${dayOf(run.date)}`,
  };
}
