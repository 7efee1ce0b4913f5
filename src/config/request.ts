import type { Selection } from '../domain/implementation.ts';
import type { LoadOrigin } from '../domain/load.ts';
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
  'init',
  'migrate',
  'contract',
  'doctor',
  'setup',
  'worker',
  'slash-command',
] as const;
export type CommandName = (typeof COMMANDS)[number];

export const LIST_FORMATS = ['table', 'json', 'matrix'] as const;
export type ListFormat = (typeof LIST_FORMATS)[number];

export const REPORT_FORMATS = ['terminal', 'markdown', 'json'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

export const DOCTOR_FORMATS = ['table', 'json'] as const;
export type DoctorFormat = (typeof DOCTOR_FORMATS)[number];

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
  /** `projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER`. Absent: default credentials. */
  readonly workloadIdentityProvider?: string;
  /** Email of the service account to act as. */
  readonly serviceAccount?: string;
  readonly verbose: boolean;
  readonly dryRun: boolean;
  readonly platform?: PlatformName;
  /** Directory or `gs://bucket/prefix` of stored results. */
  readonly results?: string;
  /** `manifest.yaml` or the directory that holds it, in place of the configured repositories. */
  readonly manifest?: string;
  readonly logFormat?: LogFormat;
}

/** Which of the selected implementations are worth measuring again. */
export interface ChangeOptions {
  /** Only what differs from this commit-ish. Absent: on a pull request its base, elsewhere everything is measured. */
  readonly changedSince?: string;
  /** Measures everything, on a pull request too. */
  readonly all: boolean;
}

/** Money is refused before it is spent. */
export interface CostOptions {
  /** US dollars that a run on Cloud Run may cost by its estimate. */
  readonly maxCost?: number;
}

export interface DiscoverRequest extends GlobalOptions, ChangeOptions, MeasuredChangeOptions, CostOptions {
  readonly command: 'discover';
  readonly selection: Selection;
  readonly suite: Suite;
  readonly profiles: readonly string[];
  readonly baseline: BaselineChoice;
  readonly format: ListFormat;
  /** Stores `plan.json` of a run of several jobs. Only the action asks for it. */
  readonly plan: boolean;
}

