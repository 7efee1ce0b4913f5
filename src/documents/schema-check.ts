import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const compiled = new WeakMap<object, ValidateFunction>();

/** A checker of one JSON Schema 2020-12; compiled once per schema object. Throws when the schema itself is wrong. */
export function schemaValidator(schema: object): ValidateFunction {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const ajv = new Ajv2020({ allErrors: true, verbose: true, strict: true, strictRequired: false, strictTypes: false });
  addFormats.default(ajv);
  const validate = ajv.compile(schema);
  compiled.set(schema, validate);
  return validate;
}

/**
 * The findings worth telling. A failed `anyOf` or `oneOf` also lists what every branch disliked; of those only the
 * ones that reached deeper into the value are kept, since there a branch nearly fitted.
 */
export function tellingErrors(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const kept: ErrorObject[] = [];
  for (const error of errors) {
    if (error.keyword === 'if') continue;
    if (error.keyword !== 'anyOf' && error.keyword !== 'oneOf') {
      kept.push(error);
      continue;
    }
    const inside = kept.filter((other) => isBranch(error, other));
    const deeper = inside.filter((other) => other.instancePath.length > error.instancePath.length);
    for (const other of inside) kept.splice(kept.indexOf(other), 1);
    kept.push(...(deeper.length > 0 ? deeper : [error]));
  }
  return kept;
}

function isBranch(union: ErrorObject, other: ErrorObject): boolean {
  const below = other.instancePath === union.instancePath || other.instancePath.startsWith(`${union.instancePath}/`);
  return below && (other.schemaPath.startsWith(`${union.schemaPath}/`) || !other.schemaPath.startsWith('#/properties'));
}
