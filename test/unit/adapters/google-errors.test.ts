import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { googleEndpoints } from '../../../src/adapters/google/endpoints.ts';
import type { IdentityOptions } from '../../../src/adapters/google/identity.ts';
import { withoutTokens } from '../../../src/adapters/google/secrets.ts';
import { formatError, PerfError } from '../../../src/domain/errors.ts';
import { type Bench, startBench } from '../../helpers/google-fake/client.ts';
import { ACCOUNT, type GoogleFake, PLANTED, PROVIDER } from '../../helpers/google-fake.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.close());

const OTHER = 'projects/123456789/locations/global/workloadIdentityPools/github/providers/other';

interface Case {
  readonly title: string;
  readonly set?: (google: GoogleFake) => void;
  readonly options?: (google: GoogleFake) => Partial<IdentityOptions>;
  readonly code: string;
  readonly message: RegExp;
  readonly hint: RegExp;
  /** Whether the answer may come from a set-up that has not spread yet. */
  readonly spreads?: boolean;
}

const CASES: readonly Case[] = [
  {
    title: 'a job without id-token: write',
    options: () => ({ env: {} }),
    code: 'id-token-permission',
    message: /ACTIONS_ID_TOKEN_REQUEST_URL is not set/,
    hint: /id-token: write.*fork/,
  },
  {
    title: 'an endpoint of GitHub in clear text',
    options: () => ({
      env: { ACTIONS_ID_TOKEN_REQUEST_URL: 'http://github.example/x', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x' },
    }),
    code: 'github-oidc-refused',
    message: /no https address/,
    hint: /only the runner/,
  },
  {
    title: 'a request token of another job',
    options: ({ env }) => ({ env: { ...env, ACTIONS_ID_TOKEN_REQUEST_TOKEN: `stale-${PLANTED}` } }),
    code: 'github-oidc-refused',
    message: /GitHub's OIDC service answered 401/,
    hint: /still be running/,
  },
  {
    title: 'a provider that does not exist',
    options: () => ({ provider: OTHER }),
    code: 'identity-provider-unknown',
    message: /does not exist, or it or its pool is disabled \(projects\/123456789.*providers\/other\)/,
    hint: /5 minutes/,
    spreads: true,
  },
  {
    title: 'a provider that is disabled',
    set: ({ state }) => {
      state.provider.enabled = false;
    },
    code: 'identity-provider-unknown',
    message: /invalid_target/,
    hint: /providers list/,
    spreads: true,
  },
  {
    title: 'a name that Google does not take',
    options: () => ({ provider: 'projects/my-project/locations/global/workloadIdentityPools/p/providers/q' }),
    code: 'identity-provider-unknown',
    message: /Invalid value for \\"audience/,
    hint: /number of the project/,
  },
  {
    title: 'another branch than the condition wants',
    set: ({ state }) => {
      state.claims = { ...state.claims, ref: 'refs/heads/other' };
    },
    code: 'identity-condition',
    message: /attribute condition of the provider does not accept this job/,
    hint: /repository, branch, event.*5 minutes/,
    spreads: true,
  },
  {
    title: 'an audience that the provider does not allow',
    set: ({ state }) => {
      state.provider.audiences = ['https://somebody.example'];
    },
    code: 'identity-audience',
    message: /does not match the expected audience https:\/\/somebody\.example/,
    hint: /allowed audiences/,
  },
  {
    title: 'another issuer',
    set: ({ state }) => {
      state.provider.issuer = 'https://github.example/_services/token';
    },
    code: 'identity-issuer',
    message: /issuer/,
    hint: /token\.actions\.githubusercontent\.com/,
  },
  {
    title: 'a signature by an unknown key',
    set: ({ state }) => state.github.loseKey(),
    code: 'identity-issuer',
    message: /Invalid JWT signature in \*\*\*/,
    hint: /issuer of the provider/,
  },
  {
    title: 'a branch name that is too long for the mapping',
    set: ({ state }) => {
      state.claims = { ...state.claims, sub: `repo:org/service:ref:refs/heads/${'x'.repeat(120)}` };
    },
    code: 'identity-mapping',
    message: /127 bytes/,
    hint: /assertion\.repository_id/,
  },
  {
    title: 'an issuer whose clock is wrong',
    set: (google) => {
      const issue = google.state.github.issue;
      const late = (value: unknown) => Number(value) + 3600;
      Object.assign(google.state.github, {
        issue: (claims: Parameters<typeof issue>[0]) =>
          issue({ ...claims, iat: late(claims.iat), exp: late(claims.exp) }),
      });
    },
    code: 'clock-skew',
    message: /stale to sign-in/,
    hint: /clock/,
  },
  {
    title: 'a service account that may not be used',
    set: ({ state }) => void state.accounts.set(ACCOUNT, new Set()),
    options: () => ({ account: ACCOUNT }),
    code: 'impersonation-denied',
    message: /iam\.serviceAccounts\.getAccessToken/,
    hint: /roles\/iam\.workloadIdentityUser.*5 minutes/,
    spreads: true,
  },
  {
    title: 'a service account that does not exist',
    options: () => ({ account: 'nobody@my-project-1.iam.gserviceaccount.com' }),
    code: 'service-account-unknown',
    message: /no service account nobody@/,
    hint: /service-accounts list.*5 minutes/,
    spreads: true,
  },
  {
    title: 'an API that is off',
    set: ({ state }) => {
      state.iamApiEnabled = false;
    },
    options: () => ({ account: ACCOUNT }),
    code: 'iam-api-disabled',
    message: /has not been used in project/,
    hint: /gcloud services enable iamcredentials/,
    spreads: true,
  },
  {
    title: 'a federated token that IAM does not take',
    set: ({ state }) => {
      state.federatedSeconds = 0.001;
      const now = state.nowMs;
      state.nowMs = () => now() + 1000 * state.opaque.length;
    },
    options: () => ({ account: ACCOUNT }),
    code: 'impersonation-failed',
    message: /answered 401/,
    hint: /gcp-auth\.md/,
  },
  {
    title: 'an answer without a token',
    set: (google) => google.script('sts', { status: 200, body: { hello: 'login page' } }),
    code: 'token-service-answer',
    message: /Security Token Service answered 200 without a token/,
    hint: /proxy/,
  },
  {
    title: 'a service that is down',
    set: (google) => google.script('sts', ...Array.from({ length: 9 }, () => ({ status: 503, body: {} }))),
    code: 'token-service-unreachable',
    message: /answered 503/,
    hint: /network/,
  },
  {
    title: 'a network that drops connections',
    set: (google) => google.script('github', ...Array.from({ length: 9 }, () => 'drop' as const)),
    code: 'token-service-unreachable',
    message: /GitHub's OIDC service gave no answer/,
    hint: /proxy/,
  },
];

describe('each step of the way has an error of its own', () => {
  for (const { title, set, options, code, message, hint, spreads = false } of CASES) {
    test(title, async () => {
      set?.(bench.google);
      const identity = bench.identity({ provider: PROVIDER, ...options?.(bench.google) });
      const error = await identity.accessToken().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof PerfError, String(error));
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.match(error.hint ?? '', hint);
      assert.equal(error.cause, undefined, 'a cause would carry the request');
      const waitedMs = bench.clock.monotonicMs();
      assert.equal(waitedMs > 30_000 && waitedMs < 60_000, spreads, `waited ${waitedMs} ms`);
      assert.equal(
        bench.lines.some((line) => line.includes('in case the set-up was just changed')),
        spreads,
      );
      const said = [formatError(error), JSON.stringify(error), error.stack, ...bench.lines].join('\n');
      const { handedOut, requestToken } = bench.google.state;
      const found = [PLANTED, requestToken, ...handedOut].filter((secret) => said.includes(secret));
      assert.deepEqual(found, [], said);
    });
  }
});

