import { spawn } from 'node:child_process';
import { InfrastructureError } from '../../domain/errors.ts';
import { keepTail } from './output-tail.ts';

export interface CliResult {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the container program to its end; output is bounded to its tail. Rejects when the program cannot be started. */
export function runCli(cli: string, argv: readonly string[]): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(cli, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
    const stdout = keepTail([child.stdout]);
    const stderr = keepTail([child.stderr]);
    child.once('error', (cause) =>
      reject(
        new InfrastructureError('container-engine-missing', `${cli} cannot be started: ${cause.message}`, {
          cause,
          hint: 'Install Docker or Podman, or give the implementation a `local` command to run as a process.',
        }),
      ),
    );
    child.once('close', (code) => resolve({ code: code ?? undefined, stdout: stdout(), stderr: stderr() }));
  });
}

/** True when containers can have ports of their own: some engines (in containers, without privileges) only have `host`. */
export async function hasBridgeNetwork(cli: string): Promise<boolean> {
  const listed = await runCli(cli, ['network', 'ls', '--format', '{{.Driver}}']);
  if (listed.code !== 0) {
    throw new InfrastructureError('container-engine-down', `${cli} does not answer: ${lastLine(listed.stderr)}`, {
      hint: 'Start the container engine, or give the implementation a `local` command to run as a process.',
    });
  }
  return listed.stdout.split('\n').some((driver) => driver.trim() === 'bridge');
}

/**
 * What the engine knows an image by: as it is when it was pulled or pushed; by its bare id when it was only built
 * here, because engines give a digest reference to pushed images alone. Otherwise as it is, to be pulled.
 */
export async function localImageName(cli: string, image: string): Promise<string> {
  const id = /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1];
  for (const name of id === undefined ? [image] : [image, id]) {
    const found = await runCli(cli, ['image', 'inspect', '--format', '{{.Id}}', name]);
    if (found.code === 0) return name;
  }
  return image;
}

export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
