import { spawn } from 'node:child_process';
import { InfrastructureError } from '../../domain/errors.ts';

export interface ProgramOptions {
  readonly cwd?: string;
  /** The whole environment of the program: nothing of ours is added. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Its whole standard input; absent: it is at its end at once. */
  readonly input?: string | undefined;
}

export interface ProgramResult {
  /** undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** Output beyond this is dropped from its beginning. */
const LARGEST_OUTPUT = 16 * 1024 * 1024;
const LAST_OUTPUT_MS = 1000;

/** Proxies and certificates: what a program needs to reach the network, and nothing secret by purpose. */
const PASSED_ON = [
  'HOME',
  'USER',
  'LANG',
  'LC_ALL',
  'TMPDIR',
  'DOCKER_HOST',
  'DOCKER_CONFIG',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
] as const;

/** An environment without tokens: those of a build's author must not see ours. */
export function cleanEnvironment(path: string = process.env.PATH ?? ''): Record<string, string> {
  const passed = PASSED_ON.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(passed), PATH: path };
}

/**
 * Runs a program to its end, without a shell, in a process group of its own, which is killed after `timeoutMs` or
 * when the signal aborts. Throws InfrastructureError when it cannot be started, and the signal's reason when aborted.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  { cwd, env, timeoutMs, signal, input }: ProgramOptions,
): Promise<ProgramResult> {
  signal?.throwIfAborted();
  const child = spawn(program, [...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...env },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A program may end without having read it.
  child.stdin.on('error', () => undefined).end(input ?? '');
  const output = { stdout: '', stderr: '' };
  const keep = (key: keyof typeof output) => (chunk: string) => {
    output[key] = (output[key] + chunk).slice(-LARGEST_OUTPUT);
  };
  child.stdout.setEncoding('utf8').on('data', keep('stdout'));
  child.stderr.setEncoding('utf8').on('data', keep('stderr'));
  const kill = () => killGroup(child.pid);
  let timedOut = false;
  let lastOutput: NodeJS.Timeout | undefined;
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, timeoutMs);
  signal?.addEventListener('abort', kill, { once: true });
  try {
    const code = await new Promise<number | undefined>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (found) => resolve(found ?? undefined));
      child.once('exit', (found) => {
        kill();
        // A daemon that left the group may hold the output open for ever.
        lastOutput = setTimeout(() => resolve(found ?? undefined), LAST_OUTPUT_MS);
      });
    });
    signal?.throwIfAborted();
    return { code, ...output, timedOut };
  } catch (cause) {
    signal?.throwIfAborted();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InfrastructureError('program-not-started', `${program} cannot be started: ${reason}`, {
      cause,
      hint: `Check that ${program} is installed and on the PATH.`,
    });
  } finally {
    clearTimeout(timer);
    clearTimeout(lastOutput);
    child.stdout.destroy();
    child.stderr.destroy();
    signal?.removeEventListener('abort', kill);
  }
}

/** A program's descendants end with it. */
function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

/** The last lines of a program's output, for messages. */
export function lastLines(text: string, count = 15): string {
  return text.trim().split('\n').slice(-count).join('\n').slice(-4000);
}
