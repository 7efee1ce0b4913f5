import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/** One thing in a value that a schema dislikes. */
export interface SchemaFinding {
  /** JSON Pointer into the value. */
  readonly pointer: string;
  readonly wanted: string;
  readonly value: unknown;
  /** A constant was wanted, such as the name of the message's type. */
  readonly isConstant?: boolean;
}

/** Base of all schema addresses of a contract; never fetched, only resolved against. */
const BASE = 'https://contract.invalid/';
const MOST_CACHED = 500;
/** What OpenAPI 3.1 adds to JSON Schema, and its own top level: ajv resolves pointers through the whole document. */
const OPENAPI_WORDS = [
  ...['discriminator', 'xml', 'externalDocs', 'example'],
  ...['openapi', 'info', 'servers', 'paths', 'components', 'security', 'tags', 'webhooks', 'jsonSchemaDialect'],
];
/** Formats of JSON Schema that nobody here can check. */
const NOTED_FORMATS = ['idn-email', 'idn-hostname', 'iri', 'iri-reference'];

/** Compiles and caches the JSON Schemas 2020-12 of one contract; `$ref` may lead to any of its files. */
export class SchemaBook {
  readonly #ajv: Ajv2020;
  /** Where a file lies, by the id that it gives itself. */
  readonly #files = new Map<string, string>();
  readonly #compiled = new Map<string, ValidateFunction>();

  /** `files`: parsed schema and OpenAPI files by path relative to the contract's directory. */
  constructor(files: ReadonlyMap<string, unknown> = new Map()) {
    this.#ajv = new Ajv2020({
      allErrors: true,
      verbose: true,
      strict: true,
      strictTypes: false,
      strictRequired: false,
      // Both refuse schemas that are right.
      strictTuples: false,
      allowMatchingProperties: true,
      // A required member named toString is not there because every object inherits one.
      ownProperties: true,
      addUsedSchema: false,
      formats: Object.fromEntries(NOTED_FORMATS.map((name) => [name, true])),
    });
    addFormats.default(this.#ajv);
    this.#ajv.addVocabulary([...OPENAPI_WORDS, '$anchor']);
    for (const [path, content] of files) {
      if (typeof content !== 'object' || content === null || !('$id' in content)) continue;
      if (typeof content.$id === 'string') this.#files.set(content.$id, BASE + path);
    }
    for (const [path, content] of files) this.#add(path, content);
  }

  /** Throws when the schema itself is wrong. */
  compile(schema: object): ValidateFunction {
    const text = JSON.stringify(schema);
    const known = this.#compiled.get(text);
    if (known !== undefined) return known;
    // Templates make new schemas on every run, so the cache has an end.
    if (this.#compiled.size >= MOST_CACHED) this.#compiled.clear();
    const ownId = (schema as { readonly $id?: unknown }).$id !== undefined;
    const found = this.#located(schema) as object;
    const validate = this.#ajv.compile(ownId ? found : { $id: `${BASE}embedded.json`, ...found });
    this.#compiled.set(text, validate);
    return validate;
  }

  /** Compiles what a pointer into one of the files leads to. */
  compileAt(path: string, pointer: string): ValidateFunction {
    const fragment = pointer.split('/').map(encodeURIComponent).join('/');
    return this.compile({ $ref: `${BASE}${path}#${fragment}` });
  }

  check(schema: object, value: unknown): readonly SchemaFinding[] {
    return findings(this.compile(schema), value);
  }

  #add(path: string, content: unknown): void {
    if (typeof content !== 'object' || content === null) return;
    const { $id, ...plain } = this.#located(content) as Readonly<Record<string, unknown>>;
    // An explicit id, since ajv resolves relative references against ids, not against the keys of addSchema.
    this.#ajv.addSchema({ ...plain, $id: BASE + path }, undefined, false, false);
    // Found by its own id too; its relative references still start from where the file lies.
    if (typeof $id === 'string') this.#ajv.addSchema({ $id, $ref: BASE + path }, undefined, false, false);
  }

  /** With references to parts of files by their own ids turned into ones by where the files lie: ajv finds only those. */
  #located(value: unknown): unknown {
    if (this.#files.size === 0 || typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => this.#located(item));
    const members = Object.entries(value).map(([key, member]) => {
      if (key !== '$ref' || typeof member !== 'string') return [key, this.#located(member)];
      const [id = '', ...fragment] = member.split('#');
      const file = fragment.length === 0 ? undefined : this.#files.get(id);
      return [key, file === undefined ? member : `${file}#${fragment.join('#')}`];
    });
    return Object.fromEntries(members);
  }
}

/** What a compiled schema dislikes about a value, at most 20 findings. */
export function findings(validate: ValidateFunction, value: unknown): readonly SchemaFinding[] {
  if (validate(value)) return [];
  return (validate.errors ?? [])
    .filter((error) => error.keyword !== 'if')
    .slice(0, 20)
    .map((error) => ({
      pointer: error.instancePath,
      wanted: wanted(error),
      value: error.data,
      ...(error.keyword === 'const' ? { isConstant: true } : {}),
    }));
}

function wanted(error: ErrorObject): string {
  const params = error.params as Readonly<Record<string, unknown>>;
  switch (error.keyword) {
    case 'enum':
      return `one of ${JSON.stringify(params.allowedValues)}`;
    case 'const':
      return JSON.stringify(params.allowedValue);
    case 'additionalProperties':
      return `no member ${JSON.stringify(params.additionalProperty)}`;
    case 'unevaluatedProperties':
      return `no member ${JSON.stringify(params.unevaluatedProperty)}`;
    case 'required':
      return `a member ${JSON.stringify(params.missingProperty)}`;
    case 'propertyNames':
      return `no member named ${JSON.stringify(params.propertyName)}`;
    case 'not':
      return `nothing that fulfils ${JSON.stringify(error.schema)}`;
    case 'false schema':
      return 'this member to be absent';
    default:
      return (error.message ?? error.keyword).replace(/^must /, 'it to ');
  }
}
