import { UsageError } from '../../domain/errors.ts';
import { isSafeAddress } from './endpoints.ts';
import type { SubjectSource } from './github-oidc.ts';

/** How a token of somebody else becomes one of Google's. */
export interface Federation {
  readonly subject: SubjectSource;
  /** `//iam.googleapis.com/projects/...` */
  readonly audience: string;
  readonly subjectTokenType: string;
  /** Address of the token service. */
  readonly tokenUrl: string;
  /** Origin of the IAM Service Account Credentials API. */
  readonly iamCredentials: string;
  /** Email of the service account to act as; absent: direct access. */
  readonly account?: string;
}

const IMPERSONATION = /^\/v1\/projects\/-\/serviceAccounts\/([^/:]+):generateAccessToken$/;

/**
 * What google-github-actions/auth wrote: a federation whose token comes from an address. Undefined for all other kinds
 * of credentials. Throws UsageError for a file that would send tokens in clear text or lacks something.
 */
export function federationOf(text: string, file: string, iamCredentials: string): Federation | undefined {
  const document = objectOf(parsed(text, file));
  const source = objectOf(document.credential_source);
  if (document.type !== 'external_account' || typeof source.url !== 'string') return undefined;
  const { audience, token_url: tokenUrl, subject_token_type: subjectTokenType } = document;
  const impersonation = document.service_account_impersonation_url;
  if (typeof audience !== 'string' || typeof tokenUrl !== 'string' || typeof subjectTokenType !== 'string') {
    throw invalid(file, 'it lacks audience, token_url or subject_token_type');
  }
  const addresses = [source.url, tokenUrl, ...(typeof impersonation === 'string' ? [impersonation] : [])];
  if (!addresses.every(isSafeAddress)) throw invalid(file, 'it names an address that is not https');
  const format = objectOf(source.format);
  const field = format.subject_token_field_name;
  if (format.type !== 'json' || typeof field !== 'string') return undefined;
  const subject = { url: source.url, headers: textsOf(objectOf(source.headers)), field };
  const federation = { subject, audience, subjectTokenType, tokenUrl, iamCredentials };
  if (typeof impersonation !== 'string') return federation;
  const { origin, pathname } = new URL(impersonation);
  const account = IMPERSONATION.exec(pathname)?.[1];
  if (account === undefined) throw invalid(file, 'its service_account_impersonation_url has an unknown form');
  return { ...federation, iamCredentials: origin, account: decodeURIComponent(account) };
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(file, 'it is no JSON');
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function textsOf(values: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

const invalid = (file: string, why: string) =>
  new UsageError('credentials-file-invalid', `the credentials of GOOGLE_APPLICATION_CREDENTIALS are unusable: ${why}`, {
    at: { file },
    hint: 'let google-github-actions/auth write the file, or give workload-identity-provider',
  });
