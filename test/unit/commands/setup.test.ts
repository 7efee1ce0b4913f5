import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { setup } from '../../../src/commands/setup.ts';
import { setupScript } from '../../../src/commands/setup-script.ts';
import { parseCliArgs } from '../../../src/config/cli-args.ts';
import type { Config } from '../../../src/config/config.ts';
import type { SetupRequest } from '../../../src/config/request.ts';
import { UsageError } from '../../../src/domain/errors.ts';
import { APIS, attributeCondition, BINDINGS, type GcpSetup, ROLES, TOPICS } from '../../../src/plan/gcp-setup.ts';
import { createFakeGcloud } from '../../helpers/fake-gcloud.ts';

const SETUP: GcpSetup = {
  project: 'my-project',
  region: 'us-central1',
  repository: 'org/services',
  repositoryId: '123456',
  ownerId: '77',
  bucket: 'my-project-cloudrun-perf',
  defaultBranch: 'main',
  environmentOnly: false,
};
const SCRIPT = setupScript(SETUP, '0.1.0');
const gcloud = createFakeGcloud();
after(() => gcloud.remove());

const fresh = () => {
  gcloud.setState({});
  gcloud.calls();
};
const reads = (call: readonly string[]) => call.includes('describe');

test('a new project gets everything, and a second run changes nothing', () => {
  fresh();
  const first = gcloud.run(SCRIPT);
  assert.equal(first.code, 0, first.stderr);
  const state = gcloud.state();
  assert.deepEqual(Object.keys(state.apis ?? {}).sort(), [...APIS].sort());
  const topicBindings = BINDINGS.filter(({ on }) => on === 'topics').length * (TOPICS.length - 1);
  assert.equal(Object.keys(state.bindings ?? {}).length, BINDINGS.length + topicBindings);
  for (const { id, permissions } of Object.values(ROLES))
    assert.equal(state[`iam roles/${id}`]?.['--permissions'], permissions.join(','));
  const provider = state['iam workload-identity-pools providers/github-123456'];
  assert.equal(provider?.['--attribute-condition'], attributeCondition(SETUP));
  assert.match(
    provider['--attribute-mapping'] ?? '',
    /^google\.subject=assertion\.repository_id \+ '\/' \+ assertion\.run_id,/,
  );
  assert.ok(state['storage buckets/my-project-cloudrun-perf']?.['--public-access-prevention']);

  gcloud.calls();
  const second = gcloud.run(SCRIPT);
  assert.equal(second.code, 0, second.stderr);
  assert.deepEqual(gcloud.state(), state);
  assert.deepEqual(
    gcloud.calls().filter((call) => call.some((word) => /^create/.test(word))),
    [],
  );
  assert.equal(second.stdout, first.stdout);
});

test('it says what to put into the variables of the repository', () => {
  fresh();
  const { stdout } = gcloud.run(SCRIPT);
  const provider = 'projects/1234567890/locations/global/workloadIdentityPools/cloudrun-perf/providers/github-123456';
  assert.match(stdout, /gh variable set GCP_PROJECT_ID --repo org\/services --body my-project\n/);
  assert.ok(stdout.includes(`gh variable set GCP_WORKLOAD_IDENTITY_PROVIDER --repo org/services --body ${provider}\n`));
  assert.match(stdout, /GCP_SERVICE_ACCOUNT .*--body cloudrun-perf-runner@my-project\.iam\.gserviceaccount\.com\n/);
  assert.match(stdout, /results_bucket: gs:\/\/my-project-cloudrun-perf/);
});

test('a dry run only reads', () => {
  fresh();
  const { code, stderr } = gcloud.run(SCRIPT, { DRY_RUN: '1' });
  assert.equal(code, 0, stderr);
  assert.deepEqual(gcloud.state(), {});
  const calls = gcloud.calls();
  assert.ok(calls.length > 8 && calls.every(reads), JSON.stringify(calls.filter((call) => !reads(call))));
  assert.ok((stderr.match(/^would run: gcloud /gm) ?? []).length > 15, stderr);
});

test('what was removed comes back, and what drifted too', () => {
  fresh();
  gcloud.run(SCRIPT);
  const state = gcloud.state();
  const damaged = structuredClone(state) as Record<string, Record<string, unknown>>;
  for (const key of ['iam roles/cloudrunPerfRunner', 'iam workload-identity-pools/cloudrun-perf'])
    damaged[key] = { ...damaged[key], deleted: true };
  damaged['iam workload-identity-pools providers/github-123456'] = { deleted: true };
  damaged['iam roles/cloudrunPerfImages'] = { '--permissions': 'run.services.delete' };
  damaged.bindings = {};
  gcloud.setState(damaged);
  const { code, stderr } = gcloud.run(SCRIPT);
  assert.equal(code, 0, stderr);
  const repaired = gcloud.state();
  assert.deepEqual(repaired.bindings, state.bindings);
  assert.equal(repaired['iam roles/cloudrunPerfImages']?.['--permissions'], ROLES.images.permissions.join(','));
  assert.deepEqual(
    Object.values(repaired).filter((entry) => 'deleted' in entry),
    [],
  );
});

test("it stops at a stranger's bucket, and without access", () => {
  fresh();
  gcloud.setState({ 'storage buckets/my-project-cloudrun-perf': { project: '999' } });
  const taken = gcloud.run(SCRIPT);
  assert.equal(taken.code, 1);
  assert.match(taken.stderr, /bucket my-project-cloudrun-perf belongs to the project 999/);
  assert.equal(gcloud.state().bindings, undefined);
  fresh();
  const elsewhere = gcloud.run(setupScript({ ...SETUP, project: 'other-project' }, '0.1.0'));
  assert.equal(elsewhere.code, 1);
  assert.deepEqual(gcloud.state(), {});
});

