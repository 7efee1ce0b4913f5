import { assembleAll, type TestedGroup } from '../compare/assemble.ts';
import type { CompareOptions } from '../compare/options.ts';
import { testSideBySide } from '../compare/side-by-side.ts';
import { testStored } from '../compare/stored.ts';
import type { Config, Thresholds } from '../config/config.ts';
import type { BaselineImplementation } from '../domain/baseline.ts';
import type { MetricId } from '../domain/metric.ts';
import type { ImplementationResult, RunMetadata, ServiceTypeResults } from '../domain/run.ts';
import { groupKey } from '../results/groups.ts';
import type { BaselineSource } from './baseline-source.ts';
import { labelIn } from './planned-group.ts';
import type { RunRecorder } from './recorder.ts';

/** Judges every group of the run, all gate tests as one family, and stores each comparison with its results. */
export async function compareAll(config: Config, baseline: BaselineSource, recorder: RunRecorder): Promise<void> {
  const { metadata, results } = recorder.run;
  const options = compareOptions(config);
  const beside = baseline.trees.size > 0 || results.some(({ implementations }) => implementations.some(hasBase));
  const tested = results.map((group) => testGroup(group, metadata, baseline, beside, options));
  const outcomes = assembleAll(tested, options);
  for (const [index, group] of results.entries()) {
    const outcome = outcomes[index];
    if (outcome === undefined) continue;
    await recorder.compare({
      ...outcome,
      serviceType: group.serviceType,
      ...(group.profile === undefined ? {} : { profile: group.profile }),
      ...(baseline.reference === undefined ? {} : { baseline: baseline.reference }),
    });
  }
}

/** Side by side where a base was measured in this run, else against stored numbers, else nothing is judged. */
function testGroup(
  group: ServiceTypeResults,
  metadata: RunMetadata,
  baseline: BaselineSource,
  beside: boolean,
  options: CompareOptions,
): TestedGroup {
  const { implementations } = group;
  const because = (tested: TestedGroup) => ({ ...tested, modeReason: `${tested.modeReason}; ${baseline.reason}` });
  const stored = baseline.stored?.serviceTypes[groupKey(group)];
  if (implementations.some(hasBase))
    return because(testSideBySide(implementations, options, lostBases(group, metadata, stored)));
  if (stored !== undefined) {
    const tested = testStored(implementations, stored, options);
    // Bases that were found and not measured are among the failures of the run.
    return beside
      ? { ...tested, modeReason: `${tested.modeReason}; no base was measured beside the head` }
      : because(tested);
  }
  if (beside) return because(testSideBySide(implementations, options, lostBases(group, metadata)));
  // Without any baseline every measured implementation is new; the stored comparison says so, state by state.
  const nothing = testStored(implementations, [], options);
  const reason =
    baseline.stored === undefined ? baseline.reason : `the stored baseline has nothing of ${groupKey(group)}`;
  return { ...nothing, mode: 'none', modeReason: reason };
}

const hasBase = ({ sides }: ImplementationResult) => sides.some(({ side }) => side === 'base');

/** Why implementations of which there is a base have none here, by name: they are not new. */
function lostBases(
  group: ServiceTypeResults,
  { failures }: RunMetadata,
  stored: readonly BaselineImplementation[] = [],
): ReadonlyMap<string, string> {
  const failed = new Set(failures.map(({ implementation }) => implementation));
  const lost = new Map<string, string>();
  for (const { name } of group.implementations) {
    const entry = stored.find((one) => one.name === name);
    const commit = entry?.runs[0]?.commit ?? 'without a commit';
    if (failed.has(`${labelIn(name, group)} (base)`))
      lost.set(name, 'its base could not be measured, as the failures of this run say');
    else if (entry !== undefined)
      lost.set(name, `its baseline, ${commit}, cannot be built from this repository any more`);
  }
  return lost;
}

export function compareOptions(config: Config): CompareOptions {
  const implementations = Object.entries(config.implementations).map(
    ([name, own]) => [name, effects(own.thresholds)] as const,
  );
  return { minimumEffects: effects(config.thresholds), implementationEffects: Object.fromEntries(implementations) };
}

function effects(thresholds: Thresholds): Partial<Record<MetricId, number>> {
  return Object.fromEntries(Object.entries(thresholds).map(([metric, threshold]) => [metric, threshold.minimumEffect]));
}
