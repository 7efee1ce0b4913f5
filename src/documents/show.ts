const LONGEST_SHOWN = 80;

/** Text of unknown origin for one line of output: bounded, control and direction characters escaped. */
export function printable(text: string, longest: number = LONGEST_SHOWN): string {
  const bounded = text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
  return bounded.replace(/[\p{Cc}\p{Cs}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  if (character === '\t') return '\\t';
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** A value of a user's document as a message quotes it. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return printable(JSON.stringify(value));
}

/** `a`, `a or b`, `a, b or c`; long lists are cut. */
export function alternatives(values: readonly string[]): string {
  const listed = values.length > 24 ? [...values.slice(0, 24), `${values.length - 24} more`] : values;
  return listed.length < 2 ? listed.join('') : `${listed.slice(0, -1).join(', ')} or ${listed.at(-1)}`;
}
