import type { ErrorObject } from 'ajv/dist/2020.js';
import { UsageError } from '../domain/errors.ts';
import { locate } from './locate.ts';
import { nearest } from './nearest.ts';
import { pointerSegments, pointerTo } from './pointer.ts';
import { alternatives, printable, shown } from './show.ts';
import type { Source } from './source-tree.ts';

interface Wording {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  /** Below the error's own place: the member that is meant. */
  readonly member?: string;
  readonly part?: 'key';
}

const SECRET_NAME = /secret|token|password|passwd|credential|private/i;

/** One schema finding in words: what was found, what is wanted, the nearest valid name, where. */
export function finding(source: Source, error: ErrorObject): UsageError {
  const wording = wordingOf(error);
  const pointer = wording.member === undefined ? error.instancePath : error.instancePath + pointerTo(wording.member);
  return new UsageError(wording.code, wording.message, {
    at: locate(source, pointer, wording.part ?? 'value'),
    ...(wording.hint === undefined ? {} : { hint: wording.hint }),
  });
}

function wordingOf(error: ErrorObject): Wording {
  const place = placeOf(error.instancePath);
  const found = SECRET_NAME.test(pointerSegments(error.instancePath)?.at(-1) ?? '')
    ? 'a masked value'
    : shown(error.data);
  const params = error.params as Readonly<Record<string, unknown>>;
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return unknownKey(place, String(params.additionalProperty ?? params.unevaluatedProperty), error);
    case 'propertyNames':
      return {
        code: 'key-name',
        message: `found the key ${printable(JSON.stringify(params.propertyName))} in ${place}, wanted ${wantedOf(error, 'another form of name')}`,
        member: String(params.propertyName),
        part: 'key',
      };
    case 'required':
    case 'dependentRequired':
      return {
        code: 'key-missing',
        message: `${JSON.stringify(params.missingProperty)} is missing in ${place}`,
        hint: missingHint(error, String(params.missingProperty)),
        part: 'key',
      };
    case 'enum':
    case 'const':
      return wrongValue(place, found, error);
    case 'type':
      return {
        code: 'value-type',
        message: `found ${found} at ${place}, wanted ${wantedOf(error, typeWords(params.type))}`,
        hint: quotingHint(error),
      };
    case 'anyOf':
    case 'oneOf':
      return { code: 'value-type', message: `found ${found} at ${place}, wanted ${wantedOf(error, branches(error))}` };
    default:
      return { code: 'value-invalid', message: `found ${found} at ${place}, wanted ${wantedOf(error, limit(error))}` };
  }
}

function unknownKey(place: string, key: string, error: ErrorObject): Wording {
  const valid = keysOf(error.parentSchema);
  const near = nearest(key, valid);
  return {
    code: 'key-unknown',
    message: `unknown key ${printable(JSON.stringify(key))} in ${place}${valid.length === 0 ? '' : `, wanted ${alternatives(valid)}`}`,
    hint: near === undefined ? undefined : `Did you mean "${near}"?`,
    member: key,
    part: 'key',
  };
}

function wrongValue(place: string, found: string, error: ErrorObject): Wording {
  const params = error.params as { readonly allowedValues?: readonly unknown[]; readonly allowedValue?: unknown };
  const allowed = params.allowedValues ?? [params.allowedValue];
  const near =
    typeof error.data === 'string'
      ? nearest(
          error.data,
          allowed.filter((value) => typeof value === 'string'),
        )
      : undefined;
  return {
    code: 'value-unknown',
    message: `found ${found} at ${place}, wanted ${alternatives(allowed.map((value) => JSON.stringify(value)))}`,
    hint: near === undefined ? quotingHint(error) : `Did you mean "${near}"?`,
  };
}

function placeOf(pointer: string): string {
  return pointer === '' ? 'the document' : printable(pointer);
}

/** A schema's own words go first: a `description` that begins in lower case completes the sentence "wanted ...". */
function wantedOf(error: ErrorObject, otherwise: string): string {
  const described = (error.parentSchema as { readonly description?: unknown } | undefined)?.description;
  return isWording(described) ? described : otherwise;
}

function isWording(description: unknown): description is string {
  return typeof description === 'string' && /^[a-z]/.test(description);
}

function typeWords(type: unknown): string {
  const names = Array.isArray(type) ? type.map(String) : String(type).split(',');
  const words: Readonly<Record<string, string>> = {
    string: 'a text',
    number: 'a number',
    integer: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    object: 'an object',
    null: 'null',
  };
  return alternatives(names.map((name) => words[name] ?? name));
}

function branches(error: ErrorObject): string {
  const schemas = Array.isArray(error.schema) ? (error.schema as readonly Readonly<Record<string, unknown>>[]) : [];
  const words = schemas.map((schema) => {
    if (isWording(schema.description)) return schema.description;
    if ('const' in schema) return JSON.stringify(schema.const);
    return schema.type === undefined ? undefined : typeWords(schema.type);
  });
  return words.every((word) => word !== undefined) && words.length > 0
    ? alternatives([...new Set(words)])
    : 'another form';
}

function limit(error: ErrorObject): string {
  const params = error.params as Readonly<Record<string, unknown>>;
  if (error.keyword === 'pattern') return `a text that matches ${String(params.pattern)}`;
  if (error.keyword === 'not') return (error.schema as { readonly description?: string }).description ?? 'another form';
  if (error.keyword === 'format') return `a text in the format ${String(params.format)}`;
  return (error.message ?? error.keyword).replace(/^must /, 'it to ');
}

/** YAML turns `1.10` into a number and `true` into a boolean; where a text is wanted, quotes are what is missing. */
function quotingHint(error: ErrorObject): string | undefined {
  const type = (error.parentSchema as { readonly type?: unknown } | undefined)?.type;
  const scalar = typeof error.data === 'number' || typeof error.data === 'boolean';
  return scalar && type === 'string' ? 'Write it in quotes.' : undefined;
}

/** A missing key beside an unknown one that looks like it was probably misspelt. */
function missingHint(error: ErrorObject, missing: string): string | undefined {
  const valid = new Set(keysOf(error.parentSchema));
  const present = typeof error.data === 'object' && error.data !== null ? Object.keys(error.data) : [];
  const near = nearest(
    missing,
    present.filter((key) => !valid.has(key)),
  );
  return near === undefined ? undefined : `Is ${printable(JSON.stringify(near))} a misspelling of it?`;
}

function keysOf(schema: unknown): readonly string[] {
  const properties = (schema as { readonly properties?: object } | undefined)?.properties;
  return properties === undefined ? [] : Object.keys(properties);
}
