import { printable } from '../documents/show.ts';
import type { VectorFailure } from '../domain/conformance.ts';

/** A failed check before it is put into a result: complete and unmasked. */
export type CheckFailure = Omit<VectorFailure, 'step'>;

const LONGEST = 300;
const SECRET_NAME = /secret|token/i;

export function failure(check: string, expected: string, actual: string): CheckFailure {
  return { check, expected, actual };
}

/** Blanks out what nobody may read in a text that a service has given. */
export type Hide = (text: string) => string;

/** What a report may show: secrets masked, control characters escaped, at most 300 characters. */
export function reportable(
  found: CheckFailure,
  step: number,
  scope: ReadonlyMap<string, unknown>,
  hide: Hide = (text) => text,
): VectorFailure {
  // Before it is cut: of a secret that the cut goes through the rest would not be recognised.
  const shown = (text: string) => printable(hide(masked(text, scope)), LONGEST);
  return {
    step,
    check: printable(hide(masked(found.check, scope)), 120),
    expected: shown(found.expected),
    actual: shown(found.actual),
  };
}

/** The values of all variables whose name says that they are secret, replaced by the name. */
function masked(text: string, scope: ReadonlyMap<string, unknown>): string {
  let result = text;
  for (const [name, value] of scope) {
    if (!SECRET_NAME.test(name) || value === undefined || value === '') continue;
    const plain = typeof value === 'string' ? value : JSON.stringify(value);
    for (const form of new Set([plain, JSON.stringify(plain).slice(1, -1), encodeURIComponent(plain)])) {
      result = result.replaceAll(form, `{{${name}}}`);
    }
  }
  return result;
}
