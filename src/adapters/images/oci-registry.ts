import { printable } from '../../documents/show.ts';
import { InfrastructureError } from '../../domain/errors.ts';
import type { ImageRegistry, RegistryEntry } from '../../ports/image-registry.ts';

export interface OciRegistryOptions {
  /** Host and path below which images were pushed: `us-central1-docker.pkg.dev/project/repository`. */
  readonly place: string;
  /** Headers that let a request in; asked for before each, since tokens expire. */
  readonly authorize: () => Promise<Readonly<Record<string, string>>>;
}

const CALL_TIMEOUT_MS = 20_000;
const PAGE = 1000;
const MOST_PAGES = 100;
const DEEPEST = 4;
const LOOPBACK = /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/;
const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** What `tags/list` answers; Google's registries add the folders below and all tags by digest. */
interface TagList {
  readonly tags?: readonly string[] | null;
  readonly child?: readonly string[];
  readonly manifest?: Readonly<Record<string, { readonly tag?: readonly string[] }>>;
}

/**
 * Images of a registry by the OCI distribution API. Throws InfrastructureError: `registry-unreachable` when nothing
 * answers, `registry-refused` when it says no.
 */
export function createOciRegistry({ place, authorize }: OciRegistryOptions): ImageRegistry {
  const [host = '', ...rest] = place.split('/');
  const prefix = rest.join('/');
  const origin = `${LOOPBACK.test(host) ? 'http' : 'https'}://${host}`;
  const within = (name: string) => prefix === '' || name === prefix || name.startsWith(`${prefix}/`);
  const pathOf = (repository: string) => repository.slice(host.length + 1);

  async function call(
    method: string,
    path: string,
    accepted: readonly number[],
    signal?: AbortSignal,
    manifest?: { readonly type: string; readonly bytes: ArrayBuffer },
  ) {
    const timeout = AbortSignal.timeout(CALL_TIMEOUT_MS);
    let response: Response;
    try {
      response = await fetch(new URL(path, origin), {
        method,
        headers: {
          accept: path.includes('/manifests/') ? MANIFESTS : 'application/json',
          ...(manifest === undefined ? {} : { 'content-type': manifest.type }),
          ...(await authorize()),
        },
        ...(manifest === undefined ? {} : { body: manifest.bytes }),
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
    } catch (cause) {
      signal?.throwIfAborted();
      throw new InfrastructureError('registry-unreachable', `the registry ${host} does not answer ${method} ${path}`, {
        cause,
        hint: 'check the name of gcp.artifact_registry, and the network',
      });
    }
    if (response.ok || accepted.includes(response.status)) return response;
    const words = printable(await response.text().catch(() => ''), 200);
    throw new InfrastructureError(
      'registry-refused',
      `the registry ${host} refused ${method} ${path}: ${response.status} ${words}`,
      {
        hint: 'tagging and cleanup need roles/artifactregistry.repoAdmin on the repository, or another role that deletes images',
      },
    );
  }

  const json = async (response: Response) => JSON.parse(await response.text()) as unknown;

  async function tagList(name: string, signal?: AbortSignal): Promise<TagList> {
    const response = await call('GET', `/v2/${name}/tags/list`, [404], signal);
    if (response.ok) return (await json(response)) as TagList;
    await response.body?.cancel();
    return {};
  }

  /** Google's registries list folders; in all others the catalogue has every name. */
  async function* walk(name: string, depth: number, signal?: AbortSignal): AsyncGenerator<RegistryEntry> {
    const { child = [], manifest = {} } = await tagList(name, signal);
    for (const [digest, { tag = [] }] of Object.entries(manifest))
      if (tag.length > 0) yield { repository: `${host}/${name}`, digest, tags: tag };
    if (depth < DEEPEST) for (const below of child) yield* walk(`${name}/${below}`, depth + 1, signal);
  }

  async function catalogue(signal?: AbortSignal): Promise<readonly string[]> {
    const names: string[] = [];
    let path: string | undefined = `/v2/_catalog?n=${PAGE}`;
    for (let page = 0; path !== undefined && page < MOST_PAGES; page += 1) {
      const response: Response = await call('GET', path, [], signal);
      const { repositories } = (await json(response)) as { readonly repositories?: readonly string[] | null };
      names.push(...(repositories ?? []));
      const next = /<([^>]+)>;\s*rel="?next"?/.exec(response.headers.get('link') ?? '')?.[1];
      // Another host would be given our token.
      path = next?.startsWith('/v2/') ? next : undefined;
    }
    return names.filter(within);
  }

  async function byDigest(name: string, signal?: AbortSignal): Promise<readonly RegistryEntry[]> {
    const { tags } = await tagList(name, signal);
    const found = new Map<string, string[]>();
    for (const tag of tags ?? []) {
      const response = await call('HEAD', `/v2/${name}/manifests/${tag}`, [404], signal);
      const digest = response.headers.get('docker-content-digest');
      if (response.ok && digest !== null) found.set(digest, [...(found.get(digest) ?? []), tag]);
    }
    return [...found].map(([digest, known]) => ({ repository: `${host}/${name}`, digest, tags: known }));
  }

  return {
    async list(signal) {
      const first = prefix === '' ? {} : await tagList(prefix, signal);
      const found: RegistryEntry[] = [];
      if (first.child !== undefined) {
        for await (const entry of walk(prefix, 0, signal)) found.push(entry);
        return found;
      }
      for (const name of await catalogue(signal)) found.push(...(await byDigest(name, signal)));
      return found;
    },
    async tags(repository, digest, signal) {
      const { manifest } = await tagList(pathOf(repository), signal);
      if (manifest !== undefined) return manifest[digest]?.tag ?? [];
      const images = await byDigest(pathOf(repository), signal);
      return images.find((image) => image.digest === digest)?.tags ?? [];
    },
    async tag(repository, digest, tag, signal) {
      const path = `/v2/${pathOf(repository)}/manifests`;
      const found = await call('GET', `${path}/${digest}`, [], signal);
      const type = found.headers.get('content-type') ?? '';
      await call('PUT', `${path}/${tag}`, [], signal, { type, bytes: await found.arrayBuffer() });
    },
    async untag(repository, tags, signal) {
      // Registries that know no removal of tags answer 400 or 405: there the image goes with its tags.
      for (const tag of tags)
        await call('DELETE', `/v2/${pathOf(repository)}/manifests/${tag}`, [400, 404, 405], signal);
    },
    async remove(repository, digest, signal) {
      await call('DELETE', `/v2/${pathOf(repository)}/manifests/${digest}`, [404], signal);
    },
  };
}
