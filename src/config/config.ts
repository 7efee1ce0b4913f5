import type { Selection } from '../domain/implementation.ts';
import type { LoadOrigin } from '../domain/load.ts';
import type { MetricId } from '../domain/metric.ts';
import type { NotificationSecrets, NotificationSettings } from '../domain/notifications.ts';
import type { Profile } from '../domain/profile.ts';
import type { ServiceType } from '../domain/service-type.ts';
import type { PriceOverrides } from '../plan/prices.ts';

export interface ServiceRepositoryConfig {
  /** Directory, `file://` or Git URL. Relative directories are relative to the configuration's directory. */
  readonly url: string;
  readonly ref?: string;
  /** When set, the manifest must be of this type. */
  readonly type?: ServiceType;
}

/** How much to measure; what is absent is the suite's choice. */
export interface BenchmarkConfig {
  readonly coldStart: { readonly iterations?: number; readonly scaleToZeroTimeoutMs?: number };
  readonly warmRequests: { readonly count?: number; readonly concurrency?: number };
  readonly filter: Selection;
}

export interface EmulatorConfig {
  readonly idleTimeoutMs: number;
  readonly startupTimeoutMs: number;
  readonly runtime: 'auto' | 'process' | 'container';
}

/** What makes warm load, and of what the tasks of its job are made. */
export interface LoadConfig {
  readonly from: LoadOrigin;
  /** Of the job: containers that share each warm block. */
  readonly tasks: number;
  /** Pre-built image of cloudrun-perf; absent: built from its own Dockerfile. */
  readonly image?: string;
  readonly cpu: string;
  readonly memory: string;
  /** Account that tasks act as; absent: the project's default one. */
  readonly serviceAccount?: string;
}

/** Where the layers of builds are kept between runs. */
export const IMAGE_CACHES = ['registry', 'gha', 'none'] as const;
export type ImageCache = (typeof IMAGE_CACHES)[number];

export interface Threshold {
  /** Smallest relative change that counts, 0.15 = 15 %. */
  readonly minimumEffect: number;
}
export type Thresholds = Readonly<Partial<Record<MetricId, Threshold>>>;

/** What one implementation has different from all others. */
export interface ImplementationConfig {
  /** Name of a profile. */
  readonly profile?: string;
  readonly thresholds: Thresholds;
}

/** Values that must never be printed. */
export interface Secrets extends NotificationSecrets {
  readonly gitToken?: string;
}

/** All settings after file, environment, flags and defaults were merged. Durations in milliseconds. */
export interface Config {
  /** The file it came from; absent when only defaults apply. */
  readonly file?: string;
  readonly gcp: {
    readonly projectId?: string;
    readonly region: string;
    readonly artifactRegistry?: string;
    /** Who may call the services of a run; absent: public. */
    readonly invoker?: 'public' | 'private';
    /** Instances that the region's quota leaves to one run, all its jobs together; absent: what fits a new project. */
    readonly instancesAtOnce?: number;
  };
  readonly serviceRepositories: readonly ServiceRepositoryConfig[];
  /** By name; `default` is always there. */
  readonly profiles: Readonly<Record<string, Profile>>;
  /** What `--profile sweep` stands for; empty: the configuration has no sweep. */
  readonly sweep: readonly Profile[];
  readonly benchmark: BenchmarkConfig;
  readonly storage: {
    readonly resultsBucket?: string;
    readonly baselinePath: string;
    /** The newest runs that stay, runs. */
    readonly keepRuns?: number;
    /** How long runs stay, days. */
    readonly keepDays?: number;
  };
  readonly notifications: NotificationSettings;
  readonly discovery: {
    readonly cacheTtlMs: number;
    /** `actions`: what was found stays in GitHub's cache, which every pull request can read. */
    readonly cache: 'local' | 'actions';
  };
  readonly emulator: EmulatorConfig;
  readonly load: LoadConfig;
  readonly images: { readonly cache: ImageCache };
  /** In place of the shipped prices. */
  readonly prices: PriceOverrides;
  /** The load that reports give a capacity for. */
  readonly monthlyRequests?: number;
  readonly thresholds: Thresholds;
  readonly implementations: Readonly<Record<string, ImplementationConfig>>;
  readonly secrets: Secrets;
  /** Things that are allowed and probably not meant, each with its position. */
  readonly warnings: readonly string[];
}

/** The smallest effect of interest of one metric for one implementation; undefined: the metric's own. */
export function minimumEffect(config: Config, implementation: string, metric: MetricId): number | undefined {
  const known = Object.hasOwn(config.implementations, implementation);
  const own = known ? config.implementations[implementation]?.thresholds[metric] : undefined;
  return (own ?? config.thresholds[metric])?.minimumEffect;
}

/** Every string of the configuration that must be masked in logs. */
export function secretValues({ secrets }: Config): readonly string[] {
  const whole = Object.values(secrets).filter((value) => value !== undefined && value !== '');
  const addresses = [secrets.slackWebhook, secrets.webhookUrl].filter((url) => url !== undefined);
  const bareKey = secrets.webhookSecret?.replace(/^whsec_/, '');
  return [...new Set([...whole, ...addresses.flatMap(tokensOf), ...(bareKey === undefined ? [] : [bareKey])])];
}

const SHORTEST_TOKEN = 16;

/** Parts of an address that may be its token, and that are told without the rest. */
function tokensOf(address: string): readonly string[] {
  const { pathname, searchParams } = new URL(address);
  return [...pathname.split('/'), ...searchParams.values()].filter((part) => part.length >= SHORTEST_TOKEN);
}
