import type { Selection } from '../domain/implementation.ts';
import type { PlatformName, Suite } from '../domain/plan.ts';
import type { ServiceType } from '../domain/service-type.ts';

export const COMMANDS = [
  'discover',
  'validate',
  'deploy',
  'benchmark',
  'report',
  'compare',
  'cleanup',
  'env',
  'emulate',
] as const;
export type CommandName = (typeof COMMANDS)[number];

export const LIST_FORMATS = ['table', 'json', 'matrix'] as const;
export type ListFormat = (typeof LIST_FORMATS)[number];

export const REPORT_FORMATS = ['terminal', 'markdown', 'json'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

export const LOG_FORMATS = ['terminal', 'json', 'actions'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Findings that give the process an exit code other than 0. */
export const FAIL_ON = ['regression', 'contract', 'inconclusive', 'never'] as const;
export type FailOn = (typeof FAIL_ON)[number];

/** What a benchmark is compared with. `ref`: the tree of that Git commit-ish, built and measured side by side. */
export type BaselineChoice =
  | { readonly kind: 'latest' }
  | { readonly kind: 'none' }
  | { readonly kind: 'run'; readonly runId: string }
  | { readonly kind: 'git'; readonly ref: string };

/** What every command may be told. Absent means "as the configuration says". */
export interface GlobalOptions {
  readonly config?: string;
  readonly project?: string;
  readonly region?: string;
  readonly verbose: boolean;
  readonly dryRun: boolean;
  readonly platform?: PlatformName;
  /** Directory or `gs://bucket/prefix` of stored results. */
  readonly results?: string;
  /** `manifest.yaml` or the directory that holds it, in place of the configured repositories. */
  readonly manifest?: string;
  readonly logFormat?: LogFormat;
}

export interface DiscoverRequest extends GlobalOptions {
  readonly command: 'discover';
  readonly selection: Selection;
  readonly format: ListFormat;
}

export interface ValidateRequest extends GlobalOptions {
  readonly command: 'validate';
  readonly selection: Selection;
  /** Origin of a service that somebody else started; then `type` is set too. */
  readonly url?: string;
  readonly type?: ServiceType;
  /** Features that the service behind `url` declares; absent means all of the contract. */
  readonly features?: readonly string[];
  /** `host:port` */
  readonly pubsubEmulator?: string;
  /** Ids of the only vectors to run; empty means all. */
  readonly vectors: readonly string[];
  /** Also runs the vectors of features that are not declared, and reports which of them pass. */
  readonly probeUndeclared: boolean;
  readonly format: ReportFormat;
}

export interface DeployRequest extends GlobalOptions {
  readonly command: 'deploy';
  readonly selection: Selection;
  readonly profiles: readonly string[];
  readonly format: ReportFormat;
}

export interface BenchmarkRequest extends GlobalOptions {
  readonly command: 'benchmark';
  readonly selection: Selection;
  readonly suite: Suite;
  readonly profiles: readonly string[];
  readonly baseline: BaselineChoice;
  readonly saveBaseline: boolean;
  /** Fresh instances per side and round. */
  readonly iterations?: number;
  readonly rounds?: number;
  readonly failOn: readonly FailOn[];
  readonly format: ReportFormat;
}

export interface ReportRequest extends GlobalOptions {
  readonly command: 'report';
  /** Run id or `latest`. */
  readonly run: string;
  readonly format: ReportFormat;
  readonly output?: string;
}

export interface CompareRequest extends GlobalOptions {
  readonly command: 'compare';
  /** Run ids or `latest`; as baseline `latest` is the stored baseline, as current it is the newest run. */
  readonly baseline: string;
  readonly current: string;
  readonly format: ReportFormat;
  readonly output?: string;
  readonly failOn: readonly FailOn[];
}

export interface CleanupRequest extends GlobalOptions {
  readonly command: 'cleanup';
  readonly run?: string;
  readonly all: boolean;
}

export interface EnvRequest extends GlobalOptions {
  readonly command: 'env';
  readonly type: ServiceType;
  /** `host:port` */
  readonly pubsubEmulator?: string;
}

export interface EmulateRequest extends GlobalOptions {
  readonly command: 'emulate';
  /** Port of the Admin API on 127.0.0.1; 0 lets the system choose. */
  readonly port: number;
}

export interface HelpRequest {
  readonly command: 'help';
  readonly text: string;
}

export interface VersionRequest {
  readonly command: 'version';
}

/** One of the use cases with all that it was told, whether by a command line or by an action's inputs. */
export type CommandRequest =
  | DiscoverRequest
  | ValidateRequest
  | DeployRequest
  | BenchmarkRequest
  | ReportRequest
  | CompareRequest
  | CleanupRequest
  | EnvRequest
  | EmulateRequest;

export type Request = CommandRequest | HelpRequest | VersionRequest;
