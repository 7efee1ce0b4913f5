import { InfrastructureError } from '../../domain/errors.ts';
import type { Answer, Call } from './call.ts';
import { expiryOf } from './jwt.ts';
import { type Patience, persist, type Refusal } from './persist.ts';
import { CLOUD_PLATFORM } from './sts.ts';
import type { Token } from './token-cache.ts';

const WHOM = 'the IAM Service Account Credentials API';
const LIFETIME_S = 3600;
const LATER = 'a new role takes up to 5 minutes to spread: then run again';

export interface Impersonation {
  /** Origin of the IAM Service Account Credentials API. */
  readonly origin: string;
  /** Email of the service account to act as. */
  readonly account: string;
  /** Access token of whoever acts as it. */
  readonly bearer: string;
}

/** An access token of the service account, for an hour. Throws InfrastructureError. */
export function accountAccessToken(who: Impersonation, call: Call, patience: Patience): Promise<Token> {
  const body = { scope: [CLOUD_PLATFORM], lifetime: `${LIFETIME_S}s` };
  return asked(who, 'generateAccessToken', body, call, patience, ({ fields, serverEpochMs }) => {
    const { accessToken: value, expireTime } = fields;
    const expiresAtMs = typeof expireTime === 'string' ? Date.parse(expireTime) : Number.NaN;
    if (typeof value !== 'string' || value === '' || Number.isNaN(expiresAtMs)) return undefined;
    return { value, lifetimeMs: expiresAtMs - (serverEpochMs ?? patience.clock.epochMs()) };
  });
}

/** An ID token of the service account for one audience. Throws InfrastructureError. */
export function accountIdToken(who: Impersonation, audience: string, call: Call, patience: Patience): Promise<Token> {
  const body = { audience, includeEmail: true };
  return asked(who, 'generateIdToken', body, call, patience, ({ fields, serverEpochMs }) => {
    const { token: value } = fields;
    const expiresAtMs = typeof value === 'string' ? expiryOf(value) : undefined;
    if (typeof value !== 'string' || expiresAtMs === undefined) return undefined;
    return { value, lifetimeMs: expiresAtMs - (serverEpochMs ?? patience.clock.epochMs()) };
  });
}

function asked(
  { origin, account, bearer }: Impersonation,
  method: 'generateAccessToken' | 'generateIdToken',
  body: object,
  call: Call,
  patience: Patience,
  read: (answer: Answer) => Token | undefined,
): Promise<Token> {
  const url = `${origin}/v1/projects/-/serviceAccounts/${encodeURIComponent(account)}:${method}`;
  const headers = { authorization: `Bearer ${bearer}` };
  return persist(
    {
      whom: WHOM,
      ask: () => call({ method: 'POST', url, headers, body, secrets: [bearer] }),
      read,
      refused: (answer) => refusal(answer, account, method),
    },
    patience,
  );
}

function refusal({ status, text }: Answer, account: string, method: string): Refusal {
  const told = `${WHOM} answered ${status}: ${text}`;
  if (/SERVICE_DISABLED|has not been used in project/i.test(text)) {
    return {
      again: 'propagation',
      error: new InfrastructureError('iam-api-disabled', `the API that impersonation needs is off: ${told}`, {
        hint: 'gcloud services enable iamcredentials.googleapis.com, in the project of the service account',
      }),
    };
  }
  if (status === 404) {
    return {
      again: 'propagation',
      error: new InfrastructureError('service-account-unknown', `there is no service account ${account}: ${told}`, {
        hint: `compare service-account with gcloud iam service-accounts list; ${LATER}`,
      }),
    };
  }
  if (status === 403) {
    const wanted = method === 'generateIdToken' ? 'getOpenIdToken' : 'getAccessToken';
    return {
      again: 'propagation',
      error: new InfrastructureError(
        'impersonation-denied',
        `this job may not act as ${account} (iam.serviceAccounts.${wanted}), or the account does not exist: ${told}`,
        {
          hint: `grant roles/iam.workloadIdentityUser on the account to the principalSet of this repository; ${LATER}`,
        },
      ),
    };
  }
  return {
    again: 'never',
    error: new InfrastructureError('impersonation-failed', `no token of ${account}: ${told}`, {
      hint: 'see what the answer names; docs/gcp-auth.md lists the roles',
    }),
  };
}
