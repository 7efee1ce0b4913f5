import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** Runs the CLI in the foreground and ends with its exit code. Ctrl-C reaches the CLI by itself, which cleans up. */
export async function runCli(root: string, args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [join(root, 'src', 'cli.ts'), ...args], { stdio: 'inherit', cwd: root });
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  // The terminal signals the whole group; this process must outlive the CLI, or its output would be cut.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', forward);
  process.exitCode = await new Promise<number>((resolve) =>
    child.on('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 130))),
  );
}
