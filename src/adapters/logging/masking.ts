import type { LogFields } from '../../ports/logger.ts';

export interface LoggerOptions {
  /** Values that no line may contain. */
  readonly secrets: readonly string[];
  /** Whether debug lines are written. */
  readonly verbose: boolean;
}

const MASK = '***';

/** Replaces every secret, and its parts line by line, by ***. */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  const parts = secrets.flatMap((secret) => [secret, ...secret.split(/\r?\n/)]).filter((part) => part.trim() !== '');
  // The longest first: a secret may contain another one.
  const longestFirst = [...new Set(parts)].sort((a, b) => b.length - a.length);
  return longestFirst.reduce((masked, secret) => masked.replaceAll(secret, MASK), text);
}

/** ` key=value` for each field that is set. */
export function fieldsText(fields: LogFields | undefined): string {
  return Object.entries(fields ?? {})
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) => ` ${key}=${typeof value === 'string' && /[\s"=]/.test(value) ? JSON.stringify(value) : value}`,
    )
    .join('');
}
