import type { Artifact } from './deployment.ts';
import type { Summary } from './measurement.ts';
import type { MetricId } from './metric.ts';
import type { MeasurementTags } from './run.ts';

/** What the store keeps of one implementation on main. */
export interface BaselineImplementation {
  readonly name: string;
  /** Of the newest run. */
  readonly artifact: Artifact;
  /** Of the newest run. */
  readonly tags: MeasurementTags;
  /** Last runs, newest first, at most 10. */
  readonly runs: readonly BaselineRun[];
}

export interface BaselineRun {
  readonly runId: string;
  readonly date: string;
  readonly commit?: string;
  readonly digest: string;
  /** Where and as what it was measured; absent: as the newest run, in files of older versions. */
  readonly tags?: MeasurementTags;
  readonly summaries: Readonly<Partial<Record<MetricId, Summary>>>;
  /** Raw values per metric, one per instance, so that a later comparison needs no summary of a summary. */
  readonly values: Readonly<Partial<Record<MetricId, readonly number[]>>>;
}

/** `baselines/latest.json` and `baselines/{date}/baseline.json`. */
export interface Baseline {
  readonly format: 'baseline/1';
  readonly updatedAt: string;
  readonly serviceTypes: Readonly<Record<string, readonly BaselineImplementation[]>>;
}
