import { EXIT, type ExitCode } from './exit-codes.ts';

/** Where in a user's file something was found. Lines and columns count from 1. */
export interface SourcePosition {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

export interface PerfErrorOptions {
  /** What to do about it, one sentence. */
  readonly hint?: string;
  readonly at?: SourcePosition;
  readonly cause?: unknown;
  /** Several findings of one check, each printed on its own. */
  readonly problems?: readonly PerfError[];
}

/**
 * The base of all expected errors. `code` is stable and meant for machines, `message` says what was found and what
 * is wanted, `hint` what to do. Anything that is not a PerfError is our own fault and prints its stack.
 */
export class PerfError extends Error {
  override readonly name: string = 'PerfError';
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;
  readonly at: SourcePosition | undefined;
  readonly problems: readonly PerfError[];

  constructor(code: string, message: string, options: PerfErrorOptions = {}, exitCode: ExitCode = EXIT.infrastructure) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.exitCode = exitCode;
    this.hint = options.hint;
    this.at = options.at;
    this.problems = options.problems ?? [];
  }
}

/** The user's request, manifest or configuration is wrong: exit code 2, nothing was started. */
export class UsageError extends PerfError {
  override readonly name = 'UsageError';
  constructor(code: string, message: string, options: PerfErrorOptions = {}) {
    super(code, message, options, EXIT.usage);
  }
}

/** Something outside (platform, network, disk, toolchain) failed: exit code 1. */
export class InfrastructureError extends PerfError {
  override readonly name: string = 'InfrastructureError';
  constructor(code: string, message: string, options: PerfErrorOptions = {}) {
    super(code, message, options, EXIT.infrastructure);
  }
}

/** `file:line:column`, as terminals and editors link it. */
export function formatPosition(at: SourcePosition): string {
  return [at.file, at.line, at.line === undefined ? undefined : at.column]
    .filter((part) => part !== undefined)
    .join(':');
}

/** Position, message, code and hint of an error, then the same without code of all its problems, one finding a line. */
export function formatError(error: PerfError): string {
  return formatFinding(error, ` [${error.code}]`);
}

function formatFinding(error: PerfError, code: string): string {
  const head = `${error.at === undefined ? '' : `${formatPosition(error.at)}: `}${error.message}${code}`;
  const hint = error.hint === undefined ? [] : [`  hint: ${error.hint}`];
  return [head, ...hint, ...error.problems.map((problem) => formatFinding(problem, ''))].join('\n');
}
