import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { createCloudProject } from '../../src/adapters/google/cloud-project.ts';
import { doctor } from '../../src/commands/doctor.ts';
import type { Ports } from '../../src/commands/ports.ts';
import type { Config } from '../../src/config/config.ts';
import { DEFAULT_PROFILE } from '../../src/config/profiles.ts';
import type { DoctorRequest } from '../../src/config/request.ts';
import type { Check } from '../../src/domain/check.ts';
import { InfrastructureError } from '../../src/domain/errors.ts';
import type { Profile } from '../../src/domain/profile.ts';
import { BUCKET_PERMISSIONS, cloudNeeds, REGISTRY_PERMISSIONS } from '../../src/plan/cloud-needs.ts';
import { newWorkspace, runTool, TEMPLATE } from '../helpers/cli.ts';
import { ACCOUNT, PROVIDER, startGoogleFake } from '../helpers/google-fake.ts';
import { DENIED, type ProjectFake, quotaInfo, SERVICE_DISABLED, startProjectFake } from '../helpers/project-fake.ts';

const REGION = 'europe-west1';
const REPOSITORY = 'projects/my-project/locations/europe-west1/repositories/services';
const COMPUTE = '123-compute@developer.gserviceaccount.com';
const GIB = 2 ** 30;
const NEEDS = cloudNeeds({
  artifactRegistry: 'europe-west1-docker.pkg.dev/my-project/services',
  resultsBucket: 'gs://results/perf',
  profiles: [DEFAULT_PROFILE],
  jobs: 1,
  impersonates: true,
});

let fake: ProjectFake;
before(async () => {
  fake = await startProjectFake();
});
after(() => fake.close());
beforeEach(() => {
  const { project } = fake;
  project.token = 'planted-token';
  project.email = 'runner@my-project.iam.gserviceaccount.com';
  project.apis = new Set(NEEDS.apis);
  project.permissions = new Set(NEEDS.permissions);
  project.accounts = new Map([[COMPUTE, ['iam.serviceAccounts.actAs']]]);
  project.repositories = new Map([[REPOSITORY, { format: 'DOCKER', permissions: REGISTRY_PERMISSIONS }]]);
  project.buckets = new Map([['results', BUCKET_PERMISSIONS]]);
  project.quotaInfos = [
    quotaInfo('SomethingElse', REGION, 5),
    quotaInfo('CpuAllocPerProjectRegion', REGION, 20_000),
    quotaInfo('MemAllocPerProjectRegion', REGION, 40 * GIB),
    quotaInfo('any', REGION, 60, { metric: 'run.googleapis.com/admin_write_requests', refreshInterval: 'minute' }),
  ];
  project.policies = new Set();
  project.broken = new Map();
});

interface Change {
  readonly profile?: Partial<Profile>;
  readonly jobs?: number;
  readonly registry?: string;
  readonly project?: string;
  readonly docker?: string | null;
  readonly headers?: () => Promise<Record<string, string>>;
  readonly format?: 'table' | 'json';
  readonly invoker?: 'private';
  readonly load?: { readonly from: 'job' | 'runner'; readonly serviceAccount?: string };
}

async function run(given: Change = {}) {
  const change = { docker: '29.7.1', ...given };
  let printed = '';
  const ports = {
    print: (text: string) => {
      printed += text;
    },
    terminal: { width: 200 },
    programVersion: async (program: string) => (program === 'docker' ? (change.docker ?? undefined) : '2.39'),
    cloudProject: async () =>
      createCloudProject({
        project: change.project ?? 'my-project',
        env: fake.env,
        headers: change.headers ?? (async () => ({ authorization: 'Bearer planted-token' })),
      }),
  } as unknown as Ports;
  const config = {
    gcp: {
      projectId: change.project ?? 'my-project',
      region: REGION,
      invoker: change.invoker,
      artifactRegistry: change.registry ?? 'europe-west1-docker.pkg.dev/my-project/services',
    },
    storage: { resultsBucket: 'gs://results/perf' },
    load: change.load ?? { from: 'runner' },
    profiles: { default: { ...DEFAULT_PROFILE, ...change.profile } },
    sweep: [],
  } as unknown as Config;
  const format = change.format ?? 'json';
  const request: DoctorRequest = {
    command: 'doctor',
    profiles: [],
    jobs: change.jobs ?? 1,
    format,
    verbose: false,
    serviceAccount: 'runner@my-project.iam.gserviceaccount.com',
    dryRun: false,
  };
  const { exitCodes } = await doctor(request, config, ports, new AbortController().signal);
  assert.ok(!printed.includes('planted-token'), 'no token in what is printed');
  const checks = format === 'json' ? (JSON.parse(printed) as { checks: Check[] }).checks : [];
  return { exitCodes, printed, checks, of: (id: string) => checks.filter((check) => check.id === id) };
}

