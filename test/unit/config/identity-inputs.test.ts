import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readActionInputs } from '../../../src/config/action-inputs.ts';
import { parseCliArgs } from '../../../src/config/cli-args.ts';

const NAME = 'projects/123456789/locations/global/workloadIdentityPools/github/providers/perf-1';
const read = (inputs: Readonly<Record<string, string>>) => readActionInputs((name) => inputs[name] ?? '');
const provider = (value: string) => {
  const request = read({ 'workload-identity-provider': value });
  assert.ok('workloadIdentityProvider' in request);
  return request.workloadIdentityProvider;
};

test("the provider is known by its bare name, or by the forms that Google's pages show", () => {
  for (const prefix of ['', '//iam.googleapis.com/', 'https://iam.googleapis.com/']) {
    assert.equal(provider(`${prefix}${NAME}`), NAME);
  }
  const request = parseCliArgs(['cleanup', '--all', '--workload-identity-provider', NAME]);
  assert.ok('workloadIdentityProvider' in request && request.workloadIdentityProvider === NAME);
  assert.ok(!('workloadIdentityProvider' in read({})));
});

for (const wrong of [
  NAME.replace('123456789', 'my-project-1'),
  NAME.replace('/global/', '/us-central1/'),
  NAME.replace('/providers/perf-1', ''),
  NAME.replace('perf-1', 'Perf'),
  `${NAME}/extra`,
  'https://evil.example/projects/1',
  '$PROVIDER',
]) {
  test(`refused as a provider: ${wrong}`, () => {
    assert.throws(() => provider(wrong), { code: 'identity-provider-malformed', exitCode: 2 });
  });
}

test('a service account is an email of one', () => {
  for (const account of [
    'perf@my-project-1.iam.gserviceaccount.com',
    'perf@my-project-1.example.com.iam.gserviceaccount.com',
    '123-compute@developer.gserviceaccount.com',
    'my-project@appspot.gserviceaccount.com',
  ]) {
    const request = read({ 'service-account': account });
    assert.ok('serviceAccount' in request && request.serviceAccount === account);
  }
  for (const account of [
    'perf',
    'somebody@gmail.com',
    'a@b.gserviceaccount.com.evil.example',
    'a/../b@x.gserviceaccount.com',
  ]) {
    assert.throws(() => read({ 'service-account': account }), { code: 'bad-option-value' }, account);
  }
});
