import { InfrastructureError, UsageError } from '../../domain/errors.ts';
import type { Call } from './call.ts';
import { isSafeAddress } from './endpoints.ts';
import { type Patience, persist, type Refusal } from './persist.ts';

/** Where the job's own token comes from, and what authorises the request for it. */
export interface SubjectSource {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of the answer, the field that holds the token. */
  readonly field: string;
}

const WHOM = "GitHub's OIDC service";

/** GitHub's endpoint for this job. Throws UsageError in a job that may not ask for tokens. */
export function githubSubject(env: Readonly<Record<string, string | undefined>>, audience: string): SubjectSource {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url = '', ACTIONS_ID_TOKEN_REQUEST_TOKEN: token = '' } = env;
  if (url === '' || token === '') {
    throw new UsageError(
      'id-token-permission',
      'workload-identity-provider is given, and this job cannot ask GitHub for a token (ACTIONS_ID_TOKEN_REQUEST_URL is not set)',
      {
        hint: 'give the job "permissions: id-token: write"; a pull request from a fork never gets it, and outside GitHub Actions leave the provider out',
      },
    );
  }
  if (!isSafeAddress(url)) {
    throw new InfrastructureError('github-oidc-refused', 'ACTIONS_ID_TOKEN_REQUEST_URL is no https address', {
      hint: 'only the runner may set this variable: look for a step that changed it',
    });
  }
  const address = `${url}${url.includes('?') ? '&' : '?'}audience=${encodeURIComponent(audience)}`;
  return { url: address, headers: { authorization: `Bearer ${token}` }, field: 'value' };
}

/** The job's token, which is valid for 5 minutes. Throws InfrastructureError. */
export function subjectToken(source: SubjectSource, call: Call, patience: Patience): Promise<string> {
  const secrets = Object.values(source.headers).map((value) => value.replace(/^bearer /i, ''));
  return persist(
    {
      whom: WHOM,
      ask: () => call({ method: 'GET', url: source.url, headers: source.headers, secrets }),
      read: ({ fields }) => {
        const token = fields[source.field];
        return typeof token === 'string' && token !== '' ? token : undefined;
      },
      refused: ({ status, text }) => refusal(status, text),
    },
    patience,
  );
}

function refusal(status: number, text: string): Refusal {
  return {
    again: 'never',
    error: new InfrastructureError('github-oidc-refused', `${WHOM} answered ${status}: ${text}`, {
      hint: 'the job needs "permissions: id-token: write" and must still be running; credentials of another job cannot be used',
    }),
  };
}
