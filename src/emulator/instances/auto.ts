import { InfrastructureError } from '../../domain/errors.ts';
import type { EmulatorSettings } from '../model.ts';
import type { WorkloadRuntime } from '../workload.ts';
import { createContainerRuntime } from './container.ts';
import { createProcessRuntime } from './process.ts';
import { findProcessImage } from './process-image.ts';

/** The runtime that the settings ask for. */
export function createRuntime(settings: EmulatorSettings): WorkloadRuntime {
  if (settings.runtime === 'process') return createProcessRuntime(settings);
  if (settings.runtime === 'container') return createContainerRuntime(settings);
  return createAutoRuntime(settings);
}

/** A process when the image was prepared as one, else a container. */
export function createAutoRuntime(settings: EmulatorSettings): WorkloadRuntime {
  const processes = createProcessRuntime(settings);
  const containers = createContainerRuntime(settings);
  return {
    async start(workload, instanceId, onOutput) {
      if (findProcessImage(settings.imagesDirectory, workload.image) !== undefined) {
        return processes.start(workload, instanceId, onOutput);
      }
      try {
        return await containers.start(workload, instanceId, onOutput);
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new InfrastructureError(
          'image-not-runnable',
          `Image ${workload.image} was not prepared as a process, and no container can be started: ${reason}`,
          { cause, hint: 'Give the implementation a `local` command, or start a container engine.' },
        );
      }
    },
  };
}
