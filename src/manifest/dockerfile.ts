/** A file or directory that a Dockerfile takes from its build context. */
export interface ContextSource {
  /** Line of the instruction's first word, from 1. */
  readonly line: number;
  /** As written; may hold `*`, `?`, `[` and variables. */
  readonly source: string;
}

interface Instruction {
  readonly line: number;
  readonly name: string;
  readonly rest: string;
}

const LARGEST_CHARACTERS = 200_000;

/** What COPY and ADD take from the build context: not from other stages or images, and not from the network. */
export function contextSources(text: string): readonly ContextSource[] {
  return instructions(text)
    .filter(({ name }) => name === 'COPY' || name === 'ADD')
    .flatMap(({ line, rest }) => {
      const flags = /^(?:--[^\s]+\s+)*/.exec(rest)?.[0] ?? '';
      if (/(?:^|\s)--from=/.test(flags)) return [];
      const sources = wordsOf(rest.slice(flags.length)).slice(0, -1);
      return sources.filter((source) => !isElsewhere(source)).map((source) => ({ line, source }));
    });
}

/** Names of the environment variables that an image's processes get from its Dockerfile. */
export function environmentNames(text: string): readonly string[] {
  return instructions(text)
    .filter(({ name }) => name === 'ENV')
    .flatMap(({ rest }) => {
      const first = /^([A-Za-z_]\w*)\s/.exec(rest)?.[1];
      return first === undefined
        ? [...rest.matchAll(/(?:^|\s)([A-Za-z_]\w*)=/g)].map(([, name]) => name ?? '')
        : [first];
    });
}

/** A heredoc is the content of a file itself; an URL or a Git address is fetched. */
const isElsewhere = (source: string) => /^<<|^[a-z][a-z0-9+.-]*:\/\/|^git@/i.test(source);

function instructions(text: string): readonly Instruction[] {
  const lines = text
    .slice(0, LARGEST_CHARACTERS)
    .replace(/^\ufeff/, '')
    .split(/\r?\n/);
  const continuation = /^#\s*escape\s*=\s*`\s*$/im.test(lines.slice(0, 5).join('\n')) ? '`' : '\\';
  const found: Instruction[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const line = index + 1;
    const start = /^\s*([A-Za-z]+)\s+(.*)$/.exec(lines[index] ?? '');
    if (start === null) continue;
    const parts: string[] = [];
    let rest = (start[2] ?? '').trimEnd();
    while (rest.endsWith(continuation) && index + 1 < lines.length) {
      parts.push(rest.slice(0, -1));
      index += 1;
      // Empty lines and comments between continued lines are dropped.
      while (index + 1 < lines.length && /^\s*(?:#.*)?$/.test(lines[index] ?? '')) index += 1;
      rest = (lines[index] ?? '').trim();
    }
    parts.push(rest);
    const joined = parts.join(' ').trim();
    found.push({ line, name: (start[1] ?? '').toUpperCase(), rest: joined });
    for (const [, , end = ''] of joined.matchAll(/<<-?(["']?)([A-Za-z_]\w*)\1/g)) {
      while (index + 1 < lines.length && (lines[index] ?? '').trim() !== end) index += 1;
    }
  }
  return found;
}

/** The arguments, in the form of words or of a JSON list. */
function wordsOf(text: string): readonly string[] {
  if (text.startsWith('[')) {
    try {
      const found: unknown = JSON.parse(text);
      if (Array.isArray(found)) return found.map(String);
    } catch {
      // Docker takes it as words then.
    }
  }
  return text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => word.replace(/^(["'])(.*)\1$/, '$2'));
}
