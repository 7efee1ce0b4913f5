import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Profile } from '../../../src/domain/profile.ts';
import { BUCKET_PERMISSIONS, cloudNeeds, REGISTRY_PERMISSIONS, rolesFor } from '../../../src/plan/cloud-needs.ts';
import { ACCOUNTS, APIS, accountEmail, BINDINGS, type CustomRole, ROLES } from '../../../src/plan/gcp-setup.ts';

test('what doctor asks for is granted, and switched on', () => {
  const { apis, permissions: wanted } = cloudNeeds({
    artifactRegistry: 'us-central1-docker.pkg.dev/my-project/cloudrun-perf',
    resultsBucket: 'gs://b',
    profiles: [{ cpu: '1', memory: '512Mi', maxInstances: 1 } as Profile],
    jobs: 1,
    impersonates: true,
    privateServices: true,
    load: { serviceAccount: accountEmail('load', 'my-project') },
  });
  for (const api of apis) assert.ok((APIS as readonly string[]).includes(api), api);
  const has = (role: CustomRole, names: readonly string[]) =>
    assert.deepEqual(
      names.filter((name) => !role.permissions.includes(name)),
      [],
    );
  has(ROLES.runner, wanted);
  has(ROLES.images, REGISTRY_PERMISSIONS);
  has(ROLES.results, BUCKET_PERMISSIONS);
});

test('Cloud Monitoring is not read, so no right to it is granted: an empty series would say nothing', () => {
  const granted = (Object.values(ROLES) as readonly CustomRole[]).flatMap(({ permissions }) => permissions);
  const roles = BINDINGS.map(({ role }) => role);
  for (const name of [...APIS, ...granted, ...roles]) assert.doesNotMatch(name, /monitoring/);
});

test('rights for private services and for jobs are asked for only where there are such', () => {
  const input = { profiles: [{ cpu: '1', memory: '512Mi', maxInstances: 1 } as Profile], jobs: 1 };
  const of = (more: Partial<Parameters<typeof cloudNeeds>[0]>) => cloudNeeds({ ...input, ...more });
  const { permissions: fewest, ...plain } = of({});
  assert.ok(!('loadAccount' in plain));
  const more = (changes: Parameters<typeof of>[0]) => of(changes).permissions.filter((name) => !fewest.includes(name));
  assert.deepEqual(more({ privateServices: true }), ['run.routes.invoke']);
  const forJobs = more({ load: {} });
  assert.ok(forJobs.includes('run.jobs.runWithOverrides') && forJobs.includes('run.executions.cancel'));
  assert.ok(forJobs.every((name) => /^run\.(?:jobs|executions|tasks)\./.test(name)));
  assert.equal(of({ load: {} }).loadAccount, '');
  assert.equal(of({ load: { serviceAccount: 'l@p' } }).loadAccount, 'l@p');
  assert.deepEqual(rolesFor(['run.routes.invoke', 'run.jobs.run']), ['roles/run.invoker', 'roles/run.admin']);
});

test('the account of load may call private services, read its plan and add to the results, and no more', () => {
  const roles = BINDINGS.filter(({ member }) => member === 'load').map(({ role, on }) => `${role} on ${on}`);
  assert.deepEqual(roles, ['load on results', 'invoke on project']);
  assert.deepEqual(ROLES.invoke.permissions, ['run.routes.invoke']);
  assert.ok(ROLES.runner.permissions.includes('run.routes.invoke'), 'private services are called by the runner too');
  // Jobs are created in the name of the account that their tasks have.
  const actsAs = BINDINGS.filter(({ role }) => role === 'roles/iam.serviceAccountUser');
  assert.ok(actsAs.some(({ member, on }) => member === 'runner' && on === 'load'));
  assert.ok('load' in ACCOUNTS);
});
