import type { ComparisonOutcome } from '../compare/assemble.ts';
import type { CompareOptions } from '../compare/options.ts';
import { compareSideBySide } from '../compare/side-by-side.ts';
import { compareStored } from '../compare/stored.ts';
import type { Config, Thresholds } from '../config/config.ts';
import type { Comparison } from '../domain/comparison.ts';
import type { MetricId } from '../domain/metric.ts';
import type { ServiceTypeResults } from '../domain/run.ts';
import type { BaselineSource } from './baseline-source.ts';
import type { RunRecorder } from './recorder.ts';

/** Judges every service type of the run and stores the comparison with its results. */
export async function compareAll(config: Config, baseline: BaselineSource, recorder: RunRecorder): Promise<void> {
  for (const results of recorder.run.results) {
    const comparison = compareResults(results, baseline, compareOptions(config));
    await recorder.compare({
      ...comparison,
      serviceType: results.serviceType,
      modeReason: comparison.mode === 'none' ? baseline.reason : `${comparison.modeReason}; ${baseline.reason}`,
      ...(baseline.reference === undefined ? {} : { baseline: baseline.reference }),
    });
  }
}

/** Side by side where a base was measured in this run, else against stored numbers, else nothing is judged. */
function compareResults(
  results: ServiceTypeResults,
  baseline: BaselineSource,
  options: CompareOptions,
): Omit<Comparison, 'serviceType'> {
  const { implementations } = results;
  const measuredBeside = implementations.some(({ sides }) => sides.some(({ side }) => side === 'base'));
  if (measuredBeside || baseline.trees.size > 0) return compareSideBySide(implementations, options);
  const stored = baseline.stored?.serviceTypes[results.serviceType];
  if (stored !== undefined) return compareStored(implementations, stored, options);
  // Without any baseline every measured implementation is new; the stored comparison says so, state by state.
  const nothing: ComparisonOutcome = compareStored(implementations, [], options);
  return { ...nothing, mode: 'none', modeReason: '' };
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
