import { shellQuote } from '../manifest/shell-quote.ts';
import {
  ACCOUNTS,
  type AccountName,
  APIS,
  ATTRIBUTE_MAPPING,
  accountEmail,
  attributeCondition,
  BINDINGS,
  type Binding,
  type CustomRole,
  type CustomRoleName,
  type GcpSetup,
  IMAGE_POLICIES,
  IMAGES,
  ISSUER,
  POOL,
  providerOf,
  RESULTS_POLICIES,
  ROLES,
  registryOf,
  TOPICS,
} from '../plan/gcp-setup.ts';

/** A bash script that brings the project into the state of the table, however often it is run. */
export function setupScript(setup: GcpSetup, version: string): string {
  return `${[
    head(setup, version),
    apis(),
    accounts(setup),
    roles(),
    registry(setup),
    bucket(setup),
    topics(),
    federation(setup),
    bindings(setup),
    summary(setup),
  ].join('\n\n')}\n`;
}

const quoted = (words: readonly string[]) => words.map(shellQuote).join(' ');
const onProject = '--project="$project" --quiet --format=none';

function head({ project, region, repository, bucket, repositoryId }: GcpSetup, version: string): string {
  return `#!/usr/bin/env bash
# Prepares a Google Cloud project for cloudrun-perf. Printed by cloudrun-perf ${version} setup; docs/gcp-setup.md
# explains each step. It may be run again at any time: what is there stays, and settings are brought back to these.
# DRY_RUN=1 shows what would be changed, and changes nothing. Needs gcloud, logged in as an owner of the project.
set -euo pipefail

project=${shellQuote(project)}
region=${shellQuote(region)}
repository=${shellQuote(repository)}
repository_id=${shellQuote(repositoryId)}
bucket=${shellQuote(bucket)}

step() { printf '== %s\\n' "$1" >&2; }

# Runs a command that changes something, or only shows it.
change() {
  if [ "\${DRY_RUN:-}" = 1 ]; then
    printf 'would run:' >&2
    printf ' %q' "$@" >&2
    printf '\\n' >&2
  else
    "$@"
  fi
}

# Google needs some seconds until a new account can be given rights.
patiently() {
  local seconds
  for seconds in 2 4 8 16 32; do
    if change "$@"; then return 0; fi
    sleep "$seconds"
  done
  change "$@"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

step "project $project, region $region, for $repository"
number=$(gcloud projects describe "$project" --format='value(projectNumber)')
case "$number" in
  '' | *[!0-9]*) printf 'found the project number "%s", wanted digits\\n' "$number" >&2; exit 1 ;;
esac`;
}

const apis = () => `step 'APIs'
change gcloud services enable ${quoted(APIS)} ${onProject}`;

function accounts({ project }: GcpSetup): string {
  const lines = (Object.keys(ACCOUNTS) as AccountName[]).map(
    (name) =>
      `account ${shellQuote(ACCOUNTS[name].id)} ${shellQuote(accountEmail(name, project))} ${shellQuote(ACCOUNTS[name].title)}`,
  );
  return `step 'service accounts, without keys'
account() {
  local id=$1 email=$2 title=$3 found
  found=$(gcloud iam service-accounts describe "$email" --project="$project" --format='value(email)' 2>/dev/null || true)
  if [ -z "$found" ]; then
    change gcloud iam service-accounts create "$id" --display-name="$title" ${onProject}
  fi
}
${lines.join('\n')}`;
}

function roles(): string {
  const lines = (Object.values(ROLES) as readonly CustomRole[]).map(
    ({ id, title, permissions }) => `role ${id} ${shellQuote(title)} \\\n  ${permissions.join(',\\\n')}`,
  );
  return `step 'custom roles'
role() {
  local id=$1 title=$2 permissions=$3 state
  state=$(gcloud iam roles describe "$id" --project="$project" --format='csv[no-heading](name,deleted)' 2>/dev/null || true)
  case "$state" in
    '')
      change gcloud iam roles create "$id" --title="$title" --permissions="$permissions" --stage=GA ${onProject}
      return ;;
    *,[Tt]rue) change gcloud iam roles undelete "$id" ${onProject} ;;
  esac
  change gcloud iam roles update "$id" --title="$title" --permissions="$permissions" --stage=GA ${onProject}
}
${lines.join('\n')}`;
}

