import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { type Bench, startBench } from '../../helpers/google-fake/client.ts';
import { verified } from '../../helpers/google-fake/jwt.ts';
import { holderOf } from '../../helpers/google-fake/state.ts';
import { ACCOUNT, PROVIDER } from '../../helpers/google-fake.ts';

const SUBJECT = 'principal:repo:org/service:ref:refs/heads/main';
const HOUR_MS = 3_600_000;
let bench: Bench;

beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.close());

const holder = (token: string) => holderOf(bench.google.state, `Bearer ${token}`);
const exchanges = () => {
  const { github, sts, accessToken, idToken } = bench.google.counts;
  return { github, sts, accessToken, idToken };
};

test('direct access: one exchange serves 40 callers at once and all later ones, until shortly before the end', async () => {
  const identity = bench.identity({ provider: PROVIDER });
  const tokens = await Promise.all(Array.from({ length: 40 }, () => identity.accessToken()));
  assert.equal(new Set(tokens).size, 1);
  assert.equal(holder(tokens[0] ?? ''), SUBJECT);
  // The library would exchange a token of 300 s again at each of these.
  for (let second = 0; second < 239; second += 1) {
    bench.clock.pass(1000);
    assert.equal(await identity.accessToken(), tokens[0]);
  }
  assert.deepEqual(exchanges(), { github: 1, sts: 1, accessToken: 0, idToken: 0 });
  bench.clock.pass(2000);
  const renewed = await Promise.all(Array.from({ length: 40 }, () => identity.accessToken()));
  assert.notEqual(renewed[0], tokens[0]);
  assert.equal(new Set(renewed).size, 1);
  assert.deepEqual(exchanges(), { github: 2, sts: 2, accessToken: 0, idToken: 0 });
});

test('as a service account: one exchange an hour, and each token is valid when it is given', async () => {
  const identity = bench.identity({ provider: PROVIDER, account: ACCOUNT });
  for (let minute = 0; minute < 180; minute += 1) {
    assert.equal(holder(await identity.accessToken()), ACCOUNT);
    bench.clock.pass(60_000);
  }
  const { accessToken } = exchanges();
  assert.ok(accessToken === 3 || accessToken === 4, `${accessToken} tokens in three hours`);
  assert.equal(exchanges().github, accessToken);
});

