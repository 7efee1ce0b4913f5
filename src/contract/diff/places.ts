import { posix } from 'node:path';
import { pointerSegments, pointerTo } from '../../documents/pointer.ts';
import { membersOf } from './change.ts';

/** A value in one of a contract's files. */
export interface At {
  readonly file: string;
  /** JSON Pointer. */
  readonly pointer: string;
  readonly value: unknown;
}

/** The parsed files of one side. */
export type ParsedFiles = ReadonlyMap<string, unknown>;

export function rootAt(files: ParsedFiles, file: string): At {
  return { file, pointer: '', value: files.get(file) };
}

/** A member, or what is not there: its value is undefined then. */
export function child(at: At, ...keys: readonly (string | number)[]): At {
  let value = at.value;
  for (const key of keys) {
    value = Array.isArray(value) ? value[Number(key)] : (membersOf(value) as Record<string, unknown>)[String(key)];
  }
  return { file: at.file, pointer: at.pointer + pointerTo(...keys), value };
}

const MOST_STEPS = 20;

/** Follows `$ref`, as long as it leads anywhere. Members beside it go before those that it leads to. */
export function resolved(at: At, files: ParsedFiles): At {
  let found = at;
  let beside: Readonly<Record<string, unknown>> = {};
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const { $ref, ...others } = membersOf(found.value);
    if (typeof $ref !== 'string') break;
    const target = follow($ref, found.file, files);
    if (target === undefined) break;
    beside = { ...others, ...beside };
    found = target;
  }
  if (Object.keys(beside).length === 0 || typeof found.value !== 'object') return found;
  return { ...found, value: { ...membersOf(found.value), ...beside } };
}

function follow(reference: string, from: string, files: ParsedFiles): At | undefined {
  const [path = '', fragment = ''] = reference.split('#');
  const file = path === '' ? from : posix.join(posix.dirname(from), path);
  if (!files.has(file)) return undefined;
  const segments = pointerSegments(decoded(fragment));
  if (segments === undefined) return undefined;
  const found = child(rootAt(files, file), ...segments);
  return found.value === undefined ? undefined : found;
}

function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}
