import { isDeepStrictEqual } from 'node:util';
import { printable } from '../../documents/show.ts';
import type { ChangeKind, ContractChange } from '../../domain/contract-change.ts';

/** Who sends what is described: `received` by the service, `sent` by it, or both. */
export type Direction = 'received' | 'sent' | 'both';

/** What a difference does to the set of values that are allowed. */
export type Shift = 'narrowed' | 'widened' | 'changed';

/**
 * A service must accept all that it was told to accept: narrower requests break its clients, wider ones are a new
 * offer. What it sends is wanted as it was: narrower breaks services that made use of the room, wider breaks clients.
 */
export function kindOfShift(shift: Shift, direction: Direction): ChangeKind {
  return shift === 'widened' && direction === 'received' ? 'compatible' : 'breaking';
}

const LONGEST = 200;

/** Collects the changes of one comparison; the same place may be reached by several ways and is told once, as its worst. */
export class Changes {
  readonly #found = new Map<string, ContractChange>();

  add(kind: ChangeKind, file: string, place: string, message: string): void {
    const key = JSON.stringify([file, place, message]);
    const known = this.#found.get(key);
    if (known?.kind === 'breaking' || (known?.kind === 'compatible' && kind === 'documentation')) return;
    this.#found.set(key, { kind, file, place: printable(place, LONGEST), message: printable(message, LONGEST) });
  }

  get all(): readonly ContractChange[] {
    return [...this.#found.values()];
  }

  has(file: string): boolean {
    return this.all.some((change) => change.file === file);
  }
}

export const equal = (a: unknown, b: unknown): boolean => isDeepStrictEqual(a, b);

/** A value as messages show it. */
export const quoted = (value: unknown): string => printable(JSON.stringify(value) ?? 'nothing', 60);

export type Members = Readonly<Record<string, unknown>>;

/** The members of an object; none of anything else. */
export function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};
}

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Keys of both objects: those that are gone, those that are new, and those that both have, in the order of writing. */
export function keysOf(before: Members, after: Members) {
  return {
    gone: Object.keys(before).filter((key) => !Object.hasOwn(after, key)),
    fresh: Object.keys(after).filter((key) => !Object.hasOwn(before, key)),
    kept: Object.keys(before).filter((key) => Object.hasOwn(after, key)),
  };
}
