import { nearest } from '../documents/nearest.ts';
import { UsageError } from '../domain/errors.ts';
import { LONGEST_SERVICE_TYPE, SERVICE_TYPE, SERVICE_TYPES } from '../domain/service-type.ts';

/** Raw values by option name, from a command line or from an action's inputs. */
export type RawOptions = ReadonlyMap<string, readonly string[]>;

const INTEGER = /^\d{1,9}$/;
const SHOWN_CHARACTERS = 80;

/** A user's text as messages show it: bounded, control characters escaped. */
export function shown(value: string): string {
  const cut = value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}...` : value;
  return JSON.stringify(cut);
}

/** Reads and checks options one by one. `label` names an option as the user wrote it: `--fail-on`, `input fail-on`. */
export class OptionValues {
  readonly #raw: RawOptions;
  readonly #label: (name: string) => string;

  constructor(raw: RawOptions, label: (name: string) => string) {
    this.#raw = raw;
    this.#label = label;
  }

  /** Refuses the option with a message that begins with its name. */
  refuse(name: string, problem: string, hint?: string): never {
    throw new UsageError('bad-option-value', `${this.#label(name)} ${problem}`, hint === undefined ? {} : { hint });
  }

  text(name: string): string | undefined {
    const values = this.#raw.get(name);
    if (values === undefined || values.length === 0) return undefined;
    if (values.length > 1) this.refuse(name, `is given ${values.length} times and may be given once`);
    return this.#checked(name, values[0] ?? '');
  }

  /** Each as it was given, whatever is in it. */
  texts(name: string): readonly string[] {
    return (this.#raw.get(name) ?? []).map((value) => this.#checked(name, value));
  }

  list(name: string): readonly string[] {
    const parts = (this.#raw.get(name) ?? []).flatMap((value) => value.split(','));
    const trimmed = parts.map((part) => this.#checked(name, part.trim()));
    return [...new Set(trimmed)];
  }

  has(name: string): boolean {
    return this.#raw.has(name);
  }

  choice<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const found = this.text(name);
    return found === undefined ? undefined : this.#oneOf(name, found, allowed);
  }

  choices<T extends string>(name: string, allowed: readonly T[]): readonly T[] {
    return this.list(name).map((found) => this.#oneOf(name, found, allowed));
  }

  /** Names of service types: shipped ones, and those that a service repository brings along. */
  serviceTypes(name: string): readonly string[] {
    const fits = (found: string) => SERVICE_TYPE.test(found) && found.length <= LONGEST_SERVICE_TYPE;
    return this.list(name).map((found) => {
      if (fits(found)) return found;
      return this.refuse(name, `is ${shown(found)}; wanted is a service type such as ${SERVICE_TYPES[0]}`);
    });
  }

  integer(name: string, minimum: number, maximum: number): number | undefined {
    const found = this.text(name);
    if (found === undefined) return undefined;
    const value = Number(found);
    if (!INTEGER.test(found) || value < minimum || value > maximum)
      this.refuse(name, `is ${shown(found)}; wanted is a whole number from ${minimum} to ${maximum}`);
    return value;
  }

  pattern(name: string, wanted: RegExp, description: string): string | undefined {
    const found = this.text(name);
    if (found !== undefined && !wanted.test(found)) this.refuse(name, `is ${shown(found)}; wanted is ${description}`);
    return found;
  }

  #checked(name: string, value: string): string {
    if (value.trim() === '') this.refuse(name, 'is empty; wanted is a value');
    // A NUL or an escape sequence has no place in any option, and would reach logs and paths.
    if ([...value].some((character) => character < ' ' || character === '\u007f'))
      this.refuse(name, `is ${shown(value)} and contains a control character`);
    return value;
  }

  #oneOf<T extends string>(name: string, found: string, allowed: readonly T[]): T {
    const match = allowed.find((candidate) => candidate === found);
    if (match !== undefined) return match;
    const near = nearest(found, allowed);
    return this.refuse(
      name,
      `is ${shown(found)}; wanted is one of ${allowed.join(', ')}`,
      near === undefined ? undefined : `Did you mean ${near}?`,
    );
  }
}
