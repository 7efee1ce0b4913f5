import { execute } from './commands/index.ts';
import { parseCliArgs } from './config/cli-args.ts';
import type { CommandRequest, LogFormat } from './config/request.ts';
import { openContext } from './context.ts';
import { toolVersion } from './context-parts.ts';
import { formatError, PerfError } from './domain/errors.ts';
import { EXIT, winningExitCode } from './domain/exit-codes.ts';

const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type Interruption = keyof typeof SIGNAL_CODES;

async function main(argv: readonly string[]): Promise<number> {
  const request = parseCliArgs(argv);
  if (request.command === 'help') return print(`${request.text.trimEnd()}\n`);
  if (request.command === 'version') return print(`${toolVersion()}\n`);
  return run(request).catch((error: unknown) => explain(error, request.logFormat));
}

async function run(request: CommandRequest): Promise<number> {
  const interruption = listenForInterruption();
  const context = await openContext(request, { kind: 'cli', signal: interruption.signal });
  try {
    const outcome = await execute({ request, ...context, signal: interruption.signal });
    return interruption.exitCode() ?? winningExitCode(outcome.exitCodes);
  } catch (error) {
    const code = interruption.exitCode();
    if (code === undefined) throw error;
    context.ports.logger.warn('interrupted; everything that was started has been stopped');
    return code;
  } finally {
    await context.close();
  }
}

/** The first signal asks for an orderly end; a second one, from a user who has waited, ends at once. */
function listenForInterruption() {
  const controller = new AbortController();
  let received: Interruption | undefined;
  for (const name of Object.keys(SIGNAL_CODES) as Interruption[]) {
    process.on(name, () => {
      if (received !== undefined) process.exit(SIGNAL_CODES[name]);
      received = name;
      controller.abort(new Error(`interrupted by ${name}`));
    });
  }
  return { signal: controller.signal, exitCode: () => (received === undefined ? undefined : SIGNAL_CODES[received]) };
}

function print(text: string): number {
  process.stdout.write(text);
  return EXIT.ok;
}

/** The error on standard error, as a line of the log that was asked for; its exit code. */
function explain(error: unknown, logFormat?: LogFormat): number {
  const expected = error instanceof PerfError;
  const message = expected
    ? formatError(error)
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  const entry = {
    ...(expected ? { code: error.code } : {}),
    severity: 'ERROR',
    time: new Date().toISOString(),
    message,
  };
  process.stderr.write(`${logFormat === 'json' ? JSON.stringify(entry) : message}\n`);
  return expected ? error.exitCode : EXIT.infrastructure;
}

/** Runs one command line, without the program's name, and sets the exit code of this process. Never rejects. */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  // Whoever reads from a pipe may have read enough, as `head` does: no reason to complain.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  process.exitCode = await main(argv).catch((error: unknown) => explain(error));
}
