import type { Conformance } from '../domain/conformance.ts';
import type { Measurement, Summary } from '../domain/measurement.ts';
import { METRICS, type MetricId } from '../domain/metric.ts';
import type { Plan, PlannedImplementation } from '../domain/plan.ts';
import type { ImplementationResult, MeasurementTags, RunMetadata, SideResult } from '../domain/run.ts';
import { summarize } from '../stats/summary.ts';
import type { PreparedSide } from './prepare.ts';

function tagsOf(
  planned: PlannedImplementation,
  metadata: RunMetadata,
  plan: Plan,
  runtime: MeasurementTags['runtime'],
): MeasurementTags {
  const { implementation, profile, contractVersion } = planned;
  return {
    implementation: implementation.name,
    ...(implementation.language === undefined ? {} : { language: implementation.language }),
    ...(implementation.framework === undefined ? {} : { framework: implementation.framework }),
    profile,
    platform: plan.platform,
    runtime,
    region: plan.region,
    contractVersion,
    toolVersion: metadata.toolVersion,
    ...(metadata.commit === undefined ? {} : { commit: metadata.commit }),
    driver: metadata.driver,
  };
}

/** An implementation about which nothing is known yet but its plan. */
export function emptyResult(
  planned: PlannedImplementation,
  metadata: RunMetadata,
  plan: Plan,
  wanted: 'auto' | 'process' | 'container',
): ImplementationResult {
  const canBeProcess = plan.platform === 'local' && planned.implementation.local !== undefined;
  const runtime = wanted === 'auto' ? (canBeProcess ? 'process' : 'container') : wanted;
  return { name: planned.implementation.name, tags: tagsOf(planned, metadata, plan, runtime), sides: [] };
}

export function measuredResult(
  planned: PlannedImplementation,
  sides: readonly PreparedSide[],
  metadata: RunMetadata,
  plan: Plan,
  conformance: Conformance,
  measurement: Measurement,
): ImplementationResult {
  const runtime = sides.find(({ side }) => side === 'head')?.artifact.kind ?? 'container';
  return {
    name: planned.implementation.name,
    tags: tagsOf(planned, metadata, plan, runtime),
    sides: sides.map(
      ({ side, artifact }): SideResult => ({ side, artifact, summaries: summariesOf(measurement, side) }),
    ),
    conformance,
    measurement,
  };
}

function summariesOf(measurement: Measurement, side: string): Partial<Record<MetricId, Summary>> {
  const samples = measurement.samples.filter((sample) => sample.side === side);
  const summaries: Partial<Record<MetricId, Summary>> = {};
  for (const metric of METRICS) {
    const values = samples.map((sample) => metric.select(sample)).filter((value) => value !== undefined);
    if (values.length > 0) summaries[metric.id] = summarize(values);
  }
  return summaries;
}
