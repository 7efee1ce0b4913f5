import type { LogFields, Logger } from '../../ports/logger.ts';
import { type LoggerOptions, maskSecrets } from './masking.ts';

export interface JsonOptions extends LoggerOptions {
  readonly write: (line: string) => void;
}

/** One object a line, with Cloud Logging's names: `severity`, `time`, `message`, then the fields. */
export function createJsonLogger({ secrets, verbose, write }: JsonOptions): Logger {
  const mask = (value: LogFields[string]) => (typeof value === 'string' ? maskSecrets(value, secrets) : value);
  const log = (severity: string, message: string, fields: LogFields | undefined, more: object = {}) => {
    const masked = Object.fromEntries(Object.entries(fields ?? {}).map(([key, value]) => [key, mask(value)]));
    const entry = { ...masked, ...more, severity, time: new Date().toISOString(), message: mask(message) };
    write(`${JSON.stringify(entry)}\n`);
  };
  return {
    debug: (message, fields) => (verbose ? log('DEBUG', message, fields) : undefined),
    info: (message, fields) => log('INFO', message, fields),
    warn: (message, fields) => log('WARNING', message, fields),
    error: (message, fields) => log('ERROR', message, fields),
    progress: (message, fields) => log('INFO', message, fields, { progress: true }),
  };
}