test('credentials that google-github-actions/auth left, direct and as a service account', async () => {
  const { google } = bench;
  const file = (impersonation: object) =>
    JSON.stringify({
      universe_domain: 'googleapis.com',
      type: 'external_account',
      audience: `//iam.googleapis.com/${PROVIDER}`,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${google.origin}/v1/token`,
      credential_source: {
        url: `${google.origin}/oidc?api-version=2.0&audience=${encodeURIComponent(`https://iam.googleapis.com/${PROVIDER}`)}`,
        headers: { Authorization: `Bearer ${google.state.requestToken}` },
        format: { type: 'json', subject_token_field_name: 'value' },
      },
      ...impersonation,
    });
  const env = { GOOGLE_APPLICATION_CREDENTIALS: '/workspace/gha-creds-00.json' };
  const url = `${google.origin}/v1/projects/-/serviceAccounts/${ACCOUNT}:generateAccessToken`;
  const cases = [
    { text: file({}), expected: SUBJECT },
    { text: file({ service_account_impersonation_url: url }), expected: ACCOUNT },
  ];
  for (const { text, expected } of cases) {
    const identity = bench.identity({ env, readFile: async () => text });
    assert.equal(holder(await identity.accessToken()), expected);
    bench.clock.pass(2 * HOUR_MS);
    assert.equal(holder(await identity.accessToken()), expected);
  }
  const clear = file({}).replace(`${google.origin}/v1/token`, 'http://token.example/v1/token');
  for (const [text, expected] of [
    [clear, /names an address that is not https/],
    ['{', /it is no JSON/],
    [JSON.stringify({ type: 'external_account', credential_source: { url: 'https://x' } }), /lacks audience/],
  ] as const) {
    await assert.rejects(bench.identity({ env, readFile: async () => text }).accessToken(), (error) => {
      assert.ok(error instanceof Error && 'code' in error);
      assert.equal(error.code, 'credentials-file-invalid');
      assert.match(error.message, expected);
      return true;
    });
  }
});

test('ID tokens: one for each audience and hour, signed, for that audience, not for a federated identity', async () => {
  const identity = bench.identity({ provider: PROVIDER, account: ACCOUNT });
  const [one, two] = await Promise.all([identity.idToken('cloudrun-perf'), identity.idToken('cloudrun-perf')]);
  assert.equal(one, two);
  const claims = verified(one ?? '', bench.google.state.google.jwks());
  assert.equal(claims?.aud, 'cloudrun-perf');
  assert.equal(claims?.email, ACCOUNT);
  await identity.idToken('another');
  assert.equal(exchanges().idToken, 2);
  bench.clock.pass(HOUR_MS - 61_000);
  assert.equal(await identity.idToken('cloudrun-perf'), one);
  bench.clock.pass(2_000);
  const later = verified(await identity.idToken('cloudrun-perf'), bench.google.state.google.jwks());
  assert.ok(Number(later?.exp) * 1000 > bench.clock.epochMs() + HOUR_MS - 2_000);
  assert.equal(exchanges().idToken, 3);
  await assert.rejects(bench.identity({ provider: PROVIDER }).idToken('x'), { code: 'id-token-needs-account' });
});

test('ID tokens are renewed by their own end, not by an assumed hour', async () => {
  bench.google.state.idTokenSeconds = 600;
  const identity = bench.identity({ provider: PROVIDER, account: ACCOUNT });
  for (let minute = 0; minute < 60; minute += 1) {
    const claims = verified(await identity.idToken('a'), bench.google.state.google.jwks());
    assert.ok(Number(claims?.exp) * 1000 > bench.clock.epochMs());
    bench.clock.pass(60_000);
  }
  assert.ok(exchanges().idToken <= 7, `${exchanges().idToken} ID tokens in an hour`);
});

test('a clock that is hours off does not matter: ends are counted from the issuer', async () => {
  for (const skewMs of [-5 * HOUR_MS, 5 * HOUR_MS]) {
    bench.clock.skewMs = skewMs;
    const before = exchanges();
    const identity = bench.identity({ provider: PROVIDER, account: ACCOUNT });
    for (let minute = 0; minute < 50; minute += 1) {
      assert.equal(holder(await identity.accessToken()), ACCOUNT);
      bench.clock.pass(60_000);
    }
    assert.equal(exchanges().accessToken - before.accessToken, 1);
  }
});

test('a token whose life is not told is not kept for ever', async () => {
  bench.google.state.federatedSeconds = undefined;
  const identity = bench.identity({ provider: PROVIDER });
  for (let minute = 0; minute < 10; minute += 1) {
    assert.equal(holder(await identity.accessToken()), SUBJECT);
    bench.clock.pass(60_000);
  }
  assert.ok(exchanges().sts >= 2 && exchanges().sts <= 4);
});

test('very short tokens are used for most of their life, and never after it', async () => {
  bench.google.state.federatedSeconds = 20;
  const identity = bench.identity({ provider: PROVIDER });
  for (let second = 0; second < 60; second += 1) {
    assert.equal(holder(await identity.accessToken()), SUBJECT);
    bench.clock.pass(1000);
  }
  assert.equal(exchanges().sts, 4);
});

test('a renewal that fails is not felt while the old token is good, and told afterwards', async () => {
  const identity = bench.identity({ provider: PROVIDER });
  const first = await identity.accessToken();
  bench.clock.pass(245_000);
  bench.google.script('sts', { status: 403, body: {} });
  assert.equal(await identity.accessToken(), first);
  const asked = exchanges().sts;
  assert.equal(await identity.accessToken(), first);
  assert.equal(exchanges().sts, asked, 'not asked again at every call');
  bench.clock.pass(60_000);
  bench.google.script('sts', { status: 403, body: {} });
  await assert.rejects(identity.accessToken(), { code: 'identity-refused' });
  assert.equal(holder(await identity.accessToken()), SUBJECT);
});

test('after a cancellation tokens are given, for cleaning up, and nothing is waited for', async () => {
  const identity = bench.identity({ provider: PROVIDER, signal: AbortSignal.abort() });
  assert.equal(holder(await identity.accessToken()), SUBJECT);
  bench.google.state.provider.condition = () => false;
  const before = bench.clock.monotonicMs();
  await assert.rejects(bench.identity({ provider: PROVIDER, signal: AbortSignal.abort() }).accessToken(), {
    code: 'identity-condition',
  });
  assert.equal(bench.clock.monotonicMs(), before);
});

test('every token is kept as a secret before it is used', async () => {
  const identity = bench.identity({ provider: PROVIDER, account: ACCOUNT });
  await identity.accessToken();
  await identity.idToken('a');
  const missed = [...bench.google.state.handedOut, bench.google.state.requestToken].filter(
    (token) => !bench.secrets.includes(token),
  );
  assert.deepEqual(missed, []);
});
