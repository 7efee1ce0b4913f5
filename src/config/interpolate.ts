import { locate } from '../documents/locate.ts';
import { pointerTo } from '../documents/pointer.ts';
import type { Source } from '../documents/source-tree.ts';
import { UsageError } from '../domain/errors.ts';
import { shown } from './option-values.ts';

/** The value of a variable, or undefined when it is not set. */
export type Lookup = (name: string, pointer: string) => string | undefined;

export interface Interpolated {
  readonly value: unknown;
  /** What the file says, by JSON pointer of each value that came from variables: messages quote this, not the value. */
  readonly raw: ReadonlyMap<string, string>;
  readonly problems: readonly UsageError[];
}

const NAME = '[A-Za-z_][A-Za-z0-9_]*';
// `$${` stands for a literal `${`; whatever else begins with `${` must be well formed.
const REFERENCE = new RegExp(`\\$\\$\\{|\\$\\{(?:(${NAME})(?::-([^}]*))?\\}|)`, 'g');

/** Keys whose values are numbers or booleans: only there does a variable's text become one. */
const NUMBERS = new Set([
  'iterations',
  'count',
  'concurrency',
  'min_instances',
  'max_instances',
  'minimum_effect',
  'instances_at_once',
  'tasks',
]);
const BOOLEANS = new Set(['startup_cpu_boost', 'cpu_idle', 'on_start', 'on_regression', 'on_completion', 'on_failure']);

/**
 * Replaces `${NAME}` and `${NAME:-default}` in the texts of a parsed document, never in keys. Values stay the texts
 * that they are: a variable cannot add keys or lists. A member that comes out empty counts as absent.
 */
export function interpolate(source: Source, document: unknown, lookup: Lookup): Interpolated {
  const raw = new Map<string, string>();
  const problems: UsageError[] = [];
  const problem = (pointer: string, code: string, message: string, hint: string) => {
    problems.push(new UsageError(code, message, { at: locate(source, pointer), hint }));
  };

  const expand = (text: string, pointer: string) =>
    text.replace(REFERENCE, (found, name: string | undefined, fallback: string | undefined) => {
      if (found === '$${') return '${';
      if (name === undefined) {
        const hint = 'A literal ${ is written $${.';
        problem(pointer, 'bad-reference', `found ${shown(text)}, wanted \${NAME} or \${NAME:-default}`, hint);
        return '';
      }
      const value = lookup(name, pointer);
      if (fallback !== undefined) return value === undefined || value === '' ? fallback : value;
      if (value === undefined)
        problem(
          pointer,
          'missing-variable',
          `the environment variable ${name} is not set`,
          `Set it, or give a default: \${${name}:-...}.`,
        );
      return value ?? '';
    });

  const walk = (value: unknown, segments: readonly (string | number)[]): unknown => {
    if (typeof value === 'string' && value.includes('${')) {
      const pointer = pointerTo(...segments);
      raw.set(pointer, value);
      return typed(expand(value, pointer), String(segments.at(-1)));
    }
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...segments, index]) ?? '');
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([key, item]) => [key, walk(item, [...segments, key])] as const);
    return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
  };
  return { value: walk(document, []), raw, problems };
}

function typed(text: string, key: string): unknown {
  if (text === '') return undefined;
  if (NUMBERS.has(key) && /^\d+(?:\.\d+)?$/.test(text)) return Number(text);
  if (BOOLEANS.has(key) && /^(?:true|false)$/.test(text)) return text === 'true';
  return text;
}
