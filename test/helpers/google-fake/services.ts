import { verified } from './jwt.ts';
import { type GoogleState, holderOf, issueOpaque, PLANTED, principalOf } from './state.ts';

export interface FakeAnswer {
  readonly status: number;
  readonly body: object;
}

const ok = (body: object): FakeAnswer => ({ status: 200, body });
const oauthError = (error: string, description: string): FakeAnswer => ({
  status: 400,
  body: { error, error_description: description },
});
const apiError = (status: number, name: string, message: string): FakeAnswer => ({
  status,
  body: { error: { code: status, message, status: name } },
});

const OIDC_SECONDS = 300;
/** Google allows the clocks of issuers to differ by so much. */
const SKEW_S = 60;

/** GitHub's own endpoint: a token for this job and the audience that is asked for. */
export function githubToken(state: GoogleState, authorization: string | undefined, audience: string): FakeAnswer {
  if (authorization?.toLowerCase() !== `bearer ${state.requestToken}`.toLowerCase()) {
    return { status: 401, body: { message: `no such token: ${authorization}` } };
  }
  const issuedAt = Math.floor(state.nowMs() / 1000);
  const iss = 'https://token.actions.githubusercontent.com';
  const value = state.github.issue({
    ...state.claims,
    iss,
    aud: audience,
    iat: issuedAt,
    nbf: issuedAt,
    exp: issuedAt + OIDC_SECONDS,
    jti: `${state.handedOut.length}-${PLANTED}`,
  });
  state.handedOut.push(value);
  return ok({ count: 1, value });
}

/** `POST /v1/token` of the Security Token Service, with Google's own words. */
export function exchange(state: GoogleState, form: URLSearchParams): FakeAnswer {
  const { provider } = state;
  const wanted = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    scope: 'https://www.googleapis.com/auth/cloud-platform',
  };
  for (const [name, value] of Object.entries(wanted)) {
    if (form.get(name) !== value) return oauthError('invalid_request', `Invalid value for "${name}".`);
  }
  const audience = form.get('audience') ?? '';
  if (
    !/^\/\/iam\.googleapis\.com\/projects\/\d+\/locations\/global\/workloadIdentityPools\/[^/]+\/providers\/[^/]+$/.test(
      audience,
    )
  )
    return oauthError(
      'invalid_request',
      'Invalid value for "audience". This value should be the full resource name of the Identity Provider.',
    );
  if (audience !== `//iam.googleapis.com/${provider.name}` || !provider.enabled)
    return oauthError(
      'invalid_target',
      'The target service indicated by the "audience" parameters is invalid. This might either be because the pool or provider is disabled or deleted or because it doesn\'t exist.',
    );
  const token = form.get('subject_token') ?? '';
  const claims = verified(token, state.github.jwks());
  if (claims === undefined) return oauthError('invalid_grant', `Invalid JWT signature in ${token}.`);
  const now = state.nowMs() / 1000;
  if (claims.iss !== provider.issuer)
    return oauthError('invalid_grant', 'The issuer in ID Token does not match the expected ones.');
  if (!provider.audiences.includes(String(claims.aud)))
    return oauthError(
      'invalid_grant',
      `The audience in ID Token [${claims.aud}] does not match the expected audience ${provider.audiences[0]}.`,
    );
  if (Number(claims.exp) < now - SKEW_S || Number(claims.iat) > now + SKEW_S)
    return oauthError('invalid_grant', `ID Token issued at ${claims.iat} is stale to sign-in.`);
  if (String(claims.sub).length > 127)
    return oauthError('invalid_request', 'The size of mapped attribute google.subject exceeds the 127 bytes limit.');
  if (!provider.condition(claims))
    return oauthError('unauthorized_client', 'The given credential is rejected by the attribute condition.');
  const seconds = state.federatedSeconds;
  const issued = issueOpaque(state, principalOf(claims), seconds ?? OIDC_SECONDS);
  return ok({
    access_token: issued.value,
    issued_token_type: wanted.requested_token_type,
    token_type: 'Bearer',
    ...(seconds === undefined ? {} : { expires_in: seconds }),
  });
}

/** `generateAccessToken` and `generateIdToken` of the IAM Service Account Credentials API. */
export function credentialsOf(
  state: GoogleState,
  authorization: string | undefined,
  account: string,
  method: string,
  body: Readonly<Record<string, unknown>>,
): FakeAnswer {
  const holder = holderOf(state, authorization);
  if (holder === undefined)
    return apiError(401, 'UNAUTHENTICATED', `Request had invalid authentication credentials: ${authorization}`);
  if (!state.iamApiEnabled)
    return apiError(
      403,
      'PERMISSION_DENIED',
      'IAM Service Account Credentials API has not been used in project 123456789 before or it is disabled.',
    );
  const members = state.accounts.get(account);
  if (members === undefined) return apiError(404, 'NOT_FOUND', `Not found; Gaia id not found for email ${account}`);
  if (!members.has(holder)) {
    const permission = method === 'generateIdToken' ? 'getOpenIdToken' : 'getAccessToken';
    return apiError(
      403,
      'PERMISSION_DENIED',
      `Permission 'iam.serviceAccounts.${permission}' denied on resource (or it may not exist).`,
    );
  }
  if (method === 'generateAccessToken') {
    if (!Array.isArray(body.scope) || body.lifetime !== '3600s')
      return apiError(400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.');
    const { value, expiresAtMs } = issueOpaque(state, account, state.accountSeconds);
    return ok({ accessToken: value, expireTime: new Date(expiresAtMs).toISOString() });
  }
  const issuedAt = Math.floor(state.nowMs() / 1000);
  const token = state.google.issue({
    iss: 'https://accounts.google.com',
    aud: String(body.audience),
    email: account,
    sub: '1234567890',
    iat: issuedAt,
    exp: issuedAt + state.idTokenSeconds,
    jti: `${state.handedOut.length}-${PLANTED}`,
  });
  state.handedOut.push(token);
  return ok({ token });
}
