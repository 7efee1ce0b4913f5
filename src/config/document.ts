import type { LoadOrigin } from '../domain/load.ts';
import type { ServiceType } from '../domain/service-type.ts';
import type { PriceOverrides } from '../plan/prices.ts';

/** `cloudrun-perf.yaml` as it is written, after interpolation and after the schema accepted it. */
export interface ConfigDocument {
  readonly version: '1.0';
  readonly gcp?: {
    readonly project_id?: string;
    readonly region?: string;
    readonly runtime_service_account?: string;
    readonly artifact_registry?: string;
    readonly invoker?: 'public' | 'private';
    readonly instances_at_once?: number;
  };
  readonly service_repositories?: readonly {
    readonly url: string;
    readonly ref?: string;
    readonly type?: ServiceType;
  }[];
  readonly deployment_profiles?: Readonly<Record<string, ProfileDocument>>;
  readonly sweep?: SweepDocument;
  readonly benchmark?: {
    readonly cold_start?: { readonly iterations?: number; readonly scale_to_zero_timeout?: string };
    readonly warm_requests?: { readonly count?: number; readonly concurrency?: number };
    readonly filter?: {
      readonly types?: readonly string[];
      readonly implementations?: readonly string[];
      readonly languages?: readonly string[];
      readonly frameworks?: readonly string[];
    };
  };
  readonly storage?: {
    readonly results_bucket?: string;
    readonly baseline_path?: string;
    readonly keep_runs?: number;
    readonly keep_days?: number;
  };
  readonly notifications?: {
    readonly slack_webhook?: string | null;
    readonly webhook?: { readonly url?: string | null; readonly secret?: string | null };
    readonly on_start?: boolean;
    readonly on_regression?: boolean;
    readonly on_completion?: boolean;
    readonly on_failure?: boolean;
  };
  readonly discovery?: { readonly cache_ttl?: string; readonly cache?: 'local' | 'actions' };
  readonly emulator?: {
    readonly idle_timeout?: string;
    readonly startup_timeout?: string;
    readonly runtime?: 'auto' | 'process' | 'container';
  };
  readonly load?: {
    readonly from?: LoadOrigin;
    readonly tasks?: number;
    readonly image?: string;
    readonly cpu?: string;
    readonly memory?: string;
    readonly service_account?: string;
  };
  readonly images?: { readonly cache?: 'registry' | 'gha' | 'none' };
  readonly prices?: PriceOverrides;
  readonly cost?: { readonly monthly_requests?: number };
  readonly thresholds?: ThresholdsDocument;
  readonly implementations?: Readonly<
    Record<string, { readonly profile?: string; readonly thresholds?: ThresholdsDocument }>
  >;
}

export type ThresholdsDocument = Readonly<Record<string, { readonly minimum_effect: number }>>;

export interface ProfileDocument {
  readonly cpu?: string;
  readonly memory?: string;
  readonly min_instances?: number;
  readonly max_instances?: number;
  readonly concurrency?: number;
  readonly execution_env?: 'gen1' | 'gen2';
  readonly startup_cpu_boost?: boolean;
  readonly cpu_idle?: boolean;
  readonly timeout?: string;
  readonly service_account?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, { readonly secret: string; readonly version: string }>>;
  readonly port?: { readonly protocol?: 'http1' | 'h2c'; readonly number?: number };
  readonly startup_probe?: ProbeDocument;
  readonly liveness_probe?: ProbeDocument;
}

export interface ProbeDocument {
  readonly type: 'http' | 'tcp' | 'grpc';
  readonly path?: string;
  readonly service?: string;
  readonly initial_delay_seconds?: number;
  readonly timeout_seconds?: number;
  readonly period_seconds?: number;
  readonly failure_threshold?: number;
}

/** Every list is a dimension; the profiles are all their combinations. */
export interface SweepDocument {
  readonly base?: string;
  readonly cpu?: readonly string[];
  readonly memory?: readonly string[];
  readonly startup_cpu_boost?: readonly boolean[];
  readonly concurrency?: readonly number[];
}
