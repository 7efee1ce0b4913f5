import { createHash } from 'node:crypto';
import { type ImageReference, isLoopback } from './image-reference.ts';

export interface RegistryImage {
  /** Digest that the registry gives to the tag: of an index where there is one, else of the image. */
  readonly digest: string;
  /** `linux/amd64` and the like. */
  readonly platforms: readonly string[];
  /** What is transferred for the wanted platform: configuration and compressed layers. */
  readonly imageBytes?: number;
}

export type RegistryAnswer =
  | { readonly kind: 'image'; readonly image: RegistryImage }
  | { readonly kind: 'missing' }
  /** The registry wants a login, cannot be reached, or says what is not understood. */
  | { readonly kind: 'unknown'; readonly reason: string };

export interface RegistryCall {
  /** Platform whose size is wanted. */
  readonly platform: string;
  /** Access token, sent as the password of `oauth2accesstoken`, to this registry only. */
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Descriptor {
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly os?: string; readonly architecture?: string };
}

const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const TIMEOUT_MS = 30_000;
const LARGEST_BYTES = 4 * 1024 * 1024;

/**
 * Asks a registry for digest, platforms and size of an image, without pulling it. Every document is checked against
 * its digest. Throws the signal's reason when aborted, and nothing else.
 */
export async function askRegistry(reference: ImageReference, call: RegistryCall): Promise<RegistryAnswer> {
  try {
    return await readImage(reference, call);
  } catch (error) {
    call.signal?.throwIfAborted();
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { kind: 'unknown', reason: cause instanceof Error ? cause.message : String(cause) };
  }
}

async function readImage(reference: ImageReference, call: RegistryCall): Promise<RegistryAnswer> {
  const registry = openRegistry(reference, call);
  const response = await registry.get(`manifests/${reference.digest ?? reference.tag ?? 'latest'}`);
  if (response.status === 404) return { kind: 'missing' };
  const { digest, document } = await readDocument(response, reference.digest);
  const index = descriptors(document, 'manifests');
  if (index !== undefined) {
    const chosen = index.find((entry) => platformOf(entry.platform) === call.platform);
    const manifest = chosen && (await readDocument(await registry.get(`manifests/${chosen.digest}`), chosen.digest));
    const platforms = index.map(({ platform }) => platformOf(platform)).filter((name) => name !== UNKNOWN);
    return { kind: 'image', image: { digest, platforms: [...new Set(platforms)], ...sizeOf(manifest?.document) } };
  }
  const config = descriptor(document.config);
  if (config === undefined) throw new Error('its manifest is of a kind that is not known');
  const { document: image } = await readDocument(await registry.get(`blobs/${config.digest}`), config.digest);
  return { kind: 'image', image: { digest, platforms: [platformOf(image)], ...sizeOf(document) } };
}

/** Speaks to one repository; asks for a token once, when the registry wants one. */
function openRegistry({ host, repository }: ImageReference, { token, signal }: RegistryCall) {
  const origin = `${isLoopback(host) ? 'http' : 'https'}://${host}`;
  const basic = token === undefined ? undefined : `Basic ${basicCredentials(token)}`;
  let authorization: string | undefined;

  const send = (url: string, headers: Readonly<Record<string, string>>) => {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    return fetch(url, { headers, signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]) });
  };

  /** As every client does it: Basic where it is asked for, else a token from the place that the registry names. */
  async function authorize(challenge: string): Promise<string | undefined> {
    if (/^basic\b/i.test(challenge)) return basic;
    const parts = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
    const realm = URL.parse(parts.realm ?? '');
    if (!/^bearer\b/i.test(challenge) || realm === null) return undefined;
    if (realm.protocol !== 'https:' && realm.origin !== origin) return undefined;
    for (const key of ['service', 'scope']) if (parts[key] !== undefined) realm.searchParams.set(key, parts[key]);
    // Ours goes to nobody whom the registry merely names.
    const own = realm.origin === origin && basic !== undefined ? { authorization: basic } : undefined;
    const answer = JSON.parse((await readBytes(await send(realm.href, own ?? {}))).toString('utf8')) as Readonly<
      Record<string, unknown>
    >;
    const given = answer.token ?? answer.access_token;
    return typeof given === 'string' ? `Bearer ${given}` : undefined;
  }

  return {
    async get(path: string): Promise<Response> {
      const url = `${origin}/v2/${repository}/${path}`;
      const headers = () => ({ accept: MANIFEST_TYPES, ...(authorization === undefined ? {} : { authorization }) });
      const response = await send(url, headers());
      if (response.status !== 401 || authorization !== undefined) return response;
      authorization = await authorize(response.headers.get('www-authenticate') ?? '');
      if (authorization === undefined) return response;
      await response.body?.cancel();
      return send(url, headers());
    },
  };
}

export function basicCredentials(token: string): string {
  return Buffer.from(`oauth2accesstoken:${token}`).toString('base64');
}

async function readDocument(response: Response, wanted: string | undefined) {
  const bytes = await readBytes(response);
  const computed = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const told = response.headers.get('docker-content-digest') ?? computed;
  if (told !== computed || (wanted !== undefined && wanted !== computed))
    throw new Error(`it answers with ${computed} where ${wanted ?? told} is wanted`);
  const document: unknown = JSON.parse(bytes.toString('utf8'));
  if (typeof document !== 'object' || document === null) throw new Error('its answer is no object');
  return { digest: computed, document: document as Readonly<Record<string, unknown>> };
}

async function readBytes(response: Response): Promise<Buffer> {
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`it answers with status ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > LARGEST_BYTES) throw new Error(`its answer has more than ${LARGEST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const UNKNOWN = 'unknown/unknown';

function platformOf(found: Readonly<Record<string, unknown>> | undefined): string {
  const { os, architecture } = found ?? {};
  return typeof os === 'string' && typeof architecture === 'string' ? `${os}/${architecture}` : UNKNOWN;
}

function descriptors(document: Readonly<Record<string, unknown>>, key: string): readonly Descriptor[] | undefined {
  const found = document[key];
  return Array.isArray(found) ? found.map(descriptor).filter((entry) => entry !== undefined) : undefined;
}

function descriptor(found: unknown): Descriptor | undefined {
  const { digest, size } = (found ?? {}) as Partial<Descriptor>;
  const valid = typeof digest === 'string' && DIGEST.test(digest) && typeof size === 'number' && size >= 0;
  return valid ? (found as Descriptor) : undefined;
}

function sizeOf(manifest: Readonly<Record<string, unknown>> | undefined): { readonly imageBytes?: number } {
  const config = descriptor(manifest?.config);
  const layers = manifest === undefined ? undefined : descriptors(manifest, 'layers');
  if (config === undefined || layers === undefined) return {};
  return { imageBytes: layers.reduce((sum, { size }) => sum + size, config.size) };
}
