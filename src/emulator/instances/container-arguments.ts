import type { RevisionSpec } from '../model.ts';
import { platformEnvironment } from './process.ts';

/** How a container's port is reached: published on 127.0.0.1, or straight on the host when there is no bridge. */
export type ContainerNetwork = 'bridge' | 'host';

export interface ContainerStart {
  readonly revision: RevisionSpec;
  readonly instanceId: string;
  /** What the engine knows the image by. */
  readonly image: string;
  /** Port on 127.0.0.1. */
  readonly port: number;
  readonly network: ContainerNetwork;
}

const CONTAINER_PORT = 8080;

/** Unique, and short enough for the host name that engines make of it. */
export function containerName(instanceId: string): string {
  return `cloudrun-perf-${instanceId.slice(0, 24)}`;
}

/** Arguments after the program's name that start one detached instance. */
export function containerRunArguments({ revision, instanceId, image, port, network }: ContainerStart): string[] {
  const innerPort = network === 'bridge' ? CONTAINER_PORT : port;
  const environment = { ...revision.env, ...platformEnvironment(revision, innerPort) };
  const [entrypoint, ...entrypointArgs] = revision.command;
  return [
    'run',
    '--rm',
    '--detach',
    '--name',
    containerName(instanceId),
    ...label('cloudrun-perf', 'instance'),
    ...label('cloudrun-perf.service', revision.service),
    ...label('cloudrun-perf.revision', revision.name),
    '--cpus',
    String(revision.cpu),
    '--memory',
    `${revision.memoryBytes}b`,
    ...Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...(network === 'bridge' ? ['--publish', `127.0.0.1:${port}:${CONTAINER_PORT}`] : ['--network', 'host']),
    ...(entrypoint === undefined ? [] : ['--entrypoint', entrypoint]),
    image,
    ...entrypointArgs,
    ...revision.args,
  ];
}

function label(name: string, value: string): readonly string[] {
  return ['--label', `${name}=${value}`];
}
