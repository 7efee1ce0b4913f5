import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Profile } from '../../../src/domain/profile.ts';
import { BUCKET_PERMISSIONS, cloudNeeds, REGISTRY_PERMISSIONS } from '../../../src/plan/cloud-needs.ts';
import { APIS, type CustomRole, ROLES } from '../../../src/plan/gcp-setup.ts';

test('what doctor asks for is granted, and switched on', () => {
  const { apis, permissions: wanted } = cloudNeeds({
    artifactRegistry: 'us-central1-docker.pkg.dev/my-project/cloudrun-perf',
    resultsBucket: 'gs://b',
    profiles: [{ cpu: '1', memory: '512Mi', maxInstances: 1 } as Profile],
    jobs: 1,
    impersonates: true,
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
