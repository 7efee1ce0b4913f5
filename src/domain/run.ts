import type { BaselineReference, Comparison, ImplementationState } from './comparison.ts';
import type { Conformance } from './conformance.ts';
import type { CostBasis } from './cost.ts';
import type { Artifact, Side } from './deployment.ts';
import type { LoadOrigin } from './load.ts';
import type { Measurement, Summary } from './measurement.ts';
import type { MetricId } from './metric.ts';
import type { PlatformName, Suite } from './plan.ts';
import type { Profile } from './profile.ts';
import type { RunResources } from './resources.ts';

/** Facts that two measurements must share to be comparable, and that every stored number carries. */
export interface MeasurementTags {
  readonly implementation: string;
  readonly language?: string;
  readonly framework?: string;
  readonly profile: Profile;
  readonly platform: PlatformName;
  readonly runtime: 'process' | 'container';
  readonly region: string;
  readonly contractVersion: string;
  readonly toolVersion: string;
  readonly commit?: string;
  /** Where the requests came from: operating system, architecture, CPU count. */
  readonly driver: string;
  /** How warm load was made. Absent in results of earlier versions, whose load came from the runner. */
  readonly load?: {
    readonly from: LoadOrigin;
    readonly tasks: number;
    /** Of all tasks together. */
    readonly connections: number;
  };
}

export interface SideResult {
  readonly side: Side;
  readonly artifact: Artifact;
  readonly summaries: Readonly<Partial<Record<MetricId, Summary>>>;
}

/** Where an implementation's files are, for remarks on them. */
export interface ImplementationSource {
  /** The service repository as the user wrote it: a directory or a URL. */
  readonly repository: string;
  /** Directory of the implementation, relative to the repository's root. */
  readonly path: string;
  /** Relative to `path`. */
  readonly dockerfile: string;
}

export interface ImplementationResult {
  readonly name: string;
  readonly source?: ImplementationSource;
  readonly tags: MeasurementTags;
  readonly sides: readonly SideResult[];
  readonly conformance?: Conformance;
  readonly measurement?: Measurement;
  readonly state?: ImplementationState;
  /** Why it is not measured, or what failed. */
  readonly reason?: string;
}

/**
 * `runs/{run-id}/{service-type}/results.json`, in a run with several profiles `{service-type}.{profile}`. Rewritten
 * after each implementation.
 */
export interface ServiceTypeResults {
  readonly format: 'results/1';
  readonly runId: string;
  readonly serviceType: string;
  /** In a run with several profiles: the one that all of these were measured with. */
  readonly profile?: string;
  readonly contractVersion: string;
  readonly implementations: readonly ImplementationResult[];
  readonly comparison?: Comparison;
}

export interface RunFailure {
  readonly implementation?: string;
  readonly stage: 'discover' | 'build' | 'deploy' | 'validate' | 'measure' | 'compare' | 'report' | 'cleanup';
  readonly code: string;
  readonly message: string;
}

/** What CI knows about the measured change. */
export interface ChangeReference {
  /** `owner/name` */
  readonly repository: string;
  readonly pullRequest?: number;
  /** Head commit of the pull request, or the commit that was pushed. */
  readonly headSha?: string;
  /** Of the workflow run. */
  readonly runUrl: string;
}

/** `runs/{run-id}/metadata.json`. */
export interface RunMetadata {
  readonly format: 'run/1';
  readonly runId: string;
  readonly state: 'running' | 'finished' | 'cancelled' | 'failed';
  readonly startedAt: string;
  readonly finishedAt?: string;
  readonly toolVersion: string;
  readonly platform: PlatformName;
  readonly region: string;
  readonly project: string;
  readonly suite: Suite;
  readonly seed: number;
  readonly commit?: string;
  /** For readers: with what makes the warm load, where that is another machine. */
  readonly driver: string;
  readonly serviceTypes: readonly string[];
  readonly baseline?: BaselineReference;
  /** Why this baseline, or none, in words. */
  readonly baselineReason?: string;
  /** Set when only what was asked for by name was looked at: what has no row is not gone. */
  readonly partial?: true;
  /** The proposed change that was measured. */
  readonly change?: ChangeReference;
  /** What the run made outside; absent in runs that were not started by `benchmark`. */
  readonly resources?: RunResources;
  /** What its cost is reckoned with. */
  readonly cost?: CostBasis;
  readonly failures: readonly RunFailure[];
}

/** One whole run as reports see it. */
export interface Run {
  readonly metadata: RunMetadata;
  readonly results: readonly ServiceTypeResults[];
}

const LOAD_MARK = '; warm load ';

/** What sends the requests, in words for a run. */
export const driverText = (driver: string, load: string | undefined): string =>
  load === undefined ? driver : `${driver}${LOAD_MARK}${load}`;

/** The machine alone: what makes the warm load is compared by itself, since cold starts do not depend on it. */
export const machineOf = ({ driver }: Pick<RunMetadata, 'driver'>): string => driver.split(LOAD_MARK)[0] ?? driver;
