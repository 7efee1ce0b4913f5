import { InfrastructureError } from '../../domain/errors.ts';
import { PLATFORM } from './build-arguments.ts';
import type { ContainerBuild, DockerBuilderOptions, NamedImage } from './container-build.ts';
import { callEngine } from './engine-calls.ts';
import { pushFailure } from './image-failure.ts';
import { isGoogleRegistry, parseImageReference } from './image-reference.ts';
import { askRegistry } from './registry-client.ts';
import { logIn } from './registry-login.ts';

export interface RegistryAccess {
  readonly token?: string;
  /** For calls of the container program. */
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

/** A fresh login of this build at a registry that takes the run's token; elsewhere the user's own login counts. */
export async function accessRegistry(
  host: string,
  { options, directory, signal }: Omit<ContainerBuild, 'request'>,
): Promise<RegistryAccess> {
  const { containerCli, secrets = [] } = options;
  const token = await tokenFor(host, options);
  if (token === undefined) return { env: {}, secrets };
  const env = await logIn({ containerCli, host, token, directory, secrets, signal });
  return { token, env, secrets: [...secrets, token] };
}

/** The run's token, where the host may see it. */
export async function tokenFor(host: string, options: DockerBuilderOptions): Promise<string | undefined> {
  const { registryToken, tokenHosts = isGoogleRegistry } = options;
  return (tokenHosts(host) ? await registryToken?.() : undefined) || undefined;
}

/** Pushes what the engine has under `tag`, and names it by the digest that the registry gives it. */
export async function pushImage(tag: string, local: string, build: ContainerBuild): Promise<NamedImage> {
  const { options, signal } = build;
  const reference = parseImageReference(tag);
  // Right before the push: a federated token lives five minutes, a build may take longer.
  const access = await accessRegistry(reference.host, build);
  const pushed = await callEngine(options.containerCli, ['push', tag], { signal }, access.env);
  if (pushed.code !== 0) throw pushFailure(tag, pushed, access.secrets);
  const answer = await askRegistry(reference, { platform: PLATFORM, token: access.token, signal });
  const sent = /\bdigest: (sha256:[0-9a-f]{64})/.exec(pushed.stdout)?.[1];
  if (answer.kind !== 'image') return { local, image: await repositoryDigest(tag, build) };
  const { digest, imageBytes } = answer.image;
  if (sent !== undefined && sent !== digest)
    throw new InfrastructureError('digest-changed', `${tag} was pushed as ${sent}, and the registry has ${digest}`, {
      hint: 'Somebody else writes to the same repository under this tag. Run again.',
    });
  return { local, image: `${reference.name}@${digest}`, ...(imageBytes === undefined ? {} : { imageBytes }) };
}

/** `name@sha256:...` as the engine heard it from the registry; the id on this machine is another digest. */
export async function repositoryDigest(image: string, { options, signal }: ContainerBuild): Promise<string> {
  const { name } = parseImageReference(image);
  const format = '{{range .RepoDigests}}{{println .}}{{end}}';
  const { stdout } = await callEngine(options.containerCli, ['image', 'inspect', '--format', format, image], {
    signal,
  });
  const digests = stdout.split('\n').filter((line) => /@sha256:[0-9a-f]{64}$/.test(line.trim()));
  const found = digests.find((line) => line.startsWith(`${name}@`)) ?? digests[0];
  if (found !== undefined) return found.trim();
  throw new InfrastructureError('digest-unknown', `the registry gave no digest for ${image}`, {
    hint: 'Only an image with a digest can be told apart from a later one of the same tag.',
  });
}
