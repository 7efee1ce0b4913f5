import type { ValidateFunction } from 'ajv/dist/2020.js';
import { locate } from '../../documents/locate.ts';
import { pointerTo, resolvePointer } from '../../documents/pointer.ts';
import { printable } from '../../documents/show.ts';
import type { Source } from '../../documents/source-tree.ts';
import { type PerfError, UsageError } from '../../domain/errors.ts';
import { written } from '../matcher.ts';
import type { SchemaBook } from './json-schema.ts';
import { OPENAPI_SHAPE } from './openapi-shape.ts';

export interface DocumentedHeader {
  /** Lower case. */
  readonly name: string;
  readonly required: boolean;
  readonly validate?: ValidateFunction;
}

export interface DocumentedResponse {
  /** `200`, `4XX` or `default`. */
  readonly status: string;
  /** Undefined: the document says nothing about the body. Empty: there must be none. */
  readonly content?: readonly { readonly mediaType: string; readonly validate?: ValidateFunction }[];
  readonly headers: readonly DocumentedHeader[];
}

export interface DocumentedOperation {
  /** Upper case. */
  readonly method: string;
  /** Path template, such as `/items/{id}`. */
  readonly path: string;
  readonly responses: readonly DocumentedResponse[];
}

/** The parts of a contract that an OpenAPI document is read from. */
export interface OpenApiInput {
  readonly source: Source;
  /** Path of the document relative to the contract's directory. */
  readonly path: string;
  readonly content: unknown;
  readonly book: SchemaBook;
}

type Members = Readonly<Record<string, unknown>>;
/** A place in the document with what is there, after following one `$ref`. */
interface Place {
  readonly pointer: string;
  readonly value: Members;
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

/** Every operation with its answers, schemas compiled; everything wrong with the document goes to `problems`. */
export function readOpenApi(input: OpenApiInput, problems: PerfError[]): readonly DocumentedOperation[] {
  const reader = new DocumentReader(input, problems);
  return reader.read();
}

class DocumentReader {
  readonly #input: OpenApiInput;
  readonly #problems: PerfError[];

  constructor(input: OpenApiInput, problems: PerfError[]) {
    this.#input = input;
    this.#problems = problems;
  }

  read(): readonly DocumentedOperation[] {
    const root = members(this.#input.content);
    if (typeof root.openapi !== 'string' || !/^3\.1\.\d+$/.test(root.openapi)) {
      this.#problem(
        '/openapi',
        `found OpenAPI version ${printable(JSON.stringify(root.openapi ?? null))}, wanted 3.1.x`,
      );
      return [];
    }
    this.#checkShape();
    this.#compileComponents();
    const ids = new Set<unknown>();
    // What somebody else would call is no operation of the service, but may be as wrong.
    this.#operations('/webhooks', root.webhooks, ids);
    return this.#operations('/paths', root.paths, ids);
  }

