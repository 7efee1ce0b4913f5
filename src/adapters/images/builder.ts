import type { Implementation } from '../../domain/implementation.ts';
import type { ImageBuilder } from '../../ports/image-builder.ts';
import type { DockerBuilderOptions } from './container-build.ts';
import { createDockerBuilder } from './docker.ts';
import { createProcessBuilder, missingForProcess } from './process.ts';

export interface ImageBuilderOptions extends Omit<DockerBuilderOptions, 'containerCli' | 'workDirectory'> {
  /** `auto`: a process where the manifest and the machine allow it, else a container. */
  readonly runtime: 'auto' | 'process' | 'container';
  readonly workDirectory: string;
  readonly imagesDirectory: string;
  /** Docker-compatible program; `docker` unless told otherwise. */
  readonly containerCli?: string;
}

export function createImageBuilder(options: ImageBuilderOptions): ImageBuilder {
  const { runtime, containerCli = 'docker' } = options;
  const asProcess = createProcessBuilder(options);
  const asContainer = createDockerBuilder({ ...options, containerCli });
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
