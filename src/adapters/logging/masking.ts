import type { LogFields } from '../../ports/logger.ts';

export interface LoggerOptions {
  /** Values that no line may contain. */
  readonly secrets: readonly string[];
  /** Whether debug lines are written. */
  readonly verbose: boolean;
}

const MASK = '***';
/** Before the host of an address: a password with its name, or a name that is a token; `git` of ssh is neither. */
const CREDENTIALS = /\b(https?:\/\/|[a-z][a-z0-9+.-]*:\/\/(?=[^\s/@:]*:[^\s/@]*@))[^\s/@]+@/gi;

/** Replaces every secret, and its parts line by line, by ***; and the credentials of every address. */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  const parts = secrets.flatMap((secret) => [secret, ...secret.split(/\r?\n/)]).filter((part) => part.trim() !== '');
  // The longest first: a secret may contain another one.
  const longestFirst = [...new Set(parts)].sort((a, b) => b.length - a.length);
  const masked = longestFirst.reduce((rest, secret) => rest.replaceAll(secret, MASK), text);
  return masked.replace(CREDENTIALS, `$1${MASK}@`);
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
