export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Structured log. Adapters mask every secret that was registered, and escape what their medium needs. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** Progress of a long operation; terminals may overwrite it, logs print it. */
  progress(message: string, fields?: LogFields): void;
}
