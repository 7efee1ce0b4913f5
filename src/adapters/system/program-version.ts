import { cleanEnvironment, runProgram } from './run-program.ts';

const TIMEOUT_MS = 10_000;

/** First line of what a program says of its version; undefined when it cannot be run or fails. */
export async function programVersion(
  program: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<string | undefined> {
  try {
    const options = { env: cleanEnvironment(), timeoutMs: TIMEOUT_MS, signal };
    const { code, stdout } = await runProgram(program, args, options);
    const line = stdout.trim().split('\n', 1)[0] ?? '';
    return code === 0 && line !== '' ? line.slice(0, 100) : undefined;
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}