/** The condition is written in the part of CEL that JavaScript reads alike; a missing claim refuses in both. */
const accepts = (change: object, setupChange: Partial<GcpSetup> = {}): boolean => {
  const assertion = {
    repository: 'org/services',
    repository_id: '123456',
    repository_owner_id: '77',
    event_name: 'pull_request',
    ref: 'refs/pull/7/merge',
    job_workflow_ref: 'org/cloudrun-perf/.github/workflows/perf.yml@refs/tags/v1',
    ...change,
  };
  return runInNewContext(attributeCondition({ ...SETUP, ...setupChange }), { assertion }) as boolean;
};

test('which jobs the provider lets in', () => {
  const main = { ref: 'refs/heads/main' };
  const cases: readonly (readonly [string, boolean, object, Partial<GcpSetup>?])[] = [
    ['a pull request of an own branch', true, {}],
    ['a merge group', true, { event_name: 'merge_group', ref: 'refs/heads/gh-readonly-queue/main/pr-7' }],
    ['a push to main', true, { event_name: 'push', ...main }],
    ['a push to a branch', false, { event_name: 'push', ref: 'refs/heads/x' }],
    ['a schedule', true, { event_name: 'schedule', ...main }],
    ['started by hand on main', true, { event_name: 'workflow_dispatch', ...main }],
    ['started by hand on a branch', false, { event_name: 'workflow_dispatch', ref: 'refs/heads/x' }],
    ['a command in a comment, not approved', false, { event_name: 'issue_comment', ...main }],
    ['a command in a comment, approved', true, { event_name: 'issue_comment', ...main, environment: 'perf-cloud' }],
    ['approved for another environment', false, { event_name: 'issue_comment', ...main, environment: 'perf-cloud2' }],
    ['pull_request_target', false, { event_name: 'pull_request_target', ...main }],
    ['workflow_run', false, { event_name: 'workflow_run', ...main }],
    ['another repository of that name', false, { repository_id: '123457' }],
    ['the repository under a new name', false, { repository: 'other/services' }],
    ['the repository with another owner', false, { repository_owner_id: '78' }],
    ['another owner, when none is demanded', true, { repository_owner_id: '78' }, { ownerId: '78' }],
    ["a branch's own workflow", false, { job_workflow_ref: 'org/services/.github/workflows/x.yml@refs/pull/7/merge' }],
    ["main's own workflow", true, { job_workflow_ref: 'org/services/.github/workflows/x.yml@refs/heads/main' }],
    ['a reusable workflow of others', false, { job_workflow_ref: 'evil/w/.github/workflows/x.yml@refs/heads/main' }],
    ['a tool of a similar name', false, { job_workflow_ref: 'org/cloudrun-perf2/.github/workflows/perf.yml@v1' }],
    ['environments only, without one', false, {}, { environmentOnly: true }],
    ['environments only, with it', true, { environment: 'perf-cloud' }, { environmentOnly: true }],
    ['environments only, a push', false, { event_name: 'push', ...main }, { environmentOnly: true }],
  ];
  for (const [what, expected, claims, change] of cases) assert.equal(accepts(claims, change), expected, what);
  assert.ok(attributeCondition({ ...SETUP, defaultBranch: 'x'.repeat(100) }).length < 4096);
});

const line = (text: string) =>
  parseCliArgs(`setup --repository org/services --repository-id 123456 ${text}`.trim().split(' '));

test('options of setup', () => {
  assert.partialDeepStrictEqual(line(''), {
    command: 'setup',
    repositoryId: '123456',
    defaultBranch: 'main',
    environmentOnly: false,
  });
  assert.partialDeepStrictEqual(line('--owner-id 7 --bucket b-1 --default-branch release/x --environment-only'), {
    ownerId: '7',
    bucket: 'b-1',
    defaultBranch: 'release/x',
    environmentOnly: true,
  });
  const refused = [
    "--owner-id 7'",
    '--bucket a.b',
    '--bucket A1b',
    '--bucket $(id)',
    "--default-branch a'b",
    '--owner-id 07',
  ];
  for (const text of refused) assert.throws(() => line(text), { code: 'bad-option-value' }, text);
  for (const args of [
    ['--repository', "org/'x", '--repository-id', '1'],
    ['--repository', 'org/x/y', '--repository-id', '1'],
    ['--repository', 'org/x', '--repository-id', 'x'],
    ['--repository', 'org/x'],
    ['--repository-id', '1'],
  ])
    assert.throws(() => parseCliArgs(['setup', ...args]), { code: 'bad-option-value' }, args.join(' '));
});

test('a project and a region that cannot be used are refused', async () => {
  const printed: string[] = [];
  const ports = { tool: { version: '0.1.0' }, print: (text: string) => void printed.push(text) };
  const ask = (projectId: string | undefined, region: string) =>
    setup(
      line('') as SetupRequest,
      { gcp: { ...(projectId === undefined ? {} : { projectId }), region } } as Config,
      ports as never,
    );
  for (const [project, region, code] of [
    [undefined, 'us-central1', 'project-missing'],
    ['example.com:project', 'us-central1', 'setup-project'],
    ['$(touch x)', 'us-central1', 'setup-project'],
    ['my-project', '$(touch x)', 'setup-region'],
  ] as const)
    await assert.rejects(ask(project, region), (error) => error instanceof UsageError && error.code === code);
  assert.deepEqual(printed, []);
  await ask('my-project', 'europe-west1');
  assert.ok(printed.join('').startsWith('#!/usr/bin/env bash\n'));
  assert.match(printed.join(''), /\nregion=europe-west1\n/);
});