export interface ValidateRequest extends GlobalOptions {
  readonly command: 'validate';
  readonly selection: Selection;
  /** Origin of a service that somebody else started; then `type` is set too. */
  readonly url?: string;
  readonly type?: ServiceType;
  /** Commit that contracts of their own are compared with: their version has to say what has changed. */
  readonly changedSince?: string;
  /** Version of the contract that the service behind `url` honours, or only its major; absent: the oldest supported. */
  readonly contractVersion?: string;
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

export interface DeployRequest extends GlobalOptions, CostOptions {
  readonly command: 'deploy';
  readonly selection: Selection;
  readonly profiles: readonly string[];
  readonly format: ReportFormat;
}

/** The change that is measured, where the event does not say it. */
export interface MeasuredChangeOptions {
  readonly pullRequest?: number;
  /** Full commit id. */
  readonly headSha?: string;
}

/** What becomes of a run's numbers and findings. */
export interface PublishOptions extends MeasuredChangeOptions {
  /** Absent: yes on the default branch in CI, and for the first run ever outside CI. */
  readonly saveBaseline?: boolean;
  /** Regressions become the baseline too; else an implementation that regressed keeps the baseline that it had. */
  readonly acceptRegressions: boolean;
  /** Whether the pull request gets its comment; absent: in CI on a pull request. */
  readonly comment?: boolean;
  /** Opens, refreshes and closes one issue per implementation that regressed. */
  readonly issues: boolean;
}

export interface BenchmarkRequest extends GlobalOptions, ChangeOptions, PublishOptions, CostOptions {
  readonly command: 'benchmark';
  /** Id of the run to make; absent: a new one. */
  readonly runId?: string;
  /** One job of a run of several jobs: stores its part for the fan-in, and publishes nothing. */
  readonly shard?: string;
  readonly selection: Selection;
  readonly suite: Suite;
  readonly profiles: readonly string[];
  readonly baseline: BaselineChoice;
  /** Fresh instances per side and round. */
  readonly iterations?: number;
  readonly rounds?: number;
  /** Instances that the region's quota leaves to the whole run. */
  readonly instancesAtOnce?: number;
  /** Where warm load comes from; absent: as the configuration says. */
  readonly loadFrom?: LoadOrigin;
  readonly failOn: readonly FailOn[];
  readonly format: ReportFormat;
}

/** A run of several jobs that was not put together yet is put together, compared and stored first. */
export interface ReportRequest extends GlobalOptions, PublishOptions {
  readonly command: 'report';
  /** Run id or `latest`. */
  readonly run: string;
  /** Findings that fail; empty: none. */
  readonly failOn: readonly FailOn[];
  /** Name of an artifact of the workflow run that the event is about, in place of stored results. */
  readonly artifact?: string;
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
  /** Of all runs, what was created longer ago than this and has expired. */
  readonly olderThanMs?: number;
}

export interface EnvRequest extends GlobalOptions {
  readonly command: 'env';
  readonly type: ServiceType;
  readonly contractVersion?: string;
  /** `host:port` */
  readonly pubsubEmulator?: string;
}

export interface EmulateRequest extends GlobalOptions {
  readonly command: 'emulate';
  /** Port of the Admin API on 127.0.0.1; 0 lets the system choose. */
  readonly port: number;
}

/** Writes a service repository to start from. */
export interface InitRequest extends GlobalOptions {
  readonly command: 'init';
  readonly directory: string;
  readonly type: ServiceType;
  /** Names of the template's implementations to take over; empty: the smallest. */
  readonly implementations: readonly string[];
}

/** Turns a folder of implementations, each with a Dockerfile, into a service repository. */
export interface MigrateRequest extends GlobalOptions {
  readonly command: 'migrate';
  readonly folder: string;
  readonly type: ServiceType;
  readonly output: string;
  /** Leaves out the check that the result can be discovered and validated. */
  readonly proof: boolean;
}

/** Compares two contracts: directories, or `type@version` of those that ship. */
export interface ContractRequest extends GlobalOptions {
  readonly command: 'contract';
  readonly before: string;
  readonly after: string;
  readonly format: ReportFormat;
  readonly output?: string;
}

/** Prints the script that prepares a Google Cloud project for one repository on GitHub. */
export interface SetupRequest extends GlobalOptions {
  readonly command: 'setup';
  /** `owner/name` */
  readonly repository: string;
  /** GitHub's numbers, as digits. */
  readonly repositoryId: string;
  readonly ownerId?: string;
  /** Name of the bucket for results; absent: made of the project's id. */
  readonly bucket?: string;
  readonly defaultBranch: string;
  readonly environmentOnly: boolean;
}

/** Looks at everything that a run in the cloud needs, and changes nothing. */
export interface DoctorRequest extends GlobalOptions {
  readonly command: 'doctor';
  readonly profiles: readonly string[];
  /** Jobs that will measure at the same time. */
  readonly jobs: number;
  readonly format: DoctorFormat;
}

/** One task of a job that makes load: what it does is in the plan that its environment names. */
export interface WorkerRequest extends GlobalOptions {
  readonly command: 'worker';
}

/** Reads the comment or label that started the job, and says what run it asks for. */
export interface SlashCommandRequest extends GlobalOptions {
  readonly command: 'slash-command';
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
  | EmulateRequest
  | InitRequest
  | MigrateRequest
  | ContractRequest
  | DoctorRequest
  | SetupRequest
  | WorkerRequest
  | SlashCommandRequest;

export type Request = CommandRequest | HelpRequest | VersionRequest;
