import type { PerfError } from '../domain/errors.ts';

/** An answer of the cloud, or why there is none. `missing`: what was asked about does not exist; `cause`: why we have no credentials. */
export type Asked<T> =
  | { readonly known: true; readonly value: T }
  | {
      readonly known: false;
      readonly why: 'denied' | 'missing' | 'unreachable';
      readonly reason: string;
      readonly cause?: PerfError;
    };

/** Limits of a project in one region; absent: Google does not tell. */
export interface RegionQuota {
  /** Thousandths of a vCPU that all instances together may have. */
  readonly milliCpu?: number;
  readonly memoryBytes?: number;
  readonly writesPerMinute?: number;
}

/** What can be asked about a Google Cloud project without changing or paying for anything. Nothing here throws. */
export interface CloudProject {
  /** Email of the account that calls are made as; empty when Google gives a token and does not tell. */
  account(): Promise<Asked<string>>;
  /** Number of the project, and which of the APIs are enabled. */
  apis(names: readonly string[]): Promise<Asked<{ readonly number: string; readonly enabled: readonly string[] }>>;
  /** Those of the permissions that the account has in the project. */
  permissions(wanted: readonly string[]): Promise<Asked<readonly string[]>>;
  /** Those of the permissions that the account has on a service account. */
  accountPermissions(email: string, wanted: readonly string[]): Promise<Asked<readonly string[]>>;
  quota(region: string): Promise<Asked<RegionQuota>>;
  /** `projects/P/locations/L/repositories/R` of Artifact Registry: its format, and those of the permissions on it. */
  repository(
    name: string,
    wanted: readonly string[],
  ): Promise<Asked<{ readonly format: string; readonly permissions: readonly string[] }>>;
  /** Those of the permissions that the account has on a bucket. */
  bucket(name: string, wanted: readonly string[]): Promise<Asked<readonly string[]>>;
  /** Whether an organisation policy is enforced in the project. */
  policyEnforced(constraint: string): Promise<Asked<boolean>>;
}