test('a project that has everything passes, and nothing in it is changed', async () => {
  const { exitCodes, checks } = await run();
  assert.deepEqual(exitCodes, []);
  assert.deepEqual(
    checks.filter(({ state }) => state !== 'ok'),
    [],
  );
  const told = checks.map(({ id, found }) => `${id}: ${found}`);
  for (const expected of [
    'credentials: runner@my-project.iam.gserviceaccount.com',
    'project: number 123',
    'quota-cpu: needs 20 vCPU of 20 vCPU',
    'quota-memory: needs 10 GiB of 40 GiB',
    'quota-writes: needs 40 a minute of 60 a minute',
  ]) {
    assert.ok(told.includes(expected), `${expected} not in ${told.join(' | ')}`);
  }
  const posts = fake.asked.filter((one) => one.startsWith('POST ')).map((one) => one.replace(/^.*:/, ''));
  assert.deepEqual([...new Set(posts)], ['testIamPermissions']);
});

test('each thing that is missing is one problem, with what to do, and exit code 1', async () => {
  const cases: readonly (readonly [string, () => Change | undefined, RegExp, RegExp])[] = [
    ['tool-docker', () => ({ docker: null }), /cannot be run/, /Install Docker/],
    ['registry-name', () => ({ registry: 'Host/Images:tag' }), /Host/, /lower case/],
    ['profile-default', () => ({ profile: { memory: '128Mi' } }), /at least 512Mi/, /deployment_profiles/],
    [
      'credentials',
      () => ({ headers: () => Promise.reject(new InfrastructureError('x', 'no login', { hint: 'log in' })) }),
      /no login; log in/,
      /gcloud auth/,
    ],
    ['project', () => ({ project: 'other' }), /no such project/, /no project of that id/],
    ['api-run', () => void fake.project.apis.delete('run.googleapis.com'), /not enabled/, /gcloud services enable run/],
    [
      'permissions',
      () => void fake.project.permissions.delete('run.services.update'),
      /^missing run\.services\.update$/,
      /roles\/run\.admin/,
    ],
    ['service-account', () => void fake.project.accounts.set(COMPUTE, []), /actAs/, /roles\/iam\.serviceAccountUser/],
    [
      'service-account',
      () => ({ profile: { serviceAccount: 'gone@my-project.iam.gserviceaccount.com' } }),
      /not found/,
      /no such account/,
    ],
    ['registry', () => void fake.project.repositories.clear(), /not found/, /repositories create/],
    [
      'registry',
      () => void fake.project.repositories.set(REPOSITORY, { format: 'MAVEN', permissions: [] }),
      /MAVEN/,
      /format DOCKER/,
    ],
    [
      'registry',
      () => void fake.project.repositories.set(REPOSITORY, { format: 'DOCKER', permissions: [] }),
      /uploadArtifacts/,
      /roles\/artifactregistry\.reader and roles\/artifactregistry\.writer/,
    ],
    ['bucket', () => void fake.project.buckets.clear(), /not found/, /buckets create gs:\/\/results/],
    ['bucket', () => void fake.project.broken.set('storage', DENIED), /permission/, /roles\/storage\.objectAdmin/],
    [
      'quota-cpu',
      () => ({ profile: { maxInstances: 6, cpu: '2' } }),
      /needs 24 vCPU of 20 vCPU/,
      /Lower max_instances/,
    ],
    [
      'policy',
      () => void fake.project.policies.add('run.managed.requireInvokerIam'),
      /enforced/,
      /gcp\.invoker: private/,
    ],
  ];
  for (const [id, change, found, hint] of cases) {
    const before = structuredClone({ ...fake.project });
    const { exitCodes, checks, of } = await run(change() ?? {});
    Object.assign(fake.project, before);
    const problems = checks.filter(({ state }) => state === 'problem');
    const expected = of(id).find(({ state }) => state === 'problem');
    assert.deepEqual(exitCodes, [1], id);
    assert.match(expected?.found ?? 'no problem', found, id);
    assert.match(expected?.hint ?? 'no hint', hint, id);
    const others = problems.filter((problem) => problem.id !== id);
    assert.deepEqual(others, id === 'project' ? others : [], `${id} alone`);
  }
});

