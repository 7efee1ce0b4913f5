import schema from '@asyncapi/specs/schemas/2.6.0.json' with { type: 'json' };
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { finding } from '../../documents/finding.ts';
import { printable } from '../../documents/show.ts';
import type { Source } from '../../documents/source-tree.ts';
import { type PerfError, UsageError } from '../../domain/errors.ts';
import { members } from './asyncapi-places.ts';

let compiled: ValidateFunction | undefined;

/** Takes some hundred milliseconds, so it is made only for contracts that have an AsyncAPI document. */
function validator(): ValidateFunction {
  // meta: the schema brings draft-07 along; with ajv's own copy its references would lead to two schemas.
  compiled ??= new Ajv({ meta: false, strict: false, allErrors: true, verbose: true, validateFormats: false }).compile(
    schema,
  );
  return compiled;
}

/** What the official schema of AsyncAPI 2.6.0 dislikes about a document, each with file:line:column. */
export function asyncApiProblems(source: Source, content: unknown): readonly PerfError[] {
  const validate = validator();
  if (validate(content)) return [];
  const seen = new Set<string>();
  return telling(validate.errors ?? [])
    .map((error) => {
      const { message, at, hint } = finding(source, error);
      return new UsageError('asyncapi-invalid', printable(message, 300), { ...(at && { at }), ...(hint && { hint }) });
    })
    .filter(({ message }) => !seen.has(message) && seen.add(message))
    .slice(0, 20);
}

/** Other forms of an object: a reference in its place, or a list of messages. */
const FORMS = ['$ref', 'oneOf'];

/**
 * Nearly every object may be a reference in place of itself, and a message may be a list of messages: what those forms
 * miss says nothing. Of a failed union what its branches disliked is told, if anything is left of it.
 */
function telling(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const own = errors.filter((error) => error.keyword !== 'if' && !isOfOtherForm(error));
  const specific = own.filter((error) => {
    if (error.keyword === 'type')
      return !own.some((other) => other.keyword !== 'type' && isAt(error, other) && !isUnion(other));
    return !isUnion(error) || !own.some((other) => !isUnion(other) && isBelow(error, other));
  });
  return specific.length > 0 ? specific : errors;
}

function isOfOtherForm({ keyword, params, data, parentSchema }: ErrorObject): boolean {
  if (keyword === 'required') return FORMS.includes(String(params.missingProperty));
  if (keyword !== 'additionalProperties') return false;
  if (FORMS.includes(String(params.additionalProperty))) return true;
  const [form, ...others] = Object.keys(members(parentSchema?.properties));
  return form !== undefined && others.length === 0 && FORMS.includes(form) && !(form in members(data));
}

const isUnion = ({ keyword }: ErrorObject) => keyword === 'oneOf' || keyword === 'anyOf';
const isAt = (error: ErrorObject, other: ErrorObject) => other.instancePath === error.instancePath;
const isBelow = (error: ErrorObject, other: ErrorObject) =>
  isAt(error, other) || other.instancePath.startsWith(`${error.instancePath}/`);
