import type { Clock } from '../../ports/clock.ts';
import type { Identity } from '../../ports/identity.ts';
import type { Logger } from '../../ports/logger.ts';
import { type Call, createCall } from './call.ts';
import { type Federation, federationOf } from './credentials-file.ts';
import { type GoogleEndpoints, googleEndpoints } from './endpoints.ts';
import { githubSubject, subjectToken } from './github-oidc.ts';
import { accountAccessToken, accountIdToken } from './iam-credentials.ts';
import { idTokenNeedsAccount } from './id-token-support.ts';
import type { Patience } from './persist.ts';
import { exchangeToken } from './sts.ts';
import { cachedToken, type Token } from './token-cache.ts';

export interface IdentityOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => Promise<string>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told every token, before anything else happens with it. */
  readonly keepSecret: (secret: string) => void;
  /** Ends waits, so that a cancelled job does not hang; tokens are still given, for cleaning up. */
  readonly signal: AbortSignal;
  /** `projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER` */
  readonly provider?: string;
  /** Email of the service account to act as. */
  readonly account?: string;
  /** In [0, 1). */
  readonly random?: () => number;
}

/** Where access tokens come from, and ID tokens of one audience. */
interface Source {
  readonly accessToken: () => Promise<Token>;
  readonly idToken: (audience: string) => Promise<Token>;
}

const JWT_TYPE = 'urn:ietf:params:oauth:token-type:jwt';

/**
 * By the given provider, by what google-github-actions/auth left, or by the default credentials of the machine; as
 * the given account where one is given. Nothing is asked before the first token is wanted.
 */
export function createGoogleIdentity(options: IdentityOptions): Identity {
  const { clock } = options;
  let opened: Promise<{ readonly source: Source; readonly access: () => Promise<string> }> | undefined;
  const idTokens = new Map<string, () => Promise<string>>();
  // A failure is not remembered: a file may have been written since.
  const open = () => {
    opened ??= openSource(options).then(
      (source) => ({ source, access: cachedToken(source.accessToken, clock) }),
      (error: unknown) => {
        opened = undefined;
        throw error;
      },
    );
    return opened;
  };
  return {
    accessToken: async () => (await open()).access(),
    async idToken(audience) {
      const { source } = await open();
      const known = idTokens.get(audience) ?? cachedToken(() => source.idToken(audience), clock);
      idTokens.set(audience, known);
      return known();
    },
  };
}

async function openSource(options: IdentityOptions): Promise<Source> {
  const { clock, logger, signal, random = Math.random, keepSecret } = options;
  const endpoints = googleEndpoints(options.env);
  const patience: Patience = { clock, logger, signal, random };
  const call = createCall();
  const federation = await findFederation(options, endpoints);
  const account = options.account ?? federation?.account;
  if (federation !== undefined) {
    for (const header of Object.values(federation.subject.headers)) keepSecret(header.replace(/^bearer /i, ''));
    logger.debug('Google credentials by Workload Identity', { audience: federation.audience, account });
  } else logger.debug('Google credentials by the defaults of this machine', { account });
  const kept = async (token: Promise<Token>) => {
    const { value } = await token;
    keepSecret(value);
    return token;
  };
  const own: Source =
    federation === undefined
      ? await machineCredentials(clock)
      : {
          accessToken: () => federated(federation, call, patience, keepSecret),
          idToken: () => Promise.reject(idTokenNeedsAccount()),
        };
  if (account === undefined) {
    return { accessToken: () => kept(own.accessToken()), idToken: (audience) => kept(own.idToken(audience)) };
  }
  const bearer = cachedToken(() => kept(own.accessToken()), clock);
  const origin = federation?.iamCredentials ?? endpoints.iamCredentials;
  const impersonation = async () => ({ origin, account, bearer: await bearer() });
  return {
    accessToken: async () => kept(accountAccessToken(await impersonation(), call, patience)),
    idToken: async (audience) => kept(accountIdToken(await impersonation(), audience, call, patience)),
  };
}

/** Google's library is loaded only where it is needed. */
async function machineCredentials(clock: Clock): Promise<Source> {
  const { defaultCredentials } = await import(/* webpackMode: "eager" */ './default-credentials.ts');
  return defaultCredentials(clock);
}

async function federated(
  { subject, audience, subjectTokenType, tokenUrl }: Federation,
  call: Call,
  patience: Patience,
  keepSecret: (secret: string) => void,
): Promise<Token> {
  const token = await subjectToken(subject, call, patience);
  keepSecret(token);
  return exchangeToken({ url: tokenUrl, audience, subjectToken: token, subjectTokenType }, call, patience);
}

async function findFederation(
  { env, readFile, provider }: IdentityOptions,
  { sts, iamCredentials }: GoogleEndpoints,
): Promise<Federation | undefined> {
  if (provider !== undefined) {
    return {
      // The audience that providers accept without further set-up.
      subject: githubSubject(env, `https://iam.googleapis.com/${provider}`),
      audience: `//iam.googleapis.com/${provider}`,
      subjectTokenType: JWT_TYPE,
      tokenUrl: `${sts}/v1/token`,
      iamCredentials,
    };
  }
  const file = env.GOOGLE_APPLICATION_CREDENTIALS ?? '';
  if (file === '') return undefined;
  // A file that cannot be read is a matter of the library, which says so.
  const text = await readFile(file).catch(() => undefined);
  return text === undefined ? undefined : federationOf(text, file, iamCredentials);
}
