import type { Call } from './call.ts';
import { type Patience, persist } from './persist.ts';
import { stsRefusal } from './sts-refusal.ts';
import type { Token } from './token-cache.ts';

export const CLOUD_PLATFORM = 'https://www.googleapis.com/auth/cloud-platform';
/** Of a token whose life Google does not tell: as GitHub's own, which it never outlives. */
const UNTOLD_LIFETIME_MS = 300_000;

export interface Exchange {
  /** Address of the token service. */
  readonly url: string;
  /** `//iam.googleapis.com/projects/...` */
  readonly audience: string;
  readonly subjectToken: string;
  readonly subjectTokenType: string;
}

/** Google's federated token for the job's own. Throws InfrastructureError. */
export function exchangeToken(exchange: Exchange, call: Call, patience: Patience): Promise<Token> {
  const body = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    audience: exchange.audience,
    scope: CLOUD_PLATFORM,
    subject_token: exchange.subjectToken,
    subject_token_type: exchange.subjectTokenType,
  }).toString();
  return persist(
    {
      whom: "Google's Security Token Service",
      ask: () => call({ method: 'POST', url: exchange.url, body, secrets: [exchange.subjectToken] }),
      read: ({ fields: { access_token: value, expires_in: seconds } }) => {
        if (typeof value !== 'string' || value === '') return undefined;
        const told = typeof seconds === 'number' && seconds > 0;
        return { value, lifetimeMs: told ? seconds * 1000 : UNTOLD_LIFETIME_MS };
      },
      refused: (answer) => stsRefusal(answer, exchange.audience, patience.clock.epochMs()),
    },
    patience,
  );
}
