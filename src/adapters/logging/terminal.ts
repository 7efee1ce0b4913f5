import { neutral } from '../../documents/neutral.ts';
import type { LogFields, Logger } from '../../ports/logger.ts';
import { fieldsText, type LoggerOptions, maskSecrets } from './masking.ts';
import { createPace } from './pace.ts';

export interface TerminalOptions extends LoggerOptions {
  readonly stream: { readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown };
  readonly env: Readonly<Record<string, string | undefined>>;
}

const COLOURS = { debug: 90, info: 0, warn: 33, error: 31, progress: 90 } as const;
const MARKS = { debug: '', info: '', warn: 'warning: ', error: 'error: ', progress: '' } as const;
type Level = keyof typeof COLOURS;

const ERASE_LINE = '\r\u001b[2K';
const DEFAULT_COLUMNS = 80;

/** Lines for people. On a terminal one progress line is overwritten again and again; elsewhere one is printed every 2 s at most. */
export function createTerminalLogger({ stream, env, secrets, verbose }: TerminalOptions): Logger {
  const isTerminal = stream.isTTY === true && env.TERM !== 'dumb';
  const coloured = isTerminal && (env.NO_COLOR === undefined || env.NO_COLOR === '');
  let hasProgress = false;
  const isDue = createPace();

  function paint(level: Level, text: string): string {
    return coloured && COLOURS[level] !== 0 ? `\u001b[${COLOURS[level]}m${text}\u001b[0m` : text;
  }

  function write(level: Level, message: string, fields: LogFields | undefined): void {
    const text = neutral(maskSecrets(`${MARKS[level]}${message}${fieldsText(fields)}`, secrets));
    if (level === 'progress' && !isTerminal && !isDue()) return;
    const erase = hasProgress ? ERASE_LINE : '';
    hasProgress = isTerminal && level === 'progress';
    if (hasProgress) {
      // A line that wraps could not be erased again.
      const line = text.replaceAll('\n', ' ').slice(0, (stream.columns ?? DEFAULT_COLUMNS) - 1);
      stream.write(`${erase}${paint(level, line)}`);
    } else stream.write(`${erase}${paint(level, text)}\n`);
  }

  return {
    debug: (message, fields) => (verbose ? write('debug', message, fields) : undefined),
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
    progress: (message, fields) => write('progress', message, fields),
  };
}
