/** One small change of a source text. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  /** Offset in the file. */
  readonly at: number;
  readonly was: string;
  readonly becomes: string;
  /** The whole file with the change. */
  readonly text: string;
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly kind: 'code' | 'text' | 'comment';
}

/**
 * Code, texts and comments of JavaScript or TypeScript. Templates are texts as a whole, and a regular expression is one
 * where it follows what no value can end with: good enough for small, formatted sources.
 */
export function spansOf(source: string): readonly Span[] {
  const spans: Span[] = [];
  let from = 0;
  let at = 0;
  const push = (to: number, kind: Span['kind'], next: number) => {
    if (to > from) spans.push({ from, to, kind: 'code' });
    if (next > to) spans.push({ from: to, to: next, kind });
    from = next;
    at = next;
  };
  while (at < source.length) {
    const two = source.slice(at, at + 2);
    const one = source[at] ?? '';
    if (two === '//') push(at, 'comment', lineEnd(source, at));
    else if (two === '/*') push(at, 'comment', source.indexOf('*/', at) + 2);
    else if (one === "'" || one === '"' || one === '`') push(at, 'text', textEnd(source, at, one));
    else if (one === '/' && startsPattern(source.slice(0, at))) push(at, 'comment', patternEnd(source, at));
    else at += 1;
  }
  push(source.length, 'code', source.length);
  return spans;
}

function lineEnd(source: string, at: number): number {
  const end = source.indexOf('\n', at);
  return end < 0 ? source.length : end;
}

function textEnd(source: string, at: number, quote: string): number {
  for (let index = at + 1; index < source.length; index += 1) {
    if (source[index] === '\\') index += 1;
    else if (source[index] === quote) return index + 1;
  }
  return source.length;
}

const startsPattern = (before: string) => /(?:^|[(,=:[!&|?{};]|=>|return)\s*$/.test(before);

function patternEnd(source: string, at: number): number {
  let inClass = false;
  for (let index = at + 1; index < source.length; index += 1) {
    const one = source[index];
    if (one === '\\') index += 1;
    else if (one === '[') inClass = true;
    else if (one === ']') inClass = false;
    else if (one === '/' && !inClass) return index + 1;
    else if (one === '\n') return index;
  }
  return source.length;
}

type Change = readonly [pattern: RegExp, becomes: string | ((found: string) => string)];

/** What is changed in code. Each occurrence is a mutant of its own. */
const CHANGES: readonly Change[] = [
  [/===/g, '!=='],
  [/!==/g, '==='],
  [/ <= /g, ' < '],
  [/ >= /g, ' > '],
  [/ < (?=[\w(-])/g, ' <= '],
  [/ > (?=[\w(-])/g, ' >= '],
  [/&&/g, '||'],
  [/\|\|/g, '&&'],
  [/\?\?(?!=)/g, '&&'],
  [/\btrue\b/g, 'false'],
  [/\bfalse\b/g, 'true'],
  // A whole condition; inside a larger one the operators themselves are changed.
  [/(?<=\bif \()!?(?=[\w.]+(?:\([^()]*\))?\))/g, (found) => (found === '!' ? '' : '!')],
  [/(?<![\w.'"])\d+(?![\w.'"])/g, (found) => String(Number(found) + 1)],
  [/ \+ (?=[\w(])/g, ' - '],
  [/ - (?=[\w(])/g, ' + '],
  [/\bawait (?=\w)/g, ''],
];

/** Words for people: no contract promises them, only that there are some. */
const PROSE = /\w \w/;
/** Texts that are no part of behaviour: imports, and what is only logged. */
const NO_BEHAVIOUR = /\bfrom $|\bimport\($|\bimport $|console\.\w+\($|process\.(?:on|env)\b.*$|\.once?\($/;

/** All mutants of one file, in the order of their places. */
export function mutantsOf(file: string, source: string): readonly Mutant[] {
  const found: Mutant[] = [];
  const add = (at: number, was: string, becomes: string) => {
    const text = source.slice(0, at) + becomes + source.slice(at + was.length);
    const line = source.slice(0, at).split('\n').length;
    found.push({ file, line, at, was, becomes, text });
  };
  for (const { from, to, kind } of spansOf(source)) {
    const part = source.slice(from, to);
    const before = source.slice(source.lastIndexOf('\n', from - 1) + 1, from);
    if (kind === 'text' && !NO_BEHAVIOUR.test(before) && !PROSE.test(part) && part.length > 2) {
      add(from, part, `${part[0]}${part[0]}`);
    }
    if (kind !== 'code') continue;
    for (const [pattern, becomes] of CHANGES) {
      for (const match of part.matchAll(pattern)) {
        const [was] = match;
        add(from + match.index, was, typeof becomes === 'string' ? becomes : becomes(was));
      }
    }
  }
  return found.toSorted((a, b) => a.line - b.line);
}