/** The registry's policies as its API has them. */
export function imagePolicies(): readonly object[] {
  const { deleteAfterSeconds, keepVersions, keepTags } = IMAGE_POLICIES;
  return [
    {
      name: 'delete-old',
      action: { type: 'Delete' },
      condition: { tagState: 'any', olderThan: `${deleteAfterSeconds}s` },
    },
    { name: 'keep-recent', action: { type: 'Keep' }, mostRecentVersions: { keepCount: keepVersions } },
    { name: 'keep-tagged', action: { type: 'Keep' }, condition: { tagState: 'tagged', tagPrefixes: keepTags } },
  ];
}

function file(name: string, content: unknown): string {
  return `cat >"$scratch/${name}" <<'JSON'\n${JSON.stringify(content, undefined, 2)}\nJSON`;
}

const registry = ({ project, region }: GcpSetup) => `step ${shellQuote(`images: ${registryOf({ project, region })}`)}
${file('images.json', imagePolicies())}
found=$(gcloud artifacts repositories describe ${IMAGES} --project="$project" --location="$region" --format='value(name)' 2>/dev/null || true)
if [ -z "$found" ]; then
  change gcloud artifacts repositories create ${IMAGES} --location="$region" --repository-format=docker \\
    --description='Images of cloudrun-perf' ${onProject}
fi
change gcloud artifacts repositories set-cleanup-policies ${IMAGES} --location="$region" --no-dry-run \\
  --policy="$scratch/images.json" ${onProject}`;

/** The bucket's lifecycle as its API has it. */
export function resultsLifecycle(): object {
  const { expiringPrefixes, expireAfterDays } = RESULTS_POLICIES;
  return {
    rule: [
      { action: { type: 'Delete' }, condition: { age: expireAfterDays, matchesPrefix: expiringPrefixes } },
      { action: { type: 'AbortIncompleteMultipartUpload' }, condition: { age: 7 } },
    ],
  };
}

const bucket = ({ bucket: name }: GcpSetup) => `step ${shellQuote(`results: gs://${name}`)}
${file('results.json', resultsLifecycle())}
# Names of buckets are shared with everybody: results must not go to a stranger's.
owner=$(gcloud storage buckets describe "gs://$bucket" --raw --format='value(projectNumber)' 2>/dev/null || true)
case "$owner" in
  '')
    change gcloud storage buckets create "gs://$bucket" --location="$region" --uniform-bucket-level-access \\
      --public-access-prevention --soft-delete-duration=${RESULTS_POLICIES.softDeleteSeconds}s ${onProject} ;;
  "$number") ;;
  *) printf 'the bucket %s belongs to the project %s: choose another name with --bucket\\n' "$bucket" "$owner" >&2; exit 1 ;;
esac
change gcloud storage buckets update "gs://$bucket" --uniform-bucket-level-access --public-access-prevention \\
  --no-versioning --soft-delete-duration=${RESULTS_POLICIES.softDeleteSeconds}s --lifecycle-file="$scratch/results.json" ${onProject}`;

const topics = () => `step 'topics that measured services publish to'
topic() {
  local found
  found=$(gcloud pubsub topics describe "$1" --project="$project" --format='value(name)' 2>/dev/null || true)
  if [ -z "$found" ]; then change gcloud pubsub topics create "$1" ${onProject}; fi
}
${TOPICS.map((topic) => `topic ${shellQuote(topic)}`).join('\n')}`;

function federation(setup: GcpSetup): string {
  const provider = providerOf(setup);
  const mapping = Object.entries(ATTRIBUTE_MAPPING)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const inPool = `--location=global ${onProject}`;
  const place = `--workload-identity-pool=${POOL} ${inPool}`;
  return `step 'Workload Identity: which jobs of GitHub may come in'
