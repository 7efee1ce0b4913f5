import type { ServiceType, ShippedType } from '../domain/service-type.ts';

/**
 * What cloudrun-perf needs in a Google Cloud project: one table for the script that `setup` prints and for
 * infra/terraform, which a test compares with it.
 */
export interface GcpSetup {
  readonly project: string;
  readonly region: string;
  /** `owner/name` of the service repository on GitHub. */
  readonly repository: string;
  /** GitHub's number of that repository: a name can be taken over by others, a number cannot. */
  readonly repositoryId: string;
  /** GitHub's number of its owner. */
  readonly ownerId?: string;
  readonly bucket: string;
  readonly defaultBranch: string;
  /** Whether every job has to name the environment, and not only those of approved commits. */
  readonly environmentOnly: boolean;
}

/** Repository of the reusable workflows that may ask for credentials. */
export const TOOL_REPOSITORY = 'org/cloudrun-perf';
/** Environment on GitHub whose rules approve commits of others. */
export const ENVIRONMENT = 'perf-cloud';

export const APIS = [
  'artifactregistry.googleapis.com',
  'cloudquotas.googleapis.com',
  'cloudresourcemanager.googleapis.com',
  'iam.googleapis.com',
  'iamcredentials.googleapis.com',
  'logging.googleapis.com',
  'pubsub.googleapis.com',
  'run.googleapis.com',
  'serviceusage.googleapis.com',
  'storage.googleapis.com',
  'sts.googleapis.com',
] as const;

/** Workload Identity pool and its provider's issuer. */
export const POOL = 'cloudrun-perf';
export const ISSUER = 'https://token.actions.githubusercontent.com';
/** One provider for each repository, so that setting up a second one takes nothing from the first. */
export const providerOf = ({ repositoryId }: Pick<GcpSetup, 'repositoryId'>) => `github-${repositoryId}`;

/**
 * Short values only: Google refuses a token with a mapped value beyond 127 bytes, and branch names reach that. The
 * subject names the workflow run in audit logs.
 */
export const ATTRIBUTE_MAPPING = {
  'google.subject': "assertion.repository_id + '/' + assertion.run_id",
  'attribute.repository_id': 'assertion.repository_id',
  'attribute.event_name': 'assertion.event_name',
} as const;

/** Name of the Docker repository for images, in the region of the services. */
export const IMAGES = 'cloudrun-perf';

export const ACCOUNTS = {
  runner: { id: 'cloudrun-perf-runner', title: 'cloudrun-perf: jobs on GitHub' },
  runtime: { id: 'cloudrun-perf-runtime', title: 'cloudrun-perf: measured services' },
  load: { id: 'cloudrun-perf-load', title: 'cloudrun-perf: load from Cloud Run jobs' },
} as const;
export type AccountName = keyof typeof ACCOUNTS;

export interface CustomRole {
  readonly id: string;
  readonly title: string;
  readonly permissions: readonly string[];
}

/** What the runner calls, and no more. Sorted, so that differences show. */
export const ROLES = {
  runner: {
    id: 'cloudrunPerfRunner',
    title: 'cloudrun-perf runner',
    permissions: [
      'cloudquotas.quotas.get',
      'logging.logEntries.list',
      'resourcemanager.projects.get',
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
      'run.jobs.update',
      'run.operations.get',
      'run.revisions.get',
      'run.revisions.list',
      // Private services are called in its name.
      'run.routes.invoke',
      'run.services.create',
      'run.services.delete',
      'run.services.get',
      'run.services.list',
      // Google asks for it wherever the invoker check of a service is switched off.
      'run.services.setIamPolicy',
      'run.services.update',
      'run.tasks.get',
      'run.tasks.list',
      'serviceusage.services.get',
      'serviceusage.services.list',
    ],
  },
  images: {
    id: 'cloudrunPerfImages',
    title: 'cloudrun-perf images',
    permissions: [
      'artifactregistry.dockerimages.get',
      'artifactregistry.dockerimages.list',
      'artifactregistry.packages.get',
      'artifactregistry.packages.list',
      'artifactregistry.repositories.deleteArtifacts',
      'artifactregistry.repositories.downloadArtifacts',
      'artifactregistry.repositories.get',
      'artifactregistry.repositories.uploadArtifacts',
      'artifactregistry.tags.create',
      'artifactregistry.tags.delete',
      'artifactregistry.tags.get',
      'artifactregistry.tags.list',
      'artifactregistry.tags.update',
      'artifactregistry.versions.delete',
      'artifactregistry.versions.get',
      'artifactregistry.versions.list',
    ],
  },
  results: {
    id: 'cloudrunPerfResults',
    title: 'cloudrun-perf results',
    permissions: [
      'storage.buckets.get',
      'storage.objects.create',
      'storage.objects.delete',
      'storage.objects.get',
      'storage.objects.list',
    ],
  },
  // What private services want of whoever loads them; roles/run.invoker would also let it run jobs.
  invoke: {
    id: 'cloudrunPerfInvoke',
    title: 'cloudrun-perf invoke',
    permissions: ['run.routes.invoke'],
  },
  // A task reads its plan and adds its part; it overwrites and removes nothing.
  load: {
    id: 'cloudrunPerfLoad',
    title: 'cloudrun-perf load',
    permissions: ['storage.objects.create', 'storage.objects.get', 'storage.objects.list'],
  },
} as const satisfies Readonly<Record<string, CustomRole>>;
export type CustomRoleName = keyof typeof ROLES;

