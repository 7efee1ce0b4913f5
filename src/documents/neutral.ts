const LONGEST_LINE = 8000;

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
