import type { Profile } from '../domain/profile.ts';
import { memoryBytes } from './profile-rules.ts';

/** Everything in a Google Cloud project that a run works with. */
export interface CloudNeeds {
  readonly apis: readonly string[];
  readonly permissions: readonly string[];
  /** `projects/P/locations/L/repositories/R`; absent: images are elsewhere. */
  readonly repository?: string;
  readonly bucket?: string;
  /** Accounts that services run as; empty stands for the project's default account. */
  readonly accounts: readonly string[];
  /** Account that tasks of the load job act as, in the same way; absent: there is no such job. */
  readonly loadAccount?: string;
  /** Of all instances that may be alive at the same time, in all jobs. */
  readonly milliCpu: number;
  readonly memoryBytes: number;
  readonly writesPerMinute: number;
}

export interface NeedsInput {
  readonly artifactRegistry?: string;
  readonly resultsBucket?: string;
  readonly profiles: readonly Profile[];
  /** Jobs that measure at the same time. */
  readonly jobs: number;
  /** Instances that each job lets live at a time; absent: the fewest that it can measure with. */
  readonly instancesAtOnce?: number;
  /** Tokens of a service account are asked for: by Workload Identity, or for private services; absent: yes. */
  readonly impersonates?: boolean;
  /** Services accept only calls with an ID token; absent: everybody's calls. */
  readonly privateServices?: boolean;
  /** Of the job that makes load; absent: load comes from this machine. */
  readonly load?: { readonly serviceAccount?: string };
}

export const REGISTRY_PERMISSIONS = [
  'artifactregistry.repositories.downloadArtifacts',
  'artifactregistry.repositories.uploadArtifacts',
] as const;
export const BUCKET_PERMISSIONS = [
  'storage.objects.create',
  'storage.objects.delete',
  'storage.objects.get',
  'storage.objects.list',
] as const;
export const ACT_AS = 'iam.serviceAccounts.actAs';

const SIDES = 2;
/** What this tool allows itself in a region. */
const WRITES_PER_MINUTE = 40;
const PERMISSIONS = [
  'logging.logEntries.list',
  'run.operations.get',
  'run.revisions.get',
  'run.revisions.list',
  'run.services.create',
  'run.services.delete',
  'run.services.get',
  'run.services.list',
  // Google asks for it wherever the invoker check of a service is switched off.
  'run.services.setIamPolicy',
  'run.services.update',
] as const;
const INVOKE = 'run.routes.invoke';
/** Beside those of services. */
const JOB_PERMISSIONS = [
  'run.executions.cancel',
  'run.executions.delete',
  'run.executions.get',
  'run.executions.list',
  'run.jobs.create',
  'run.jobs.delete',
  'run.jobs.get',
  'run.jobs.list',
  'run.jobs.run',
  'run.jobs.runWithOverrides',
  'run.tasks.list',
] as const;

/** Predefined roles by what their permissions begin with; the first that fits counts. */
const ROLES: readonly (readonly [prefix: string, role: string])[] = [
  [INVOKE, 'roles/run.invoker'],
  ['run.', 'roles/run.admin'],
  ['logging.', 'roles/logging.viewer'],
  ['artifactregistry.repositories.upload', 'roles/artifactregistry.writer'],
  ['artifactregistry.', 'roles/artifactregistry.reader'],
  ['storage.', 'roles/storage.objectAdmin'],
  [ACT_AS, 'roles/iam.serviceAccountUser'],
];

/** Roles that together give the permissions, each once. */
export function rolesFor(permissions: readonly string[]): readonly string[] {
  const found = permissions.flatMap((permission) => {
    const role = ROLES.find(([prefix]) => permission.startsWith(prefix))?.[1];
    return role === undefined ? [] : [role];
  });
  return [...new Set(found)];
}

export function cloudNeeds(input: NeedsInput): CloudNeeds {
  const { artifactRegistry, resultsBucket, profiles, jobs, instancesAtOnce = 0, impersonates = true } = input;
  const { privateServices = false, load } = input;
  const repository = repositoryName(artifactRegistry);
  const bucket = /^gs:\/\/([^/]+)/.exec(resultsBucket ?? '')?.[1];
  // At the least the instance of each side that the contract was checked with.
  const alive = ({ maxInstances }: Profile) => Math.max(SIDES * Math.max(1, maxInstances), instancesAtOnce);
  const most = (amount: (profile: Profile) => number) =>
    Math.max(0, ...profiles.map((profile) => amount(profile) * alive(profile))) * jobs;
  return {
    apis: [
      'run.googleapis.com',
      'logging.googleapis.com',
      ...(impersonates ? ['iamcredentials.googleapis.com'] : []),
      ...(repository === undefined ? [] : ['artifactregistry.googleapis.com']),
      ...(bucket === undefined ? [] : ['storage.googleapis.com']),
    ],
    permissions: [...PERMISSIONS, ...(privateServices ? [INVOKE] : []), ...(load === undefined ? [] : JOB_PERMISSIONS)],
    ...(repository === undefined ? {} : { repository }),
    ...(bucket === undefined ? {} : { bucket }),
    accounts: [...new Set(profiles.map(({ serviceAccount = '' }) => serviceAccount))],
    ...(load === undefined ? {} : { loadAccount: load.serviceAccount ?? '' }),
    milliCpu: Math.round(most(({ cpu }) => Number(cpu) * 1000)),
    memoryBytes: most(({ memory }) => memoryBytes(memory)),
    writesPerMinute: WRITES_PER_MINUTE,
  };
}

/** `us-central1-docker.pkg.dev/my-project/services/...` as Artifact Registry names it. */
function repositoryName(registry: string | undefined): string | undefined {
  const match = /^([a-z0-9-]+)-docker\.pkg\.dev\/([^/]+(?::[^/]+)?)\/([^/]+)/.exec(registry ?? '');
  return match === null ? undefined : `projects/${match[2]}/locations/${match[1]}/repositories/${match[3]}`;
}
