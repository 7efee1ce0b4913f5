import type { Implementation } from '../../domain/implementation.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ImageBuilder } from '../../ports/image-builder.ts';
import { createDockerBuilder } from './docker.ts';
import { createProcessBuilder, missingForProcess } from './process.ts';

export interface ImageBuilderOptions {
  /** `auto`: a process where the manifest and the machine allow it, else a container. */
  readonly runtime: 'auto' | 'process' | 'container';
  readonly workDirectory: string;
  readonly imagesDirectory: string;
  readonly clock: Clock;
  /** Docker-compatible program; `docker` unless told otherwise. */
  readonly containerCli?: string;
  /** Artifact Registry repository to push to, for Cloud Run. */
  readonly registry?: string;
}

export function createImageBuilder(options: ImageBuilderOptions): ImageBuilder {
  const { runtime, containerCli = 'docker', clock, registry } = options;
  const asProcess = createProcessBuilder(options);
  const asContainer = createDockerBuilder({ containerCli, clock, ...(registry === undefined ? {} : { registry }) });
  if (runtime === 'process') return asProcess;
  if (runtime === 'container') return asContainer;
  const choose = async (implementation: Implementation) =>
    implementation.local !== undefined && (await missingForProcess(implementation)) === undefined
      ? asProcess
      : asContainer;
  return {
    async unavailable(implementation) {
      const process = await missingForProcess(implementation);
      if (process === undefined) return undefined;
      const container = await asContainer.unavailable(implementation);
      return container === undefined ? undefined : `as a process: ${process}; as a container: ${container}`;
    },
    async build(request, signal) {
      return (await choose(request.implementation)).build(request, signal);
    },
  };
}
