import { printable } from '../../documents/show.ts';
import { UsageError } from '../../domain/errors.ts';
import type { Asked } from '../../ports/cloud-project.ts';
import { createProxiedFetch } from '../github/proxied-fetch.ts';
import { isSafeAddress } from './endpoints.ts';

/** Google's REST APIs that tell about a project. */
export type ProjectApi =
  | 'artifactregistry'
  | 'cloudquotas'
  | 'cloudresourcemanager'
  | 'iam'
  | 'openidconnect'
  | 'orgpolicy'
  | 'serviceusage'
  | 'storage';

export interface ProjectApiOptions {
  /** Where gcloud's own variables put the APIs elsewhere; absent: nowhere. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Headers that authorise a request to the URL. Throws PerfError without credentials. */
  readonly headers: (url: string) => Promise<Readonly<Record<string, string>>>;
  readonly signal?: AbortSignal;
}

/** GET without `body`, else POST with it as JSON. */
export type Ask = <T>(api: ProjectApi, path: string, read: (fields: Fields) => T, body?: object) => Promise<Asked<T>>;
export type Fields = Readonly<Record<string, unknown>>;

const TIMEOUT_MS = 15_000;
const MAX_REASON_CHARS = 300;

/** Asks one question. What goes wrong is an answer too: nothing throws but a wrong address and an abort. */
export function createAsk({ env = {}, headers, signal }: ProjectApiOptions): Ask {
  const fetch = createProxiedFetch();
  return async (api, path, read, body) => {
    const url = `${originOf(api, env)}${path}`;
    try {
      const response = await fetch(url, {
        method: body === undefined ? 'GET' : 'POST',
        redirect: 'error',
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(await headers(url)),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(signal === undefined ? [] : [signal])]),
      });
      const fields = fieldsOf(await response.text());
      if (response.ok) return { known: true, value: read(fields) };
      return { known: false, why: whyOf(response.status, fields), reason: reasonOf(response.status, fields) };
    } catch (error) {
      signal?.throwIfAborted();
      return { known: false, why: 'unreachable', reason: printable(messageOf(error), MAX_REASON_CHARS) };
    }
  };
}

/** The public address, or that of gcloud's own variable, as networks with Private Service Connect set it. */
function originOf(api: ProjectApi, env: Readonly<Record<string, string | undefined>>): string {
  const name = `CLOUDSDK_API_ENDPOINT_OVERRIDES_${api.toUpperCase()}`;
  const given = env[name];
  if (given === undefined || given === '') return `https://${api}.googleapis.com`;
  if (isSafeAddress(given)) return new URL(given).origin;
  throw new UsageError('endpoint-unsafe', `${name} is no https address, and tokens would be sent there in clear text`, {
    hint: 'give an https:// address, or leave the variable out',
  });
}

function fieldsOf(text: string): Fields {
  try {
    return asFields(JSON.parse(text));
  } catch {
    return {};
  }
}

export function asFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

export const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];

/** An API that is switched off answers 403 as a missing permission does, and so says nothing of what was asked. */
function whyOf(status: number, fields: Fields): 'denied' | 'missing' | 'unreachable' {
  if (status === 404) return 'missing';
  const disabled = JSON.stringify(fields).includes('SERVICE_DISABLED');
  return (status === 401 || status === 403) && !disabled ? 'denied' : 'unreachable';
}

function reasonOf(status: number, fields: Fields): string {
  const { message } = asFields(fields.error);
  return printable(typeof message === 'string' ? message : `HTTP ${status}`, MAX_REASON_CHARS);
}

/** fetch says only "fetch failed"; the reason is in the cause. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
