import type { LogFields } from '../../ports/logger.ts';

export interface LoggerOptions {
  /** Values that no line may contain. */
  readonly secrets: readonly string[];
  /** Whether debug lines are written. */
  readonly verbose: boolean;
}

const MASK = '***';
const LONGEST_LINE = 8000;

/** Replaces every secret, and its parts line by line, by ***. */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  const parts = secrets.flatMap((secret) => [secret, ...secret.split(/\r?\n/)]).filter((part) => part.trim() !== '');
  // The longest first: a secret may contain another one.
  const longestFirst = [...new Set(parts)].sort((a, b) => b.length - a.length);
  return longestFirst.reduce((masked, secret) => masked.replaceAll(secret, MASK), text);
}

/** Makes text from outside harmless for a terminal: control and direction characters become visible escapes. */
export function neutral(text: string): string {
  const bounded = text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE)}...` : text;
  return bounded.replace(/\r\n/g, '\n').replace(/[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, (character) => {
    if (character === '\n' || character === '\t') return character;
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
}

/** The runner obeys lines that begin with `::` or contain `##[`: a zero-width mark in between takes that from them. */
export function withoutCommands(text: string): string {
  return text.replace(/^(\s*):(?=:)/gm, '$1:\u200b').replace(/##(?=\[)/g, '##\u200b');
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
