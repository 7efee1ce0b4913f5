import type { Side } from './deployment.ts';
import type { Implementation } from './implementation.ts';
import type { BlockSettings, LoadOrigin } from './load.ts';
import type { Stratum } from './measurement.ts';
import type { Profile } from './profile.ts';

export const SUITES = ['quick', 'full'] as const;
export type Suite = (typeof SUITES)[number];

export const PLATFORMS = ['cloudrun', 'local'] as const;
export type PlatformName = (typeof PLATFORMS)[number];

/** Of load from a job: containers that share each block, and what each of them has. */
export interface LoadSettings {
  readonly from: LoadOrigin;
  readonly tasks: number;
  /** vCPUs, such as `2`. */
  readonly cpu: string;
  /** Such as `1Gi`. */
  readonly memory: string;
}

/** How many of what a suite measures. */
export interface MeasureSettings {
  /** Fresh instances per side and round. */
  readonly samplesPerRound: number;
  readonly rounds: number;
  readonly warm: BlockSettings;
  /** Where warm load comes from; absent: the machine that runs cloudrun-perf. */
  readonly load?: LoadSettings;
  /** Longest wait for the answer of one cold request. */
  readonly coldTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** How long to watch for the end of an idle instance; 0 leaves scale-to-zero out. */
  readonly scaleToZeroTimeoutMs: number;
  /** Cold starts per side after all instances were stopped by hand, spares included; absent: none. */
  readonly forcedZeroStarts?: number;
  /** Kept cold starts per side after idleness. The revisions of all implementations are left alone at the same time. */
  readonly afterIdleSamples?: number;
  /** Instances that may be alive at a time, of all services of this plan: this job's part of the run's; absent: no limit. */
  readonly instancesAtOnce?: number;
  /** The stratum whose cold starts are judged; absent: `fresh-revision`. */
  readonly gateStratum?: Stratum;
}

/** One service to deploy for one side of one implementation. */
export interface PlannedService {
  readonly side: Side;
  readonly name: string;
  /** Tags of the measured revisions, in order of use. */
  readonly sampleTags: readonly string[];
  /** Tag of the revision that contract validation talks to, so that measured revisions stay unseen. */
  readonly checkTag?: string;
}

export interface PlannedImplementation {
  readonly implementation: Implementation;
  /** Root directory of the service repository. */
  readonly repositoryRoot: string;
  /** The service repository as the user wrote it, and the commit that `repositoryRoot` holds. */
  readonly repository?: { readonly source: string; readonly commit?: string };
  readonly contractVersion: string;
  readonly profile: Profile;
  readonly labels: Readonly<Record<string, string>>;
  readonly services: readonly PlannedService[];
}

/** One position of the measuring schedule. */
export interface ScheduledSample {
  readonly order: number;
  readonly round: number;
  readonly side: Side;
  readonly tag: string;
}

export interface Plan {
  readonly runId: string;
  /** Seed of the measuring order, stored with the results. */
  readonly seed: number;
  readonly suite: Suite;
  readonly platform: PlatformName;
  readonly region: string;
  readonly project: string;
  readonly settings: MeasureSettings;
  readonly implementations: readonly PlannedImplementation[];
}
