import { InfrastructureError } from '../../domain/errors.ts';
import { imageTag, PLATFORM } from './build-arguments.ts';
import type { ContainerBuild, NamedImage } from './container-build.ts';
import { callEngine } from './engine-calls.ts';
import { imageFailure } from './image-failure.ts';
import { type ImageReference, isPulledByCloudRun, parseImageReference } from './image-reference.ts';
import { accessRegistry, pushImage, type RegistryAccess, repositoryDigest, tokenFor } from './push-image.ts';
import { askRegistry, type RegistryImage } from './registry-client.ts';

/**
 * A pre-built image by its digest. It is pulled only where this machine has to have it: to run it here, to copy it to
 * the registry of the run when Cloud Run cannot pull it, or to learn of it what its registry does not tell us.
 */
export async function takeImage(image: string, build: ContainerBuild): Promise<NamedImage> {
  const { request, options, signal } = build;
  const reference = parseImageReference(image);
  const token = await tokenFor(reference.host, options);
  const answer = await askRegistry(reference, { platform: PLATFORM, token, signal });
  if (answer.kind === 'missing')
    throw new InfrastructureError('image-missing', `${reference.host} has no image ${image}`, {
      hint: 'Look at image in the manifest.',
    });
  const known = answer.kind === 'image' ? answer.image : undefined;
  if (known !== undefined) refuseOtherPlatforms(image, known.platforms);
  const pinned = known === undefined ? undefined : `${reference.name}@${known.digest}`;
  if (options.registry === undefined) {
    const local = pinned ?? image;
    await pull(local, reference, build);
    return { local, image: await nameOf(reference, local, build), ...sizeOf(known) };
  }
  if (pinned !== undefined && isPulledByCloudRun(reference.host)) return { image: pinned, ...sizeOf(known) };
  const local = pinned ?? image;
  const { secrets } = await pull(local, reference, build);
  if (isPulledByCloudRun(reference.host)) return { local, image: await nameOf(reference, local, build) };
  const copy = imageTag(request.implementation, request.label, options.registry);
  const tagged = await callEngine(options.containerCli, ['tag', local, copy], { signal });
  if (tagged.code !== 0) throw imageFailure(`${image} cannot be tagged`, tagged, 'the engine', secrets);
  return pushImage(copy, copy, build);
}

function sizeOf(known: RegistryImage | undefined): { readonly imageBytes?: number } {
  return known?.imageBytes === undefined ? {} : { imageBytes: known.imageBytes };
}

async function nameOf({ name, digest }: ImageReference, pulled: string, build: ContainerBuild): Promise<string> {
  if (digest !== undefined) return `${name}@${digest}`;
  return pulled.includes('@') ? pulled : repositoryDigest(pulled, build);
}

async function pull(image: string, { host }: ImageReference, build: ContainerBuild): Promise<RegistryAccess> {
  const { containerCli } = build.options;
  const { signal } = build;
  const access = await accessRegistry(host, build);
  const pulled = await callEngine(containerCli, ['pull', '--platform', PLATFORM, image], { signal }, access.env);
  if (pulled.code !== 0)
    throw imageFailure(`${image} cannot be pulled`, pulled, 'image in the manifest', access.secrets);
  const format = '{{.Os}}/{{.Architecture}}';
  const { stdout } = await callEngine(containerCli, ['image', 'inspect', '--format', format, image], { signal });
  const platform = stdout.trim();
  if (platform !== '') refuseOtherPlatforms(image, [platform]);
  return access;
}

function refuseOtherPlatforms(image: string, platforms: readonly string[]): void {
  if (platforms.includes(PLATFORM)) return;
  const found = platforms.length === 0 ? 'no platform' : platforms.join(', ');
  throw new InfrastructureError('image-platform', `${image} is made for ${found}, wanted ${PLATFORM}`, {
    hint: 'Cloud Run runs nothing else: build it with --platform linux/amd64.',
  });
}
