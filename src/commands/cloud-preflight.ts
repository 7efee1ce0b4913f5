import type { Check } from '../domain/check.ts';
import { apiChecks, checkOf, permissionCheck, quotaChecks } from '../plan/cloud-checks.ts';
import { ACT_AS, BUCKET_PERMISSIONS, type CloudNeeds, REGISTRY_PERMISSIONS } from '../plan/cloud-needs.ts';
import { type AccountName, accountEmail } from '../plan/gcp-setup.ts';
import type { CloudProject } from '../ports/cloud-project.ts';

export interface CloudPlace {
  readonly project: string;
  readonly region: string;
}

/** What an organisation may forbid that public services need. */
const POLICIES = [
  [
    'run.managed.requireInvokerIam',
    'Services may not be public here: set gcp.invoker: private, or ask for an exception of this project.',
  ],
] as const;

/** Asks the project about all needs. Without credentials the rest cannot be told, and is not asked. */
export async function projectChecks(
  needs: CloudNeeds,
  { project, region }: CloudPlace,
  cloud: CloudProject,
  invoker: 'public' | 'private',
): Promise<readonly Check[]> {
  const account = await cloud.account();
  const credentials = checkOf(
    { id: 'credentials', subject: 'credentials' },
    account,
    (email) => ({ state: 'ok', found: email === '' ? 'Google gave a token' : email }),
    { denied: 'Log in with gcloud auth application-default login, or set up Workload Identity in CI.' },
  );
  if (!account.known) return [credentials];
  const [apis, permissions, quota] = await Promise.all([
    cloud.apis(needs.apis),
    cloud.permissions(needs.permissions),
    cloud.quota(region),
  ]);
  const existence = checkOf(
    { id: 'project', subject: `project ${project}` },
    apis,
    ({ number }) => ({ state: 'ok', found: number === '' ? 'exists' : `number ${number}` }),
    {
      missing: 'Check --project: there is no project of that id.',
      denied: 'Check --project; else grant roles/serviceusage.serviceUsageViewer.',
      hint: 'Enable serviceusage.googleapis.com to have this told.',
    },
  );
  const number = apis.known ? apis.value.number : '';
  return [
    credentials,
    existence,
    ...apiChecks(needs, project, apis),
    permissionCheck({ id: 'permissions', subject: 'permissions' }, needs.permissions, permissions, {
      hint: 'Enable cloudresourcemanager.googleapis.com to have this told.',
    }),
    ...(await accountChecks(needs, { project, number }, cloud)),
    ...(await storageChecks(needs, cloud)),
    ...quotaChecks(needs, region, quota),
    ...(invoker === 'public' ? await policyChecks(cloud) : []),
  ];
}

/** What runs as an account: where it is named, where it is not, and the account that `setup` makes for it. */
interface Actor {
  readonly id: string;
  readonly what: string;
  readonly setting: string;
  readonly fallback: string;
  readonly account: AccountName;
}

const SERVICES: Actor = {
  id: 'service-account',
  what: 'services',
  setting: 'service_account of the profile',
  fallback: 'gcp.runtime_service_account',
  account: 'runtime',
};
const LOAD: Actor = {
  id: 'load-account',
  what: 'load tasks',
  setting: 'load.service_account',
  fallback: 'load.service_account',
  account: 'load',
};

/** Whoever deploys must be allowed to act as the account that the service or the job runs as. */
async function accountChecks(
  { accounts, loadAccount }: CloudNeeds,
  project: { readonly project: string; readonly number: string },
  cloud: CloudProject,
): Promise<readonly Check[]> {
  const wanted = [
    ...accounts.map((email) => [SERVICES, email] as const),
    ...(loadAccount === undefined ? [] : [[LOAD, loadAccount] as const]),
  ];
  return Promise.all(
    wanted.map(async ([actor, email]) =>
      email === ''
        ? defaultAccountCheck(actor, project, cloud)
        : permissionCheck(
            { id: actor.id, subject: `account ${email}` },
            [ACT_AS],
            await cloud.accountPermissions(email, [ACT_AS]),
            { missing: `There is no such account: set ${actor.setting} to one that exists.` },
          ),
    ),
  );
}

/** Of what names no account. What `setup` makes may not act as the project's default one, on purpose. */
async function defaultAccountCheck(
  { id, what, fallback, account }: Actor,
  { project, number }: { readonly project: string; readonly number: string },
  cloud: CloudProject,
): Promise<Check> {
  const wanted = `Set ${fallback}, such as ${accountEmail(account, project)}, which "cloudrun-perf setup" makes`;
  if (number === '')
    return { id, subject: `account of ${what}`, state: 'unknown', found: 'none is named', hint: `${wanted}.` };
  const email = `${number}-compute@developer.gserviceaccount.com`;
  const check = permissionCheck(
    { id, subject: `account ${email}, the default of the project, since none is named` },
    [ACT_AS],
    await cloud.accountPermissions(email, [ACT_AS]),
    { missing: `${wanted}.`, denied: `${wanted}.` },
  );
  return check.state === 'problem'
    ? {
        ...check,
        hint: `${wanted}; or grant roles/iam.serviceAccountUser on this one, which often may edit everything.`,
      }
    : check;
}

async function storageChecks(needs: CloudNeeds, cloud: CloudProject): Promise<readonly Check[]> {
  const checks: Check[] = [];
  if (needs.repository !== undefined) {
    const subject = { id: 'registry', subject: `registry ${needs.repository.replace(/^.*\//, '')}` };
    const found = await cloud.repository(needs.repository, REGISTRY_PERMISSIONS);
    const unanswered = {
      missing: 'Create it: gcloud artifacts repositories create, with --repository-format=docker.',
      denied: 'Grant roles/artifactregistry.writer on the repository.',
    };
    const format = found.known ? found.value.format : 'DOCKER';
    checks.push(
      format === 'DOCKER'
        ? permissionCheck(
            subject,
            REGISTRY_PERMISSIONS,
            found.known ? { known: true, value: found.value.permissions } : found,
            unanswered,
          )
        : { ...subject, state: 'problem', found: `format ${format}`, hint: 'Name a repository of format DOCKER.' },
    );
  }
  if (needs.bucket !== undefined) {
    const asked = await cloud.bucket(needs.bucket, BUCKET_PERMISSIONS);
    const unanswered = {
      missing: `Create it: gcloud storage buckets create gs://${needs.bucket}`,
      denied: 'Grant roles/storage.objectAdmin on the bucket.',
    };
    const subject = { id: 'bucket', subject: `bucket ${needs.bucket}` };
    checks.push(permissionCheck(subject, BUCKET_PERMISSIONS, asked, unanswered));
  }
  return checks;
}

async function policyChecks(cloud: CloudProject): Promise<readonly Check[]> {
  return Promise.all(
    POLICIES.map(async ([constraint, hint]) =>
      checkOf(
        { id: 'policy', subject: `policy ${constraint}` },
        await cloud.policyEnforced(constraint),
        (enforced): Omit<Check, 'id' | 'subject'> =>
          enforced ? { state: 'problem', found: 'enforced', hint } : { state: 'ok', found: 'not enforced' },
      ),
    ),
  );
}