test('a profile without an account: what is missing is named, with the account that the set-up makes', async () => {
  for (const spoil of [
    () => fake.project.accounts.set(COMPUTE, []),
    () => fake.project.accounts.delete(COMPUTE),
    () => fake.project.broken.set('iam', DENIED),
  ]) {
    const before = structuredClone({ ...fake.project });
    spoil();
    const { exitCodes, of } = await run();
    Object.assign(fake.project, before);
    const [check] = of('service-account');
    assert.deepEqual([exitCodes, check?.state], [[1], 'problem']);
    assert.equal(check?.subject, `account ${COMPUTE}, the default of the project, since none is named`);
    assert.match(
      check?.hint ?? '',
      /^Set gcp\.runtime_service_account, such as cloudrun-perf-runtime@my-project\.iam\.gserviceaccount\.com, which "cloudrun-perf setup" makes; or grant roles\/iam\.serviceAccountUser/,
    );
  }
  const serviceAccount = 'cloudrun-perf-runtime@my-project.iam.gserviceaccount.com';
  fake.project.accounts = new Map([[serviceAccount, ['iam.serviceAccounts.actAs']]]);
  assert.deepEqual((await run({ profile: { serviceAccount } })).exitCodes, []);
});

test('what is loaded at the same time counts: instances, sides and jobs', async () => {
  const { of } = await run({ profile: { memory: '4Gi', maxInstances: 3 }, jobs: 2 });
  assert.deepEqual(
    of('quota-memory').map(({ state, found }) => [state, found]),
    [['problem', 'needs 48 GiB of 40 GiB']],
  );
  assert.deepEqual(
    of('quota-cpu').map(({ found }) => found),
    ['needs 12 vCPU of 20 vCPU'],
  );
});

test('private services need no exception of a policy', async () => {
  fake.project.policies.add('run.managed.requireInvokerIam');
  fake.project.permissions.add('run.routes.invoke');
  const { exitCodes, of } = await run({ invoker: 'private' });
  assert.deepEqual([exitCodes, of('policy')], [[], []]);
  fake.project.permissions.delete('run.routes.invoke');
  const [check] = (await run({ invoker: 'private' })).of('permissions');
  assert.equal(check?.found, 'missing run.routes.invoke');
  assert.match(check?.hint ?? '', /^Grant roles\/run\.invoker,/);
});

test('rights for jobs and the account of their tasks are looked at only where load comes from a job', async () => {
  assert.deepEqual((await run()).of('load-account'), []);
  const serviceAccount = 'cloudrun-perf-load@my-project.iam.gserviceaccount.com';
  const tasks = { from: 'job', tasks: 1, cpu: '2', memory: '1Gi' } as const;
  const load = { ...tasks, serviceAccount };
  const lacking = await run({ load });
  assert.deepEqual(lacking.exitCodes, [1]);
  assert.match(
    lacking.of('permissions')[0]?.found ?? '',
    /^missing run\.executions\.cancel, .*run\.jobs\.runWithOverrides/,
  );
  assert.match(lacking.of('load-account')[0]?.hint ?? '', /no such account: set load\.service_account to/);
  const { permissions } = cloudNeeds({ profiles: [DEFAULT_PROFILE], jobs: 1, load });
  for (const permission of permissions) fake.project.permissions.add(permission);
  fake.project.accounts.set(serviceAccount, ['iam.serviceAccounts.actAs']);
  assert.deepEqual((await run({ load })).exitCodes, []);
  fake.project.accounts.delete(COMPUTE);
  const [unnamed] = (await run({ load: tasks })).of('load-account');
  assert.match(unnamed?.hint ?? '', /^Set load\.service_account, such as cloudrun-perf-load@my-project\.iam/);
});

