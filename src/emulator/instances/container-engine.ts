import { spawn } from 'node:child_process';
import { InfrastructureError } from '../../domain/errors.ts';
import { keepTail } from './output-tail.ts';

export interface CliResult {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the container program to its end; output is bounded to its tail. Rejects when the program cannot be started.
 * `more` are variables for the program: what `--env NAME` takes over from there stands in no list of processes.
 * In a process group of its own, so that Ctrl-C in a terminal does not end the calls by which containers are stopped.
 */
export function runCli(
  cli: string,
  argv: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(cli, argv, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...more },
    });
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

/** Removes a container, running or not; false when the engine did not say that it is gone. */
export async function removeContainer(cli: string, container: string): Promise<boolean> {
  const removed = await runCli(cli, ['rm', '--force', container]);
  return removed.code === 0 || /no such container/i.test(removed.stderr);
}

/** Why the engine refused: its last line that is not advice to read its help. */
export function reasonLine(stderr: string): string {
  return lastLine(stderr.replace(/^.*--help'?\.?.*$/gm, ''));
}

export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