/** The repository's jobs on GitHub, or one of the accounts. */
export type Member = 'jobs' | AccountName;
export type Target = 'project' | 'images' | 'results' | 'topics' | AccountName;

export interface Binding {
  readonly member: Member;
  /** A custom role of the table, or a role of Google's. */
  readonly role: CustomRoleName | `roles/${string}`;
  readonly on: Target;
}

export const BINDINGS: readonly Binding[] = [
  { member: 'jobs', role: 'roles/iam.workloadIdentityUser', on: 'runner' },
  { member: 'runner', role: 'runner', on: 'project' },
  { member: 'runner', role: 'images', on: 'images' },
  { member: 'runner', role: 'results', on: 'results' },
  // Identity tokens for private services are asked for in its own name.
  { member: 'runner', role: 'roles/iam.serviceAccountOpenIdTokenCreator', on: 'runner' },
  { member: 'runner', role: 'roles/iam.serviceAccountUser', on: 'runtime' },
  { member: 'runner', role: 'roles/iam.serviceAccountUser', on: 'load' },
  { member: 'runtime', role: 'roles/pubsub.publisher', on: 'topics' },
  { member: 'load', role: 'load', on: 'results' },
  { member: 'load', role: 'invoke', on: 'project' },
];

/** IAM conditions know no names of topics, so that the right to publish is given on topics that exist from the start. */
export const topicOf = (type: ServiceType) => `perf-${type}`;
/** Shipped types whose services publish; a test holds them against the contracts. */
export const PUBLISHING_TYPES: readonly ShippedType[] = ['discord-webhook', 'queue-worker'];
export const TOPICS: readonly string[] = PUBLISHING_TYPES.map(topicOf);

const DAY_SECONDS = 86_400;

/** Cleanup policies of the registry: keeping wins over deleting. Tags stay mutable, or nothing tagged could be deleted. */
export const IMAGE_POLICIES = {
  deleteAfterSeconds: 14 * DAY_SECONDS,
  keepVersions: 5,
  keepTags: ['baseline', 'buildcache'],
} as const;

/**
 * The bucket has no versions: soft deletion brings back what was deleted or overwritten, and the runner cannot purge it.
 * Baselines are never deleted by age.
 */
export const RESULTS_POLICIES = {
  expiringPrefixes: ['comparisons/', 'runs/'],
  expireAfterDays: 180,
  softDeleteSeconds: 7 * DAY_SECONDS,
} as const;

export const defaultBucket = (project: string) => `${project}-cloudrun-perf`;
export const accountEmail = (account: AccountName, project: string) =>
  `${ACCOUNTS[account].id}@${project}.iam.gserviceaccount.com`;
export const registryOf = ({ project, region }: Pick<GcpSetup, 'project' | 'region'>) =>
  `${region}-docker.pkg.dev/${project}/${IMAGES}`;

/**
 * Which tokens of GitHub the provider accepts, in CEL. A fork's own pull request has no token at all. A job without an
 * environment has no claim for it, which in CEL is an error: the term stands last, so that it can only refuse.
 */
export function attributeCondition(setup: GcpSetup): string {
  const { repository, repositoryId, ownerId, defaultBranch, environmentOnly } = setup;
  const branch = `refs/heads/${defaultBranch}`;
  const who = [
    `assertion.repository_id == '${repositoryId}'`,
    ...(ownerId === undefined ? [] : [`assertion.repository_owner_id == '${ownerId}'`]),
    `assertion.repository == '${repository}'`,
  ];
  const tool = `assertion.job_workflow_ref.startsWith('${TOOL_REPOSITORY}/.github/workflows/')`;
  const own = `(assertion.job_workflow_ref.startsWith('${repository}/.github/workflows/') && assertion.job_workflow_ref.endsWith('@${branch}'))`;
  const event = (name: string) => `assertion.event_name == '${name}'`;
  const changes = ['pull_request', 'merge_group'].map(event);
  const merged = `(assertion.ref == '${branch}' && (${['push', 'schedule', 'workflow_dispatch'].map(event).join(' || ')}))`;
  const approved = `assertion.environment == '${ENVIRONMENT}'`;
  const when = environmentOnly ? approved : `(${[...changes, merged, approved].join(' || ')})`;
  return [...who, `(${tool} || ${own})`, when].join(' && ');
}
