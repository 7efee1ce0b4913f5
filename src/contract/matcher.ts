import { pointerTo } from '../documents/pointer.ts';
import type { SchemaBook } from './formats/json-schema.ts';

/** One difference; `expected` and `actual` are complete, whoever shows them bounds them. */
export interface Mismatch {
  /** JSON Pointer below what was compared; empty for the whole. */
  readonly pointer: string;
  readonly expected: string;
  readonly actual: string;
}

const ABSENT = Symbol('absent');

/** The schema of `{"$schema": {...}}`, or undefined for any other value. */
export function embeddedSchema(value: unknown): object | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const members = Object.entries(value);
  const [key, schema] = members[0] ?? [];
  return members.length === 1 && key === '$schema' && typeof schema === 'object' && schema !== null
    ? schema
    : undefined;
}

/**
 * Deep subset: members that `expected` lists must match, others may be there; lists have the same length; an embedded
 * `{"$schema": ...}` is a JSON Schema 2020-12 that the value must fulfil. Numbers, texts and booleans never mix.
 */
export function mismatches(expected: unknown, actual: unknown, book: SchemaBook): readonly Mismatch[] {
  return compare(expected, actual, '', book);
}

function compare(expected: unknown, actual: unknown, pointer: string, book: SchemaBook): readonly Mismatch[] {
  const schema = embeddedSchema(expected);
  if (schema !== undefined && actual !== ABSENT) {
    return book
      .check(schema, actual)
      .map((found) => ({ pointer: pointer + found.pointer, expected: found.wanted, actual: written(found.value) }));
  }
  if (Array.isArray(expected)) return compareLists(expected, actual, pointer, book);
  if (typeof expected === 'object' && expected !== null && schema === undefined) {
    if (typeof actual !== 'object' || actual === null || Array.isArray(actual))
      return [mismatch(pointer, expected, actual)];
    return Object.entries(expected).flatMap(([key, member]) =>
      compare(member, Object.hasOwn(actual, key) ? Reflect.get(actual, key) : ABSENT, pointer + pointerTo(key), book),
    );
  }
  return Object.is(expected, actual) || (expected === 0 && actual === 0) ? [] : [mismatch(pointer, expected, actual)];
}

function compareLists(expected: readonly unknown[], actual: unknown, pointer: string, book: SchemaBook) {
  if (!Array.isArray(actual)) return [mismatch(pointer, expected, actual)];
  if (expected.length !== actual.length) {
    return [
      { pointer, expected: `a list of ${expected.length}`, actual: `a list of ${actual.length}: ${written(actual)}` },
    ];
  }
  return expected.flatMap((item, index) => compare(item, actual[index], pointer + pointerTo(index), book));
}

function mismatch(pointer: string, expected: unknown, actual: unknown): Mismatch {
  const schema = embeddedSchema(expected);
  return {
    pointer,
    expected: schema === undefined ? written(expected) : `a value that fulfils ${written(schema)}`,
    actual: written(actual),
  };
}

export function written(value: unknown): string {
  if (value === ABSENT || value === undefined) return 'absent';
  return JSON.stringify(value) ?? String(value);
}
