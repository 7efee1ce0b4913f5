import { type AuthClient, GoogleAuth } from 'google-auth-library';
import { InfrastructureError, UsageError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { idTokenNeedsAccount } from './id-token-support.ts';
import { expiryOf } from './jwt.ts';
import { withoutTokens } from './secrets.ts';
import { CLOUD_PLATFORM } from './sts.ts';
import type { Token } from './token-cache.ts';

/** Where tokens come from when no provider is given and nothing of google-github-actions/auth is there. */
export interface DefaultCredentials {
  accessToken(): Promise<Token>;
  idToken(audience: string): Promise<Token>;
}

/** The library's own default of 5 minutes would exchange a token of 5 minutes again at every call. */
const EAGER_MS = 60_000;
/** Of a token whose end the library does not tell. */
const UNTOLD_LIFETIME_MS = 300_000;

interface IdTokenSource {
  fetchIdToken(audience: string): Promise<string>;
}

/** Application Default Credentials by Google's own library: key file, gcloud login, metadata server. */
export function defaultCredentials(clock: Clock): DefaultCredentials {
  const auth = new GoogleAuth({
    scopes: [CLOUD_PLATFORM],
    clientOptions: { eagerRefreshThresholdMillis: EAGER_MS },
    // Not used for tokens, but without it the library asks yet another service for the project.
    projectId: 'unused',
  });
  const asked = async <T>(work: (client: AuthClient) => Promise<T>): Promise<T> => {
    try {
      return await work(await auth.getClient());
    } catch (error) {
      throw failure(error);
    }
  };
  return {
    accessToken: () =>
      asked(async (client) => {
        const { token } = await client.getAccessToken();
        if (typeof token !== 'string' || token === '') throw new Error('the answer holds no token');
        const { expiry_date: expiresAtMs } = client.credentials;
        const told = typeof expiresAtMs === 'number';
        return { value: token, lifetimeMs: told ? expiresAtMs - clock.epochMs() : UNTOLD_LIFETIME_MS };
      }),
    idToken: (audience) =>
      asked(async (client) => {
        if (!givesIdTokens(client)) throw idTokenNeedsAccount();
        const value = await client.fetchIdToken(audience);
        return { value, lifetimeMs: (expiryOf(value) ?? 0) - clock.epochMs() };
      }),
  };
}

function givesIdTokens(client: object): client is IdTokenSource {
  return 'fetchIdToken' in client && typeof client.fetchIdToken === 'function';
}

/** The library's errors carry whole requests, so that nothing but their cleaned text is taken over. */
function failure(error: unknown): Error {
  if (error instanceof UsageError) return error;
  const text = withoutTokens(error instanceof Error ? error.message : String(error), []);
  if (/could not load the default credentials/i.test(text)) {
    return new UsageError('google-credentials-missing', 'there are no Google Cloud credentials on this machine', {
      hint: 'in GitHub Actions give workload-identity-provider; at a terminal: gcloud auth application-default login; or use --platform local',
    });
  }
  if (/reasonable timeframe|\biat\b|token used too early|token expired/i.test(text)) {
    return new InfrastructureError('clock-skew', `Google refuses the time in the token: ${text}`, {
      hint: 'set the clock of this machine',
    });
  }
  return new InfrastructureError('google-credentials-refused', `the default credentials give no token: ${text}`, {
    hint: 'renew them: gcloud auth application-default login, or a new GOOGLE_APPLICATION_CREDENTIALS',
  });
}
