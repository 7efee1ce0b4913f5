import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { googleAuth } from '../../../src/adapters/google/auth-client.ts';
import { createGoogleIdentity } from '../../../src/adapters/google/identity.ts';
import { createClock } from '../../../src/adapters/system/clock.ts';
import type { Logger } from '../../../src/ports/logger.ts';
import { githubToken } from '../../helpers/google-fake/services.ts';
import { holderOf } from '../../helpers/google-fake/state.ts';
import { ACCOUNT, PROVIDER, startGoogleFake } from '../../helpers/google-fake.ts';

const silent = () => undefined;
const logger: Logger = { debug: silent, info: silent, warn: silent, error: silent, progress: silent };
const google = await startGoogleFake();
const home = mkdtempSync(join(tmpdir(), 'default-credentials-'));
const secrets: string[] = [];

/** The metadata server of a machine at Google. */
let metadataCalls = 0;
const idToken = google.state.google.issue({ aud: 'a', exp: Math.floor(Date.now() / 1000) + 3600 });
const metadata = createServer((request, response) => {
  const url = request.url ?? '';
  response.setHeader('metadata-flavor', 'Google');
  if (url.includes('/token')) {
    metadataCalls += 1;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ access_token: `ya29.metadata${metadataCalls}`, expires_in: 300, token_type: 'x' }));
  } else if (url.includes('/identity')) response.end(idToken);
  else response.end('googleapis.com');
});
await new Promise<void>((resolve) => metadata.listen(0, '127.0.0.1', resolve));
after(async () => {
  await google.close();
  metadata.closeAllConnections();
  metadata.close();
  rmSync(home, { recursive: true });
});

/** Google's library reads the environment of the process. */
beforeEach(() => {
  for (const name of ['GOOGLE_APPLICATION_CREDENTIALS', 'GCE_METADATA_HOST', 'GOOGLE_CLOUD_PROJECT', 'APPDATA'])
    delete process.env[name];
  Object.assign(process.env, { HOME: home, METADATA_SERVER_DETECTION: 'none', NO_GCE_CHECK: 'true' });
});

const identityOf = (env: Record<string, string>, account?: string) => {
  for (const [name, value] of Object.entries(env)) process.env[name] = value;
  return createGoogleIdentity({
    env: { ...google.env, ...env },
    readFile: (path) => readFile(path, 'utf8'),
    clock: createClock(),
    logger,
    keepSecret: (secret) => void secrets.push(secret),
    signal: new AbortController().signal,
    ...(account === undefined ? {} : { account }),
  });
};

test('no credentials at all', async () => {
  await assert.rejects(identityOf({}).accessToken(), (error) => {
    assert.ok(error instanceof Error && 'code' in error && 'hint' in error);
    assert.equal(error.code, 'google-credentials-missing');
    assert.match(String(error.hint), /workload-identity-provider.*gcloud auth.*--platform local/);
    return true;
  });
});

test('credentials of another kind, a token of five minutes: the library exchanges it once for 30 calls', async () => {
  const { body } = githubToken(
    google.state,
    `Bearer ${google.state.requestToken}`,
    `https://iam.googleapis.com/${PROVIDER}`,
  );
  const tokenFile = join(home, 'token');
  writeFileSync(tokenFile, (body as { value: string }).value);
  const file = join(home, 'credentials.json');
  writeFileSync(
    file,
    JSON.stringify({
      type: 'external_account',
      audience: `//iam.googleapis.com/${PROVIDER}`,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${google.origin}/v1/token`,
      credential_source: { file: tokenFile },
    }),
  );
  const identity = identityOf({ GOOGLE_APPLICATION_CREDENTIALS: file });
  const tokens = new Set<string>();
  for (let call = 0; call < 30; call += 1) tokens.add(await identity.accessToken());
  assert.equal(tokens.size, 1);
  assert.equal(google.counts.sts, 1);
  const [token = ''] = tokens;
  assert.ok(secrets.includes(token));
  // The form in which the official clients take it.
  const headers = await googleAuth(identity).getRequestHeaders();
  assert.equal(headers.get('authorization'), `Bearer ${token}`);
  assert.equal(google.counts.sts, 1);
  await assert.rejects(identity.idToken('a'), { code: 'id-token-needs-account' });
  const account = identityOf({ GOOGLE_APPLICATION_CREDENTIALS: file }, ACCOUNT);
  assert.equal(holderOf(google.state, `Bearer ${await account.accessToken()}`), ACCOUNT);

  google.state.provider.enabled = false;
  await assert.rejects(identityOf({ GOOGLE_APPLICATION_CREDENTIALS: file }).accessToken(), (error) => {
    assert.ok(error instanceof Error && 'code' in error);
    assert.equal(error.code, 'google-credentials-refused');
    assert.match(error.message, /invalid_target/);
    assert.equal(error.cause, undefined);
    return true;
  });
});

test('a machine at Google: its metadata server gives access tokens and ID tokens', async () => {
  const host = `127.0.0.1:${(metadata.address() as AddressInfo).port}`;
  const identity = identityOf({ GCE_METADATA_HOST: host, METADATA_SERVER_DETECTION: 'assume-present' });
  delete process.env.NO_GCE_CHECK;
  const tokens = await Promise.all(Array.from({ length: 10 }, () => identity.accessToken()));
  assert.deepEqual([...new Set(tokens)], ['ya29.metadata1']);
  assert.equal(metadataCalls, 1);
  assert.equal(await identity.idToken('a'), idToken);
});