test('what spreads within the minute is not an error', async () => {
  const { google, clock } = bench;
  google.state.accounts.set(ACCOUNT, new Set());
  const identity = bench.identity({ provider: PROVIDER, account: ACCOUNT });
  const sleep = clock.sleep.bind(clock);
  let waits = 0;
  clock.sleep = async (durationMs, signal) => {
    waits += 1;
    if (waits === 4) google.state.accounts.get(ACCOUNT)?.add('principal:repo:org/service:ref:refs/heads/main');
    await sleep(durationMs, signal);
  };
  assert.match(await identity.accessToken(), /^ya29\./);
  assert.equal(google.counts.accessToken, 5);
});

test('a failure of the moment is asked again, and a refusal for good is not', async () => {
  bench.google.script('github', 'drop', { status: 502, body: {} });
  bench.google.script('sts', { status: 429, body: {} });
  assert.match(await bench.identity({ provider: PROVIDER }).accessToken(), /^ya29\./);
  assert.deepEqual([bench.google.counts.github, bench.google.counts.sts], [3, 2]);
  bench.google.state.provider.issuer = 'https://other.example';
  await assert.rejects(bench.identity({ provider: PROVIDER }).accessToken(), { code: 'identity-issuer' });
  assert.equal(bench.google.counts.sts, 3);
});

test('a skew of this machine is told where it may matter', async () => {
  bench.clock.skewMs = -600_000;
  bench.google.state.provider.issuer = 'https://other.example';
  await assert.rejects(
    bench.identity({ provider: PROVIDER }).accessToken(),
    /the clock of this machine is 600 s behind Google's/,
  );
});

test('texts of strangers lose everything that looks like a token', () => {
  const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl';
  assert.equal(withoutTokens(`bad ${jwt} and ya29.a0AfH6SMBx-y_z and\n\nown`, ['own']), 'bad *** and *** and ***');
  assert.equal(withoutTokens('x'.repeat(900), []).length, 500);
});

test("Google's services are at the public addresses, or where gcloud's variables say, never in clear text", () => {
  assert.deepEqual(googleEndpoints({}), {
    sts: 'https://sts.googleapis.com',
    iamCredentials: 'https://iamcredentials.googleapis.com',
  });
  const name = 'CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN';
  assert.equal(
    googleEndpoints({ [name]: 'https://run-psc.p.googleapis.com/' }).run,
    'https://run-psc.p.googleapis.com',
  );
  for (const unsafe of ['http://run.example/', 'run.googleapis.com', 'https://user:word@run.example/', 'ftp://x']) {
    assert.throws(() => googleEndpoints({ [name]: unsafe }), { code: 'endpoint-unsafe' });
  }
});
