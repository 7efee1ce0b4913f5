import type { Workload } from '../workload.ts';
import type { ContainerNetwork } from './container-network.ts';
import { platformEnvironment, subjectOf } from './subject.ts';

export interface ContainerStart {
  /** What is started: an instance of a revision, or a task. */
  readonly revision: Workload;
  readonly instanceId: string;
  /** What the engine knows the image by. */
  readonly image: string;
  /** Port on 127.0.0.1; 0: it listens nowhere. */
  readonly port: number;
  readonly network: ContainerNetwork;
}

const DEFAULT_PORT = 8080;

/** Unique, and short enough for the host name that engines make of it. */
export function containerName(instanceId: string): string {
  return `cloudrun-perf-${instanceId.slice(0, 24)}`;
}

/**
 * Arguments after the program's name that start one detached instance. It stays when it has ended (no `--rm`), since
 * engines drop the output of one that ends at once before it can be read.
 */
export function containerRunArguments({ revision, instanceId, image, port, network }: ContainerStart): string[] {
  const ownPort = ('containerPort' in revision ? revision.containerPort : undefined) ?? DEFAULT_PORT;
  const innerPort = network === 'bridge' ? ownPort : port;
  const env = network === 'bridge' ? reachableFromBridge(revision.env) : revision.env;
  const environment = { ...env, ...platformEnvironment(revision, innerPort) };
  const [entrypoint, ...entrypointArgs] = revision.command;
  return [
    'run',
    '--detach',
    '--name',
    containerName(instanceId),
    ...label('cloudrun-perf', 'instance'),
    ...labelsOf(revision),
    '--cpus',
    String(revision.cpu),
    '--memory',
    `${revision.memoryBytes}b`,
    // As much as memory alone: Cloud Run has no swap, so that what exceeds its memory is killed there.
    '--memory-swap',
    `${revision.memoryBytes}b`,
    ...Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    // Without a value: the engine's program takes it from its own environment.
    ...Object.keys(revision.secrets ?? {}).flatMap((name) => ['--env', name]),
    ...networkArguments(network, port, ownPort),
    ...(entrypoint === undefined ? [] : ['--entrypoint', entrypoint]),
    image,
    ...entrypointArgs,
    ...revision.args,
  ];
}

/** On a bridge 127.0.0.1 is the container itself; engines in a virtual machine know the real one by a name. */
function reachableFromBridge(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const moved = Object.entries(env).map(([name, value]) => {
    const port = name.endsWith('_EMULATOR_HOST') ? /^(?:127\.0\.0\.1|localhost):(\d+)$/.exec(value)?.[1] : undefined;
    return [name, port === undefined ? value : `host.docker.internal:${port}`] as const;
  });
  return Object.fromEntries(moved);
}

function networkArguments(network: ContainerNetwork, port: number, ownPort: number): readonly string[] {
  if (network === 'host') return ['--network', 'host'];
  return port === 0 ? [] : ['--publish', `127.0.0.1:${port}:${ownPort}`];
}

function labelsOf(workload: Workload): readonly string[] {
  const { service, revision, task } = subjectOf(workload);
  if (task === undefined) {
    return [...label('cloudrun-perf.service', service), ...label('cloudrun-perf.revision', revision)];
  }
  return [
    ...label('cloudrun-perf.job', service),
    ...label('cloudrun-perf.execution', revision),
    ...label('cloudrun-perf.task', String(task.index)),
  ];
}

function label(name: string, value: string): readonly string[] {
  return ['--label', `${name}=${value}`];
}
