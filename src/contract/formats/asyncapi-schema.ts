import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { pointerSegments } from '../../documents/pointer.ts';
import { printable } from '../../documents/show.ts';
import { members, type Place, type Places } from './asyncapi-places.ts';
import type { SchemaBook } from './json-schema.ts';

/** What the Schema Object of AsyncAPI adds to JSON Schema draft-07. */
const ASYNCAPI_WORDS = ['discriminator', 'externalDocs', 'example'];
/** Formats of draft-07 that are not checked: no rule for them is at hand. */
const UNCHECKED_FORMATS = ['iri', 'iri-reference', 'idn-email', 'idn-hostname'];
/** Members of a schema that hold schemas by name: names are no keywords. */
const NAMED = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'dependencies']);
/** Members of a schema that hold values. */
const VALUES = new Set(['const', 'enum', 'default', 'example', 'examples']);
/** Members that say what a file is, not what a value has to be. */
const IDENTITY = new Set(['$id', '$schema']);
const DIALECTS: readonly { readonly format: RegExp; readonly dialect: 'draft-07' | '2020-12' }[] = [
  { format: /^application\/vnd\.aai\.asyncapi(\+(json|yaml))?(;\s*version=2\.\d+\.\d+)?$/, dialect: 'draft-07' },
  { format: /^application\/schema\+(json|yaml);\s*version=draft-07$/, dialect: 'draft-07' },
  { format: /^application\/schema\+(json|yaml);\s*version=(draft\/)?2020-12$/, dialect: '2020-12' },
];

/** Compiles schemas of payloads and headers together with all that they refer to, in whichever files of the contract. */
export class PayloadSchemas {
  readonly #places: Places;
  readonly #book: SchemaBook;
  readonly #draft07 = draft07();

  constructor(places: Places, book: SchemaBook) {
    this.#places = places;
    this.#book = book;
  }

  /**
   * The dialect is what `schemaFormat` says. Without one it is what `$schema` says of the file that the schema lies in,
   * and else AsyncAPI's own, which builds on draft-07. Undefined, and a problem, for what is wrong or of another format.
   */
  compile(from: Place, schemaFormat: Place): ValidateFunction | undefined {
    const place = this.#places.resolve(from);
    if (place === undefined) return undefined;
    const dialect = this.#dialect(place, schemaFormat);
    if (dialect === undefined) return undefined;
    const closure = new Closure(this.#places);
    const found = closure.of(place);
    if (found === undefined) return undefined;
    try {
      return dialect === '2020-12' ? this.#book.compile(found) : this.#draft07.compile(found);
    } catch (cause) {
      const { at, words } = closure.original((cause as Error).message);
      this.#places.problem(at ?? place, `the schema is wrong: ${printable(words, 200)}`);
      return undefined;
    }
  }

  #dialect(place: Place, schemaFormat: Place): 'draft-07' | '2020-12' | undefined {
    const format = schemaFormat.value;
    if (format === undefined) {
      const { $schema } = members(this.#places.root(place.file)?.value);
      return typeof $schema === 'string' && $schema.includes('2020-12') ? '2020-12' : 'draft-07';
    }
    const known = DIALECTS.find((it) => it.format.test(String(format)));
    if (known !== undefined) return known.dialect;
    const wanted = 'JSON Schema, such as application/schema+json;version=draft-07 or version=draft/2020-12';
    this.#places.problem(schemaFormat, `found schemaFormat ${printable(String(format))}, wanted ${wanted}`);
    return undefined;
  }
}

function draft07(): Ajv {
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    strict: true,
    strictTypes: false,
    strictRequired: false,
    strictTuples: false,
    addUsedSchema: false,
  });
  addFormats.default(ajv);
  for (const format of UNCHECKED_FORMATS) ajv.addFormat(format, true);
  ajv.addVocabulary(ASYNCAPI_WORDS);
  return ajv;
}

/** One schema that holds all that it refers to, so that it compiles without the files around it. */
class Closure {
  readonly #places: Places;
  readonly #names = new Map<string, string>();
  readonly #added = new Map<string, Place>();
  readonly #definitions: Record<string, unknown> = {};
  #broken = false;

  constructor(places: Places) {
    this.#places = places;
  }

  of(place: Place): object | undefined {
    const name = this.#add(place);
    return this.#broken ? undefined : { $ref: `#/definitions/${name}`, definitions: this.#definitions };
  }

  /** Where a finding of ajv lies, which knows of one schema only, and its words without the way there. */
  original(message: string): { readonly at?: Place; readonly words: string } {
    // Of an invalid schema ajv lists what every form of it would want; the first says it.
    const [first = message] = message.replace('schema is invalid: ', '').split(', data/');
    const found = /(?:data|#)?\/definitions\/(s\d+)((?:\/[^\s"]*)?)/.exec(first);
    const place = this.#added.get(found?.[1] ?? '');
    if (found === null || place === undefined) return { words: first };
    const keys = pointerSegments(found[2] ?? '') ?? [];
    return { at: this.#places.below(place, ...keys), words: first.replace(found[0], `.../${keys.at(-1) ?? ''}`) };
  }

  #add(place: Place): string {
    const key = `${place.file}#${place.pointer}`;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = `s${this.#names.size}`;
    this.#names.set(key, name);
    this.#added.set(name, place);
    this.#definitions[name] = this.#schema(place);
    return name;
  }

  #schema(place: Place): unknown {
    const { value } = place;
    if (Array.isArray(value)) return value.map((_, index) => this.#schema(this.#places.below(place, index)));
    if (typeof value !== 'object' || value === null) return value;
    const kept = Object.entries(value).filter(([key]) => !key.startsWith('x-') && !IDENTITY.has(key));
    return Object.fromEntries(kept.map(([key, member]) => [key, this.#member(place, key, member)]));
  }

  #member(place: Place, key: string, member: unknown): unknown {
    if (VALUES.has(key)) return member;
    if (key === '$ref' && typeof member === 'string') {
      const target = this.#places.target(place, member);
      if (target !== undefined) return `#/definitions/${this.#add(target)}`;
      this.#broken = true;
      return '#';
    }
    const below = this.#places.below(place, key);
    if (!NAMED.has(key)) return this.#schema(below);
    return Object.fromEntries(
      Object.keys(members(member)).map((name) => [name, this.#schema(this.#places.below(below, name))]),
    );
  }
}
