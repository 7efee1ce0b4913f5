import { gateStratum } from '../compare/values.ts';
import type { Conformance } from '../domain/conformance.ts';
import type { Side } from '../domain/deployment.ts';
import type { Implementation } from '../domain/implementation.ts';
import type { Measurement, Summary } from '../domain/measurement.ts';
import { METRICS, type Metric, type MetricId } from '../domain/metric.ts';
import type { Plan, PlannedImplementation, PlatformName } from '../domain/plan.ts';
import {
  type ImplementationResult,
  type ImplementationSource,
  type MeasurementTags,
  machineOf,
  type RunMetadata,
  type SideResult,
} from '../domain/run.ts';
import { summarize } from '../stats/summary.ts';
import type { PreparedSide } from './prepare.ts';

type Sourced = Pick<ImplementationResult, 'source'>;

export function sourceOf(repository: string | undefined, { path, dockerfile }: Implementation): Sourced {
  if (repository === undefined) return {};
  const source: ImplementationSource = { repository, path, dockerfile };
  return { source };
}

function tagsOf(
  planned: PlannedImplementation,
  metadata: RunMetadata,
  plan: Plan,
  runtime: MeasurementTags['runtime'],
): MeasurementTags {
  const { implementation, profile, contractVersion } = planned;
  // Each repository has a commit of its own; the run's is that of the first.
  const commit = planned.repository === undefined ? metadata.commit : planned.repository.commit;
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
    ...(commit === undefined ? {} : { commit }),
    driver: machineOf(metadata),
    load: {
      from: plan.settings.load?.from ?? 'runner',
      tasks: plan.settings.load?.tasks ?? 1,
      connections: plan.settings.warm.connections,
    },
  };
}

/** An implementation about which nothing is known yet but its plan. */
export function emptyResult(
  planned: PlannedImplementation,
  metadata: RunMetadata,
  plan: Plan,
  wanted: 'auto' | 'process' | 'container',
): ImplementationResult {
  const { implementation } = planned;
  const runtime = expectedRuntime(implementation, plan.platform, wanted);
  return {
    name: implementation.name,
    ...sourceOf(planned.repository?.source, implementation),
    tags: tagsOf(planned, metadata, plan, runtime),
    sides: [],
  };
}

/** What an implementation that was not built would have run as. */
export function expectedRuntime(
  implementation: Pick<Implementation, 'local'> | undefined,
  platform: PlatformName,
  wanted: 'auto' | 'process' | 'container',
): MeasurementTags['runtime'] {
  const canBeProcess = platform === 'local' && implementation?.local !== undefined;
  return wanted === 'auto' ? (canBeProcess ? 'process' : 'container') : wanted;
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
    ...sourceOf(planned.repository?.source, planned.implementation),
    tags: tagsOf(planned, metadata, plan, runtime),
    sides: sides.map(
      ({ side, artifact }): SideResult => ({ side, artifact, summaries: summariesOf(measurement, side) }),
    ),
    conformance,
    measurement,
  };
}

/** Of the stratum that a metric is judged by: strata are never pooled, the others stand in the measurement. */
export function summariesOf(measurement: Measurement, side: Side): Partial<Record<MetricId, Summary>> {
  const summaries: Partial<Record<MetricId, Summary>> = {};
  METRICS.forEach((metric: Metric & { readonly id: MetricId }) => {
    const stratum = gateStratum(measurement, metric);
    const values = measurement.samples
      .filter((sample) => sample.side === side && sample.stratum === stratum)
      .map((sample) => metric.select(sample))
      .filter((value) => value !== undefined);
    if (values.length > 0) summaries[metric.id] = summarize(values);
  });
  return summaries;
}
