/** Readers of JSON from outside. They give undefined for what is missing, of another type, or of another syntax. */

const SHA = /^[0-9a-f]{40}$/;
const REPOSITORY = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/;
const LOGIN = /^[A-Za-z0-9_-]{1,100}(?:\[bot\])?$/;
/** What git forbids in the name of a branch, and a bound. */
const BRANCH = /^(?!-)(?!.*\.\.)[^\p{Cc}\s~^:?*[\\]{1,255}$/u;

/** The member at the end of the path, through own members of plain objects only. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[name];
  }
  return found;
}

export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

/** A positive whole number, as GitHub's ids and numbers are. */
export function idAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === 'number' && Number.isSafeInteger(found) && found > 0 ? found : undefined;
}

export function shaAt(value: unknown, ...path: readonly string[]): string | undefined {
  return matching(SHA, textAt(value, ...path));
}

/** `owner/name` */
export function repositoryAt(value: unknown, ...path: readonly string[]): string | undefined {
  return matching(REPOSITORY, textAt(value, ...path));
}

/** Name of an account, with `[bot]` at the end for an app. */
export function loginAt(value: unknown, ...path: readonly string[]): string | undefined {
  return matching(LOGIN, textAt(value, ...path));
}

export function branchAt(value: unknown, ...path: readonly string[]): string | undefined {
  return matching(BRANCH, textAt(value, ...path));
}

export function matching(pattern: RegExp, text: string | undefined): string | undefined {
  return text !== undefined && pattern.test(text) ? text : undefined;
}

/** GitHub's names are the same in either case. */
export function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
