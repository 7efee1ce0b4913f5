import { UsageError } from '../../domain/errors.ts';

/** Origins without trailing slash; the last two are absent for the official clients' own. */
export interface GoogleEndpoints {
  readonly sts: string;
  readonly iamCredentials: string;
  readonly run?: string;
  readonly logging?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'CLOUDSDK_API_ENDPOINT_OVERRIDES_';
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/** Tokens go there: only over TLS, or to this machine. */
export function isSafeAddress(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, username, password } = new URL(url);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.includes(hostname));
}

/**
 * Where Google's services are: the public addresses, or those of gcloud's own variables
 * (`CLOUDSDK_API_ENDPOINT_OVERRIDES_STS` and so on), as networks with Private Service Connect set them.
 */
export function googleEndpoints(env: Environment): GoogleEndpoints {
  const sts = override(env, 'STS') ?? 'https://sts.googleapis.com';
  const iamCredentials = override(env, 'IAMCREDENTIALS') ?? 'https://iamcredentials.googleapis.com';
  const [run, logging] = [override(env, 'RUN'), override(env, 'LOGGING')];
  return { sts, iamCredentials, ...(run === undefined ? {} : { run }), ...(logging === undefined ? {} : { logging }) };
}

function override(env: Environment, service: string): string | undefined {
  const found = env[`${PREFIX}${service}`];
  if (found === undefined || found === '') return undefined;
  if (isSafeAddress(found)) return new URL(found).origin;
  throw new UsageError(
    'endpoint-unsafe',
    `${PREFIX}${service} is no https address, and tokens would be sent there in clear text`,
    { hint: 'give an https:// address, or leave the variable out' },
  );
}
