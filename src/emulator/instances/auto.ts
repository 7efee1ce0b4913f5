import { InfrastructureError } from '../../domain/errors.ts';
import type { EmulatorSettings, InstanceRuntime } from '../model.ts';
import { createContainerRuntime } from './container.ts';
import { createProcessRuntime } from './process.ts';
import { findProcessImage } from './process-image.ts';

/** The runtime that the settings ask for. */
export function createRuntime(settings: EmulatorSettings): InstanceRuntime {
  if (settings.runtime === 'process') return createProcessRuntime(settings);
  if (settings.runtime === 'container') return createContainerRuntime(settings);
  return createAutoRuntime(settings);
}

/** A process when the image was prepared as one, else a container. */
export function createAutoRuntime(settings: EmulatorSettings): InstanceRuntime {
  const processes = createProcessRuntime(settings);
  const containers = createContainerRuntime(settings);
  return {
    async start(revision, instanceId) {
      if (findProcessImage(settings.imagesDirectory, revision.image) !== undefined) {
        return processes.start(revision, instanceId);
      }
      try {
        return await containers.start(revision, instanceId);
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new InfrastructureError(
          'image-not-runnable',
          `Image ${revision.image} was not prepared as a process, and no container can be started: ${reason}`,
          { cause, hint: 'Give the implementation a `local` command, or start a container engine.' },
        );
      }
    },
  };
}
