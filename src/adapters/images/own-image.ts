import { createHash } from 'node:crypto';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact } from '../../domain/deployment.ts';
import { InfrastructureError } from '../../domain/errors.ts';
import type { Implementation } from '../../domain/implementation.ts';
import { SERVICE_TYPES } from '../../domain/service-type.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ImageBuilder } from '../../ports/image-builder.ts';

export interface OwnImageOptions {
  readonly platform: 'cloudrun' | 'local';
  readonly builder: Pick<ImageBuilder, 'unavailable' | 'build'>;
  /** Where the emulator looks for process images: `<64 hex>.json`. */
  readonly imagesDirectory: string;
  /** Directory of cloudrun-perf itself, with its Dockerfile. */
  readonly root: string;
  /** The file that node runs with `worker` behind it. */
  readonly commandLine: string;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

export interface OwnImageRequest {
  /** Pre-built image to take on Cloud Run. */
  readonly image?: string;
  readonly label: string;
}

const NAME = 'cloudrun-perf-load';
/** What the Dockerfile copies: a checkout has it, an npm package has not. */
const NEEDED = ['Dockerfile', join('dist', 'index.js')];

/**
 * cloudrun-perf as an image whose start is `worker`. On this machine a process image of this very program; for Cloud Run
 * the given image, or one built from the Dockerfile and pushed as any implementation's. Throws InfrastructureError.
 */
export function createOwnImage(
  options: OwnImageOptions,
): (request: OwnImageRequest, signal?: AbortSignal) => Promise<Artifact> {
  return (request, signal) =>
    options.platform === 'local' ? processImage(options) : containerImage(options, request, signal);
}

async function processImage({ imagesDirectory, root, commandLine, clock }: OwnImageOptions): Promise<Artifact> {
  const startedMs = clock.monotonicMs();
  const run = [process.execPath, commandLine, 'worker'];
  const hex = createHash('sha256')
    .update(JSON.stringify([root, run]))
    .digest('hex');
  const image = `local/${NAME}@sha256:${hex}`;
  await mkdir(imagesDirectory, { recursive: true });
  await writeFile(join(imagesDirectory, `${hex}.json`), JSON.stringify({ image, directory: root, run }));
  return { kind: 'process', image, digest: `sha256:${hex}`, buildMs: clock.monotonicMs() - startedMs };
}

async function containerImage(
  { builder, root }: OwnImageOptions,
  { image, label }: OwnImageRequest,
  signal?: AbortSignal,
): Promise<Artifact> {
  // Images are built of implementations; of this one nothing but the image is ever asked.
  const implementation: Implementation = {
    name: NAME,
    serviceType: SERVICE_TYPES[0],
    path: '.',
    dockerfile: 'Dockerfile',
    buildArgs: {},
    supportedFeatures: [],
    ...(image === undefined ? {} : { image }),
  };
  const missing = await builder.unavailable(implementation);
  if (missing !== undefined) throw unbuildable(missing);
  if (image === undefined) {
    for (const file of NEEDED) {
      await access(join(root, file)).catch(() => {
        throw unbuildable(`there is no ${file} in ${root}`);
      });
    }
  }
  return builder.build({ implementation, repositoryRoot: root, label }, signal);
}

const unbuildable = (reason: string) =>
  new InfrastructureError('load-image-unbuildable', `the image of load jobs cannot be made: ${reason}`, {
    hint: 'name a pre-built one with load.image, or take the load from the runner',
  });
