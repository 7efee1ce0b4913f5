import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Artifact } from '../../domain/deployment.ts';
import { InfrastructureError } from '../../domain/errors.ts';
import type { Implementation } from '../../domain/implementation.ts';
import type { Clock } from '../../ports/clock.ts';
import type { BuildRequest, ImageBuilder } from '../../ports/image-builder.ts';
import { lastLines, type ProgramResult } from '../system/run-program.ts';
import { buildsOnBridge, callBuild, callEngine } from './engine-calls.ts';
import { findProgram } from './find-program.ts';

export interface DockerBuilderOptions {
  /** Docker-compatible program: `docker` or `podman`. */
  readonly containerCli: string;
  readonly clock: Clock;
  /** Images are pushed there, as Cloud Run needs it; absent: they stay on this machine. */
  readonly registry?: string;
}

const PROBE_TIMEOUT_MS = 15_000;
const DIGEST = /sha256:[0-9a-f]{64}/;
/** Cloud Run runs nothing else. */
const PLATFORM = 'linux/amd64';

/** Builds images from Dockerfiles, or takes pre-built ones, and names them by digest. */
export function createDockerBuilder(options: DockerBuilderOptions): ImageBuilder {
  return {
    unavailable: () => missingForContainers(options.containerCli),

    async build(request, signal): Promise<Artifact> {
      const startedMs = options.clock.monotonicMs();
      const { image } = request.implementation;
      const named =
        image === undefined ? await buildImage(request, options, signal) : await pullImage(image, options, signal);
      const size = await run(options, ['image', 'inspect', '--format', '{{.Size}}', named.local], signal);
      const imageBytes = Number(size.stdout.trim());
      return {
        kind: 'container',
        image: named.image,
        digest: DIGEST.exec(named.image)?.[0] ?? '',
        buildMs: options.clock.monotonicMs() - startedMs,
        ...(request.sourceCommit === undefined ? {} : { sourceCommit: request.sourceCommit }),
        ...(size.code === 0 && Number.isFinite(imageBytes) ? { imageBytes } : {}),
      };
    },
  };
}

/** Why containers cannot be built on this machine, or undefined. */
export async function missingForContainers(containerCli: string): Promise<string | undefined> {
  if (!containerCli.includes('/') && (await findProgram(containerCli, process.env.PATH ?? '')) === undefined)
    return `${containerCli} not found on the PATH`;
  // Not `info`: its fields differ between engines, and so does its exit code when nothing answers.
  const answer = await callEngine(containerCli, ['ps', '--quiet'], { timeoutMs: PROBE_TIMEOUT_MS });
  return answer.code === 0
    ? undefined
    : `${containerCli} does not answer: ${lastLines(answer.stderr || 'no answer', 1)}`;
}

/** Arguments of `docker build`: everything explicit, nothing from a shell. */
export function buildArguments(
  { implementation, repositoryRoot }: BuildRequest,
  tag: string,
  idFile: string,
  { native, bridge }: { readonly native: boolean; readonly bridge: boolean },
): readonly string[] {
  const context = join(repositoryRoot, implementation.path);
  return [
    'build',
    ...(native ? [] : ['--platform', PLATFORM]),
    ...(bridge ? [] : ['--network', 'host']),
    '--file',
    join(context, implementation.dockerfile),
    '--tag',
    tag,
    '--iidfile',
    idFile,
    ...Object.entries(implementation.buildArgs).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
    context,
  ];
}

/** Repository and tag of a build; the run id makes the tag unique, so that `cleanup` can tell whose it is. */
export function imageTag({ name }: Implementation, label: string, registry: string | undefined): string {
  const tag = label.replace(/[^A-Za-z0-9_.-]+/g, '-').slice(0, 128);
  return `${registry ?? 'local'}/${name}:${tag.replace(/^[.-]+/, '')}`;
}

interface NamedImage {
  /** What the engine on this machine knows it by. */
  readonly local: string;
  /** With its digest, for the revision. */
  readonly image: string;
}

async function buildImage(
  request: BuildRequest,
  options: DockerBuilderOptions,
  signal: AbortSignal | undefined,
): Promise<NamedImage> {
  const { implementation, label } = request;
  const tag = imageTag(implementation, label, options.registry);
  const directory = await mkdtemp(join(tmpdir(), 'cloudrun-perf-image-'));
  try {
    const idFile = join(directory, 'id');
    const bridge = await buildsOnBridge(options.containerCli, { signal });
    const args = buildArguments(request, tag, idFile, { native: process.arch === 'x64', bridge });
    const built = await callBuild(options.containerCli, args, { signal });
    if (built.code !== 0)
      throw failure(`the image of ${implementation.name} cannot be built`, built, implementation.dockerfile);
    const id = DIGEST.exec(await readFile(idFile, 'utf8'))?.[0] ?? '';
    const repository = tag.slice(0, tag.lastIndexOf(':'));
    if (options.registry === undefined) return { local: id, image: `${repository}@${id}` };
    const pushed = await run(options, ['push', tag], signal);
    if (pushed.code !== 0) throw failure(`${tag} cannot be pushed`, pushed, 'the login of the registry');
    return { local: id, image: await repositoryDigest(tag, options, signal) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function pullImage(
  image: string,
  options: DockerBuilderOptions,
  signal: AbortSignal | undefined,
): Promise<NamedImage> {
  const pulled = await run(options, ['pull', '--platform', PLATFORM, image], signal);
  if (pulled.code !== 0) throw failure(`${image} cannot be pulled`, pulled, 'image in the manifest');
  return { local: image, image: image.includes('@') ? image : await repositoryDigest(image, options, signal) };
}

/** `name@sha256:...` as the registry knows it; the id on this machine is another digest. */
async function repositoryDigest(
  tag: string,
  options: DockerBuilderOptions,
  signal: AbortSignal | undefined,
): Promise<string> {
  const repository = tag.replace(/:[^:/]+$/, '');
  const format = '{{range .RepoDigests}}{{println .}}{{end}}';
  const { stdout } = await run(options, ['image', 'inspect', '--format', format, tag], signal);
  const digests = stdout.split('\n').filter((line) => DIGEST.test(line));
  const found = digests.find((line) => line.startsWith(`${repository}@`)) ?? digests[0];
  if (found !== undefined) return found.trim();
  throw new InfrastructureError('digest-unknown', `the registry gave no digest for ${tag}`, {
    hint: 'Only an image with a digest can be told apart from a later one of the same tag.',
  });
}

function run(
  { containerCli }: DockerBuilderOptions,
  args: readonly string[],
  signal: AbortSignal | undefined,
): Promise<ProgramResult> {
  return callEngine(containerCli, args, { signal });
}

function failure(what: string, { stdout, stderr, timedOut }: ProgramResult, place: string): InfrastructureError {
  const why = timedOut ? 'it took too long' : 'its last lines were';
  return new InfrastructureError(
    'image-failed',
    // Docker's own builder writes the program's words to the one and its verdict to the other.
    `${what}, ${why}:\n${lastLines(stripVTControlCharacters(`${stdout.trimEnd()}\n${stderr}`))}`,
    {
      hint: `Look at ${place}.`,
    },
  );
}
