import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TABLES, tables } from '../../../scripts/generate-terraform.ts';
import { imagePolicies, resultsLifecycle } from '../../../src/commands/setup-script.ts';
import {
  ACCOUNTS,
  ATTRIBUTE_MAPPING,
  BINDINGS,
  type CustomRole,
  defaultBucket,
  IMAGE_POLICIES,
  providerOf,
  ROLES,
  TOPICS,
} from '../../../src/plan/gcp-setup.ts';

const DIRECTORY = join(import.meta.dirname, '..', '..', '..', 'infra', 'terraform');
const FILES = readdirSync(DIRECTORY)
  .filter((name) => name.endsWith('.tf'))
  .map((name) => readFileSync(join(DIRECTORY, name), 'utf8'));
const TERRAFORM = FILES.join('\n');
const permissions = (Object.values(ROLES) as readonly CustomRole[]).flatMap((role) => role.permissions);

test('Terraform and the script are made of one table', () => {
  assert.equal(readFileSync(TABLES, 'utf8'), tables());
  const locals = Object.keys((JSON.parse(tables()) as { locals: [object] }).locals[0]);
  for (const name of locals) assert.match(TERRAFORM, new RegExp(`local\\.${name}\\b`), name);
  // Whatever is written into the files by hand could differ from the script.
  const settings = TERRAFORM.replaceAll(/^\s*(?:description|error_message)\s*=.*$|#.*$/gm, '');
  const quoted = [...settings.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? '');
  const byHand = quoted.filter((text) => /^roles\/.|^[a-z]+\.googleapis\.com$|^assertion\.|perf|Perf/.test(text));
  assert.deepEqual(byHand, [defaultBucket(`\${var.project_id}`)]);
});

test('Terraform grants on everything that the table names', () => {
  const kinds = ['project', 'images', 'results', 'topics'];
  for (const { on } of BINDINGS) assert.ok(kinds.includes(on) || on in ACCOUNTS, on);
  for (const kind of kinds) assert.ok(TERRAFORM.includes(`grant.on == "${kind}"`), kind);
  assert.match(TERRAFORM, /contains\(keys\(local\.accounts\), grant\.on\)/);
});

test('Terraform gives the three variables of the workflows, by their names', () => {
  for (const name of ['GCP_PROJECT_ID', 'GCP_WORKLOAD_IDENTITY_PROVIDER', 'GCP_SERVICE_ACCOUNT'])
    assert.match(TERRAFORM, new RegExp(`output "${name}"`));
});

test('policies of the script say what Terraform says', () => {
  assert.deepEqual(imagePolicies(), [
    { name: 'delete-old', action: { type: 'Delete' }, condition: { tagState: 'any', olderThan: '1209600s' } },
    { name: 'keep-recent', action: { type: 'Keep' }, mostRecentVersions: { keepCount: 5 } },
    {
      name: 'keep-tagged',
      action: { type: 'Keep' },
      condition: { tagState: 'tagged', tagPrefixes: IMAGE_POLICIES.keepTags },
    },
  ]);
  const ids = [...TERRAFORM.matchAll(/cleanup_policies \{\s+id\s+= "([^"]+)"\s+action = "([A-Z]+)"/g)];
  assert.deepEqual(
    ids.map(([, id, action]) => [id, action]),
    [
      ['delete-old', 'DELETE'],
      ['keep-recent', 'KEEP'],
      ['keep-tagged', 'KEEP'],
    ],
  );
  assert.doesNotMatch(TERRAFORM, /immutable_tags/);
  assert.match(JSON.stringify(resultsLifecycle()), /"age":180,"matchesPrefix":\["comparisons\/","runs\/"\]/);
  assert.match(JSON.stringify(resultsLifecycle()), /"AbortIncompleteMultipartUpload"},"condition":{"age":7}/);
  assert.match(TERRAFORM, /"AbortIncompleteMultipartUpload"\s+}\s+condition {\s+age = 7\n/);
});

test('rights are few: no role of an administrator, and nothing that gives rights to others', () => {
  const roles = BINDINGS.map(({ role }) => role);
  const google = roles.filter((role) => role.startsWith('roles/'));
  assert.deepEqual([...new Set(google)].sort(), [
    'roles/iam.serviceAccountOpenIdTokenCreator',
    'roles/iam.serviceAccountUser',
    'roles/iam.workloadIdentityUser',
    'roles/pubsub.publisher',
  ]);
  // The one exception is what Google demands for services without an invoker check.
  const dangerous = permissions.filter((name) => /setIamPolicy|iam\.|actAs|\*|keys|projects\.(?!get)/i.test(name));
  assert.deepEqual(dangerous, ['run.services.setIamPolicy']);
  for (const { permissions } of Object.values(ROLES))
    assert.deepEqual([...permissions], [...new Set(permissions)].sort());
  assert.deepEqual(
    BINDINGS.filter(({ member }) => member === 'runtime'),
    [{ member: 'runtime', role: 'roles/pubsub.publisher', on: 'topics' }],
  );
  assert.deepEqual(
    BINDINGS.filter(({ role }) => role === 'roles/iam.serviceAccountUser').map(({ on }) => on),
    ['runtime', 'load'],
  );
  assert.ok(!(ROLES.load.permissions as readonly string[]).includes('storage.objects.delete'));
});

test('names and mapped values keep the limits of Google', () => {
  for (const { id } of Object.values(ACCOUNTS)) assert.match(id, /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/);
  for (const { id } of Object.values(ROLES)) assert.match(id, /^[A-Za-z0-9_.]{3,64}$/);
  assert.match(providerOf({ repositoryId: '9'.repeat(18) }), /^[a-z0-9-]{4,32}$/);
  for (const topic of TOPICS) assert.match(topic, /^perf-[a-z-]+$/);
  // Of these claims none grows with names of branches or repositories.
  const claims = Object.values(ATTRIBUTE_MAPPING).flatMap((text) => [...text.matchAll(/assertion\.(\w+)/g)]);
  assert.deepEqual(new Set(claims.map(([, claim]) => claim)), new Set(['repository_id', 'run_id', 'event_name']));
});