test('what cannot be asked is no problem and is said', async () => {
  for (const api of ['cloudquotas', 'cloudresourcemanager', 'serviceusage', 'orgpolicy', 'openidconnect']) {
    for (const answer of [SERVICE_DISABLED, 'drop'] as const) {
      fake.project.broken.set(api, answer);
      const { exitCodes, checks } = await run();
      assert.deepEqual(exitCodes, [], api);
      const unknown = checks.filter(({ state }) => state === 'unknown');
      assert.equal(unknown.length > 0, api !== 'openidconnect', `${api}: ${JSON.stringify(unknown)}`);
      fake.project.broken.clear();
    }
  }
  fake.project.quotaInfos = [];
  const { of } = await run();
  assert.deepEqual(
    of('quota-cpu').map(({ state }) => state),
    ['unknown'],
  );
});

test('the table shows states, and says what to do below', async () => {
  fake.project.permissions.clear();
  fake.project.broken.set('orgpolicy', SERVICE_DISABLED);
  const { printed } = await run({ format: 'table' });
  assert.match(printed, /^state +what +found\nok +docker +29\.7\.1\n/);
  assert.match(printed, /\nproblem +permissions +missing logging/);
  assert.match(printed, /\ncannot be told +policy run\.managed\.requireInvokerIam +The API has not been used/);
  assert.match(printed, /\nproblem: permissions: missing [\s\S]*roles\/logging\.viewer and roles\/run\.admin/);
  assert.match(printed, /\n\d+ ok, 1 problems, 1 cannot be told\n$/);
});

test('tokens go to no address in clear text', async () => {
  const env = { CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM: 'http://iam.example' };
  const project = createCloudProject({ project: 'p', env, headers: async () => ({}) });
  await assert.rejects(project.accountPermissions('a@b', ['x']), { code: 'endpoint-unsafe' });
});

test('a benchmark in the cloud tells all that is missing before it builds or deploys anything', async () => {
  const workspace = newWorkspace();
  const google = await startGoogleFake();
  try {
    const { project } = fake;
    project.token = undefined;
    project.permissions.delete('run.services.create');
    project.apis.delete('logging.googleapis.com');
    project.broken.set('cloudquotas', SERVICE_DISABLED);
    const gcp = 'gcp: {project_id: my-project, region: europe-west1, artifact_registry: 127.0.0.1:1/perf}';
    writeFileSync(join(workspace.directory, 'cloudrun-perf.yaml'), `version: "1.0"\n${gcp}\n`);
    const what = ['--platform', 'cloudrun', '--manifest', TEMPLATE, '--impl', 'node-http', '--baseline', 'none'];
    const who = ['--workload-identity-provider', PROVIDER, '--service-account', ACCOUNT];
    const env = { ...google.env, ...fake.env, CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN: 'https://127.0.0.1:1' };
    const ended = await runTool(workspace, ['benchmark', ...what, ...who, '--verbose'], { env });
    const text = `${ended.stdout}\n${ended.stderr}`;
    assert.equal(ended.code, 1, text);
    assert.match(text, /project my-project lacks 2 things that this run needs \[preflight-failed\]/);
    assert.match(text, /API logging\.googleapis\.com: not enabled\n +hint: Run: gcloud services enable/);
    assert.match(text, /permissions: missing run\.services\.create\n +hint: Grant roles\/run\.admin/);
    assert.match(text, /Cannot be told before the run/);
    assert.doesNotMatch(text, /building|deploying/i);
    google.state.provider.audiences = ['https://other.example'];
    const refused = await runTool(workspace, ['benchmark', ...what, ...who], { env });
    assert.match(refused.stderr, /\[identity-audience\]/);
    assert.deepEqual(
      google.state.handedOut.filter((token) => text.includes(token)),
      [],
    );
  } finally {
    await google.close();
    workspace.remove();
  }
});
