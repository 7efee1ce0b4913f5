import { UsageError } from '../../domain/errors.ts';

/** Where an image is, in the terms of the registries' API. */
export interface ImageReference {
  /** As it was written, without tag and digest: what goes before `@sha256:...`. */
  readonly name: string;
  /** Host and port that answers the API. */
  readonly host: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

const REFERENCE =
  /^(?<name>[^\s@]+?)(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/;
const DOCKER_HUB = 'registry-1.docker.io';
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/;

/** Throws UsageError for what is no reference. Without tag and digest the tag is `latest`, as for every client. */
export function parseImageReference(image: string): ImageReference {
  const parts = REFERENCE.exec(image)?.groups;
  const name = parts?.name;
  if (name === undefined)
    throw new UsageError('bad-image', `found the image "${image}", wanted host/repository/name:tag or name@sha256:...`);
  const { tag, digest } = parts ?? {};
  const [first = '', ...rest] = name.split('/');
  // Docker's rule: a first part that cannot be a host belongs to the name, and the host is Docker Hub.
  const hosted = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const onHub = !hosted || first === 'docker.io' || first === 'index.docker.io';
  const path = hosted ? rest.join('/') : name;
  return {
    name,
    host: onHub ? DOCKER_HUB : first,
    repository: onHub && !path.includes('/') ? `library/${path}` : path,
    ...(digest === undefined ? { tag: tag ?? 'latest' } : { digest }),
  };
}

/** Docker speaks plain HTTP to registries on this machine, and to no other. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** Artifact Registry and Container Registry: the only hosts that may see a Google token. */
export function isGoogleRegistry(host: string): boolean {
  return /^(?:[a-z0-9-]+-docker\.pkg\.dev|(?:[a-z]+\.)?gcr\.io)$/.test(host);
}

/** Whether Cloud Run pulls from there itself; images of all others have to be copied to the registry of the run. */
export function isPulledByCloudRun(host: string): boolean {
  return isGoogleRegistry(host) || host === DOCKER_HUB;
}
