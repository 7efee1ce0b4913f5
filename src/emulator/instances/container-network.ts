import { InfrastructureError } from '../../domain/errors.ts';
import { lastLine, runCli } from './container-engine.ts';

/**
 * How a container's port is reached. `host`: straight, on this machine's own loopback. `bridge`: published there, which
 * adds a proxy that accepts connections before the service listens, and hides this machine's loopback from it.
 */
export type ContainerNetwork = 'bridge' | 'host';

/** Engines whose `host` network is another one than this machine's. */
const ELSEWHERE = /docker desktop|name=rootless|name=userns/i;

/**
 * `host` wherever the engine shares this machine's network, so that starts are seen when they happen and services reach
 * the local Pub/Sub; `bridge` for engines in a virtual machine or without root. Throws InfrastructureError when the
 * engine does not answer.
 */
export async function chooseNetwork(
  cli: string,
  machine: NodeJS.Platform = process.platform,
): Promise<ContainerNetwork> {
  const listed = await runCli(cli, ['network', 'ls', '--format', '{{.Driver}}']);
  if (listed.code !== 0) {
    throw new InfrastructureError('container-engine-down', `${cli} does not answer: ${lastLine(listed.stderr)}`, {
      hint: 'Start the container engine, or give the implementation a `local` command to run as a process.',
    });
  }
  // Some engines (in containers, without privileges) only have `host`.
  if (!listed.stdout.split('\n').some((driver) => driver.trim() === 'bridge')) return 'host';
  if (machine !== 'linux') return 'bridge';
  // Podman knows no such fields, and needs none: its `host` is this machine's own, with root and without.
  const told = await runCli(cli, ['info', '--format', '{{.OperatingSystem}} {{.SecurityOptions}}']);
  return told.code === 0 && ELSEWHERE.test(told.stdout) ? 'bridge' : 'host';
}