  #operations(pointer: string, value: unknown, ids: Set<unknown>): readonly DocumentedOperation[] {
    return this.#members({ pointer, value: members(value) }).flatMap((path) => {
      const template = path.key;
      if (pointer === '/paths' && !template.startsWith('/'))
        this.#problem(path.pointer, `path ${printable(template)} must start with a slash`);
      return this.#members(path)
        .filter(({ key }) => METHODS.includes(key))
        .map((operation) => {
          const id = operation.value.operationId;
          if (id !== undefined && ids.has(id))
            this.#problem(operation.pointer, `operationId ${printable(String(id))} is used twice`);
          ids.add(id);
          this.#checkParameters(template, path, operation);
          return { method: operation.key.toUpperCase(), path: template, responses: this.#responses(operation) };
        });
    });
  }

  #checkShape(): void {
    for (const { pointer, value, wanted } of this.#input.book.check(OPENAPI_SHAPE, this.#input.content)) {
      this.#problem(pointer, `found ${printable(written(value), 80)}, wanted ${wanted}`);
    }
  }

  #responses(operation: Place): readonly DocumentedResponse[] {
    const responses = this.#members(this.#below(operation, 'responses'));
    // Left out it is allowed, and any answer is undocumented.
    if (responses.length === 0 && operation.value.responses !== undefined)
      this.#problem(`${operation.pointer}/responses`, 'an operation without responses');
    return responses.map((response) => {
      if (!/^([1-5]\d\d|[1-5]XX|default)$/.test(response.key)) {
        this.#problem(response.pointer, `found status ${printable(response.key)}, wanted 200, 2XX or default`);
      }
      const content =
        response.value.content === undefined ? undefined : this.#members(this.#below(response, 'content'));
      return {
        status: response.key,
        headers: this.#members(this.#below(response, 'headers')).map((header) => ({
          name: header.key.toLowerCase(),
          required: header.value.required === true,
          ...this.#validator(header),
        })),
        ...(content && {
          content: content.map((media) => ({ mediaType: media.key.toLowerCase(), ...this.#validator(media) })),
        }),
      };
    });
  }

  /** Answers are what is checked, but a wrong schema anywhere makes the document untrustworthy. */
  #compileComponents(): void {
    const components = { pointer: '/components', value: members(members(this.#input.content).components) };
    for (const { pointer } of this.#members(this.#below(components, 'schemas'))) this.#compile(pointer);
    for (const part of ['parameters', 'requestBodies']) {
      for (const place of this.#members(this.#below(components, part))) {
        this.#validator(place);
        for (const media of this.#members(this.#below(place, 'content'))) this.#validator(media);
      }
    }
  }

  #checkParameters(template: string, path: Place, operation: Place): void {
    const declared = [path, operation].flatMap((owner) => this.#members(this.#below(owner, 'parameters')));
    for (const parameter of declared) this.#validator(parameter);
    const names = new Set(declared.filter(({ value }) => value.in === 'path').map(({ value }) => value.name));
    for (const [, name] of template.matchAll(/\{([^{}]+)\}/g)) {
      if (!names.has(name))
        this.#problem(operation.pointer, `path parameter {${printable(name ?? '')}} is not declared`);
    }
    for (const media of this.#members(this.#below(this.#below(operation, 'requestBody'), 'content')))
      this.#validator(media);
  }

  #validator(place: Place): { readonly validate?: ValidateFunction } {
    const validate = place.value.schema === undefined ? undefined : this.#compile(`${place.pointer}/schema`);
    return validate === undefined ? {} : { validate };
  }

  #compile(pointer: string): ValidateFunction | undefined {
    try {
      return this.#input.book.compileAt(this.#input.path, pointer);
    } catch (cause) {
      this.#problem(pointer, `the schema is wrong: ${printable((cause as Error).message, 200)}`);
      return undefined;
    }
  }

  #below(place: Place, key: string): Place {
    return this.#resolve({ pointer: place.pointer + pointerTo(key), value: place.value[key] });
  }

  #members(place: Place): readonly (Place & { readonly key: string })[] {
    return Object.entries(place.value)
      .filter(([key]) => key !== '$ref' && !key.startsWith('x-'))
      .map(([key, value]) => ({ key, ...this.#resolve({ pointer: place.pointer + pointerTo(key), value }) }));
  }

  /** Follows references inside the document; schemas are left to ajv. */
  #resolve(from: { readonly pointer: string; readonly value: unknown }): Place {
    let { pointer, value } = from;
    for (let hops = 0; hops < 20; hops += 1) {
      const reference = members(value).$ref;
      if (typeof reference !== 'string' || /\/(schema|schemas\/[^/]+)$/.test(pointer))
        return { pointer, value: members(value) };
      const target = reference.startsWith('#') ? decodeURIComponent(reference.slice(1)) : undefined;
      const found = target === undefined ? { found: false } : resolvePointer(this.#input.content, target);
      if (target === undefined || !found.found) {
        this.#problem(`${pointer}/$ref`, `$ref ${printable(reference)} leads to nothing in this document`);
        return { pointer, value: {} };
      }
      pointer = target;
      value = 'value' in found ? found.value : undefined;
    }
    this.#problem(from.pointer, '$ref leads in a circle');
    return { pointer: from.pointer, value: {} };
  }

  #problem(pointer: string, message: string): void {
    this.#problems.push(new UsageError('openapi-invalid', message, { at: locate(this.#input.source, pointer) }));
  }
}

function members(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {};
}
