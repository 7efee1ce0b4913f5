import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument as parseYaml,
} from 'yaml';
import { type PerfError, type SourcePosition, UsageError } from '../domain/errors.ts';
import { printable } from './show.ts';

/** A user's file as read. `file` is what messages call it. */
export interface Source {
  readonly text: string;
  readonly file: string;
}

export interface SourceTree {
  readonly document: Document.Parsed<ParsedNode>;
  readonly lines: LineCounter;
  readonly problems: readonly PerfError[];
}

const LARGEST_BYTES = 1024 * 1024;
const DEEPEST = 64;
const MOST_ALIASES = 100;

const trees = new WeakMap<Source, SourceTree>();

/** The syntax tree of a source, with everything that is wrong with its syntax. Parsed once per source object. */
export function sourceTree(source: Source): SourceTree {
  const known = trees.get(source);
  if (known !== undefined) return known;
  const tree = readTree(source);
  trees.set(source, tree);
  return tree;
}

function readTree(source: Source): SourceTree {
  const bytes = Buffer.byteLength(source.text);
  if (bytes > LARGEST_BYTES) {
    throw new UsageError('document-too-large', `found ${bytes} bytes, wanted at most ${LARGEST_BYTES}`, {
      at: { file: source.file },
      hint: 'Split the file, or check that it is the right one.',
    });
  }
  const lines = new LineCounter();
  // Without prettyErrors messages carry no source excerpts: those could quote secrets.
  const document = parseYaml(source.text, { lineCounter: lines, merge: true, prettyErrors: false, logLevel: 'error' });
  const syntax = [...document.errors, ...document.warnings].map(
    (error) =>
      new UsageError('document-syntax', printable(wordsOf(error), 200), { at: position(source, lines, error.pos[0]) }),
  );
  const limits = syntax.length > 0 ? [] : [...jsonProblems(source), ...limitProblems(source, document, lines)];
  return { document, lines, problems: [...syntax, ...limits].slice(0, 50) };
}

function wordsOf(error: { readonly code: string; readonly message: string }): string {
  if (error.code === 'DUPLICATE_KEY') return 'the same key is given twice in this object';
  if (error.code === 'MULTIPLE_DOCS') return 'found several documents in one file, wanted one';
  return error.message;
}

/** A `.json` file has to be JSON, not merely YAML, because editors and other programs read it too. */
function jsonProblems(source: Source): readonly PerfError[] {
  if (!source.file.endsWith('.json')) return [];
  try {
    JSON.parse(source.text.replace(/^\ufeff/, ''));
    return [];
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : '';
    const at = /line (\d+) column (\d+)/.exec(text);
    const message = text.replace(/,?\s*"(?:.|\n)*" is not valid JSON$/, '').replace(/ in JSON at position.*$/s, '');
    return [
      new UsageError('document-syntax', `not valid JSON: ${printable(message, 120)}`, {
        at: at === null ? { file: source.file } : { file: source.file, line: Number(at[1]), column: Number(at[2]) },
      }),
    ];
  }
}

/** Nesting and aliases beyond any honest use: both make a small file expensive. Walks without recursion. */
function limitProblems(source: Source, document: Document.Parsed, lines: LineCounter): readonly PerfError[] {
  let aliases = 0;
  const pending: { readonly node: unknown; readonly depth: number }[] = [{ node: document.contents, depth: 1 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, depth } = next;
    const at = position(source, lines, startOf(node));
    if (depth > DEEPEST) {
      return [new UsageError('document-too-deep', `found more than ${DEEPEST} levels of nesting`, { at })];
    }
    if (isAlias(node)) {
      aliases += 1;
      if (aliases > MOST_ALIASES) {
        return [new UsageError('document-aliases', `found more than ${MOST_ALIASES} aliases (*name)`, { at })];
      }
    } else if (isPair(node)) {
      pending.push({ node: node.key, depth }, { node: node.value, depth });
    } else if (isMap(node) || isSeq(node)) {
      for (const item of node.items) pending.push({ node: item, depth: depth + 1 });
    }
  }
  return [];
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}

export function position(source: Source, lines: LineCounter, offset: number | undefined): SourcePosition {
  if (offset === undefined) return { file: source.file };
  const { line, col } = lines.linePos(offset);
  return { file: source.file, line: Math.max(1, line), column: Math.max(1, col) };
}

/** Key and value below a node, where a segment leads. Aliases are followed; merged-in members stay unseen. */
export function child(tree: SourceTree, node: unknown, segment: string): { key: unknown; value: unknown } | undefined {
  const target = isAlias(node) ? node.resolve(tree.document) : node;
  if (isSeq(target)) {
    const item = target.items[Number(segment)];
    return item === undefined ? undefined : { key: item, value: item };
  }
  if (!isMap(target)) return undefined;
  const pair = target.items.find((item) => String(isScalar(item.key) ? item.key.value : item.key) === segment);
  return pair === undefined ? undefined : { key: pair.key, value: pair.value ?? pair.key };
}
