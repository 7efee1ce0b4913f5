import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Artifact } from '../../domain/deployment.ts';
import type { ImageBuilder } from '../../ports/image-builder.ts';
import { lastLines } from '../system/run-program.ts';
import { buildImage } from './build-image.ts';
import type { ContainerBuild, DockerBuilderOptions, NamedImage } from './container-build.ts';
import { callEngine } from './engine-calls.ts';
import { findProgram } from './find-program.ts';
import { isPulledByCloudRun, parseImageReference } from './image-reference.ts';
import { takeImage } from './take-image.ts';

const PROBE_TIMEOUT_MS = 15_000;
const DIGEST = /sha256:[0-9a-f]{64}$/;

/** Builds images from Dockerfiles, or takes pre-built ones, and names them by digest. */
export function createDockerBuilder(options: DockerBuilderOptions): ImageBuilder {
  return {
    async unavailable({ image }) {
      // Cloud Run pulls it by itself, and its registry says what there is to know.
      const engineless =
        image !== undefined && options.registry !== undefined && isPulledByCloudRun(parseImageReference(image).host);
      return engineless ? undefined : missingForContainers(options.containerCli);
    },

    async build(request, signal): Promise<Artifact> {
      const startedMs = options.clock.monotonicMs();
      const parent = options.workDirectory ?? tmpdir();
      await mkdir(parent, { recursive: true });
      const directory = await mkdtemp(join(parent, 'cloudrun-perf-image-'));
      try {
        const build: ContainerBuild = { request, options, directory, signal };
        const { image } = request.implementation;
        const named = image === undefined ? await buildImage(build) : await takeImage(image, build);
        const imageBytes = named.imageBytes ?? (await localSize(named, build));
        return {
          kind: 'container',
          image: named.image,
          digest: DIGEST.exec(named.image)?.[0] ?? '',
          buildMs: options.clock.monotonicMs() - startedMs,
          ...(request.sourceCommit === undefined ? {} : { sourceCommit: request.sourceCommit }),
          ...(imageBytes === undefined ? {} : { imageBytes }),
        };
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
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

async function localSize({ local }: NamedImage, { options, signal }: ContainerBuild): Promise<number | undefined> {
  if (local === undefined) return undefined;
  const size = await callEngine(options.containerCli, ['image', 'inspect', '--format', '{{.Size}}', local], { signal });
  const bytes = Number(size.stdout.trim() || Number.NaN);
  return size.code === 0 && Number.isFinite(bytes) ? bytes : undefined;
}
