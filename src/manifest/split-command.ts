/** What a shell would have done, and we do not: these characters need quotes, or a shell of the user's own. */
const SHELL_ONLY = /[|&;<>()$`*?[\]{}~#!\n]/;

interface Word {
  text: string;
  started: boolean;
}

type SplitResult =
  | { readonly ok: true; readonly words: readonly string[] }
  | { readonly ok: false; readonly problem: string };

const refused = (problem: string): SplitResult => ({ ok: false, problem });

/**
 * Splits a command by shell quoting rules: blanks separate, '...' is literal, "..." allows \" and \\, a backslash
 * takes the next character. Nothing is expanded; unquoted characters that only a shell understands are refused.
 */
export function splitCommand(command: string): SplitResult {
  const words: string[] = [];
  let word: Word = { text: '', started: false };
  const finish = () => {
    if (word.started) words.push(word.text);
    word = { text: '', started: false };
  };
  let index = 0;
  while (index < command.length) {
    const character = command[index] as string;
    if (character === "'" || character === '"') {
      const quoted = readQuoted(command, index);
      if (quoted === undefined) return refused(`a ${character} that is never closed`);
      word = { text: word.text + quoted.text, started: true };
      index = quoted.end;
    } else if (character === '\\') {
      const next = command[index + 1];
      if (next === undefined) return refused('a backslash at the end');
      word = { text: word.text + next, started: true };
      index += 2;
    } else {
      if (character === ' ' || character === '\t') finish();
      else if (SHELL_ONLY.test(character))
        return refused(`${JSON.stringify(character)}, which only a shell understands`);
      else word = { text: word.text + character, started: true };
      index += 1;
    }
  }
  finish();
  return words.length === 0 ? refused('no program') : { ok: true, words };
}

/** The text between the quote at `start` and its partner, and the index behind the partner. */
function readQuoted(command: string, start: number): { readonly text: string; readonly end: number } | undefined {
  const quote = command[start];
  let text = '';
  for (let index = start + 1; index < command.length; index += 1) {
    const character = command[index] as string;
    if (character === quote) return { text, end: index + 1 };
    const next = command[index + 1];
    if (quote === '"' && character === '\\' && next !== undefined && '"\\$`'.includes(next)) {
      text += next;
      index += 1;
    } else text += character;
  }
  return undefined;
}