state=$(gcloud iam workload-identity-pools describe ${POOL} --location=global --project="$project" --format='value(state)' 2>/dev/null || true)
case "$state" in
  ACTIVE) ;;
  DELETED) change gcloud iam workload-identity-pools undelete ${POOL} ${inPool} ;;
  *) change gcloud iam workload-identity-pools create ${POOL} --display-name=${POOL} ${inPool} ;;
esac
condition=${shellQuote(attributeCondition(setup))}
mapping=${shellQuote(mapping)}
settings=(--issuer-uri=${ISSUER} --attribute-mapping="$mapping" --attribute-condition="$condition")
state=$(gcloud iam workload-identity-pools providers describe ${provider} --workload-identity-pool=${POOL} \\
  --location=global --project="$project" --format='value(state)' 2>/dev/null || true)
case "$state" in
  ACTIVE) change gcloud iam workload-identity-pools providers update-oidc ${provider} "\${settings[@]}" ${place} ;;
  DELETED)
    change gcloud iam workload-identity-pools providers undelete ${provider} ${place}
    change gcloud iam workload-identity-pools providers update-oidc ${provider} "\${settings[@]}" ${place} ;;
  *) change gcloud iam workload-identity-pools providers create-oidc ${provider} "\${settings[@]}" ${place} ;;
esac
jobs="principalSet://iam.googleapis.com/projects/$number/locations/global/workloadIdentityPools/${POOL}/attribute.repository_id/$repository_id"`;
}

function bindings(setup: GcpSetup): string {
  const member = ({ member: name }: Binding) =>
    name === 'jobs' ? '"$jobs"' : shellQuote(`serviceAccount:${accountEmail(name, setup.project)}`);
  const role = ({ role: name }: Binding) =>
    name.startsWith('roles/') ? name : `"projects/$project/roles/${ROLES[name as CustomRoleName].id}"`;
  const grant = (binding: Binding, command: string, condition = ' --condition=None') =>
    `patiently gcloud ${command} --member=${member(binding)} --role=${role(binding)}${condition} ${onProject}`;
  const lines = BINDINGS.flatMap((binding) => {
    switch (binding.on) {
      case 'project':
        return [grant(binding, 'projects add-iam-policy-binding "$project"').replace(' --project="$project"', '')];
      case 'images':
        return [grant(binding, `artifacts repositories add-iam-policy-binding ${IMAGES} --location="$region"`, '')];
      case 'results':
        return [grant(binding, 'storage buckets add-iam-policy-binding "gs://$bucket"')];
      case 'topics':
        return TOPICS.map((topic) => grant(binding, `pubsub topics add-iam-policy-binding ${topic}`, ''));
      default:
        return [
          grant(
            binding,
            `iam service-accounts add-iam-policy-binding ${shellQuote(accountEmail(binding.on, setup.project))}`,
          ),
        ];
    }
  });
  return `step 'rights'\n${lines.join('\n')}`;
}

const summary = (setup: GcpSetup) => `step 'done; rights may take five minutes to be known everywhere'
cat <<VARIABLES
# Variables of the repository on GitHub. None of them is a secret:
gh variable set GCP_PROJECT_ID --repo $repository --body $project
gh variable set GCP_WORKLOAD_IDENTITY_PROVIDER --repo $repository --body projects/$number/locations/global/workloadIdentityPools/${POOL}/providers/${providerOf(setup)}
gh variable set GCP_SERVICE_ACCOUNT --repo $repository --body ${accountEmail('runner', setup.project)}

# In its cloudrun-perf.yaml:
gcp:
  region: $region
  artifact_registry: ${registryOf(setup)}
  runtime_service_account: ${accountEmail('runtime', setup.project)}
storage:
  results_bucket: gs://$bucket
load:
  service_account: ${accountEmail('load', setup.project)}
VARIABLES`;
