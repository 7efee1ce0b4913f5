import { type Changes, equal, keysOf, listOf, type Members, membersOf, quoted } from './change.ts';
import { type At, child, type ParsedFiles, resolved, rootAt } from './places.ts';
import type { SchemaDiff } from './schema-diff.ts';

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

interface Operation {
  readonly at: At;
  /** By place and name. */
  readonly parameters: ReadonlyMap<string, At>;
}

/** Compares two OpenAPI 3.1 documents: what clients may send, and what they are answered. */
export class OpenApiDiff {
  readonly #before: ParsedFiles;
  readonly #after: ParsedFiles;
  readonly #changes: Changes;
  readonly #schemas: SchemaDiff;

  constructor(before: ParsedFiles, after: ParsedFiles, changes: Changes, schemas: SchemaDiff) {
    this.#before = before;
    this.#after = after;
    this.#changes = changes;
    this.#schemas = schemas;
  }

  compare(beforeFile: string, afterFile: string): void {
    const [before, after] = [rootAt(this.#before, beforeFile), rootAt(this.#after, afterFile)];
    const [olds, nows] = [operations(before, this.#before), operations(after, this.#after)];
    for (const [name, { at }] of olds)
      if (!nows.has(name)) this.#tell('breaking', after, `operation ${name} is gone`, at.pointer);
    for (const [name, { at }] of nows) if (!olds.has(name)) this.#tell('compatible', at, `operation ${name} is new`);
    for (const [name, old] of olds) {
      const now = nows.get(name);
      if (now !== undefined) this.#operation(old, now, { before: before.value, after: after.value });
    }
    for (const word of ['webhooks', 'jsonSchemaDialect']) {
      const at = child(after, word);
      if (!equal(child(before, word).value, at.value)) this.#tell('breaking', at, `${word} changed`);
    }
  }

  #tell(kind: 'breaking' | 'compatible' | 'documentation', at: At, message: string, pointer = at.pointer): void {
    this.#changes.add(kind, at.file, pointer, message);
  }

  #operation(old: Operation, now: Operation, roots: { readonly before: unknown; readonly after: unknown }): void {
    this.#parameters(old, now);
    this.#requestBody(child(old.at, 'requestBody'), child(now.at, 'requestBody'));
    this.#responses(child(old.at, 'responses'), child(now.at, 'responses'));
    const security = (operation: Operation, root: unknown) =>
      membersOf(operation.at.value).security ?? membersOf(root).security ?? [];
    const [was, is] = [security(old, roots.before), security(now, roots.after)];
    if (!equal(was, is)) this.#tell('breaking', child(now.at, 'security'), 'security changed');
    if (!equal(child(old.at, 'callbacks').value, child(now.at, 'callbacks').value))
      this.#tell('breaking', child(now.at, 'callbacks'), 'callbacks changed');
    this.#described(old.at, now.at, ['summary', 'description', 'operationId', 'tags', 'deprecated']);
  }

  #described(
    before: At,
    after: At,
    words: readonly string[] = ['description', 'examples', 'example', 'deprecated'],
  ): void {
    const [old, now] = [membersOf(before.value), membersOf(after.value)];
    if (words.some((word) => !equal(old[word], now[word])))
      this.#tell('documentation', after, 'its description changed');
  }

  #parameters(old: Operation, now: Operation): void {
    for (const [name, at] of old.parameters)
      if (!now.parameters.has(name)) this.#tell('breaking', now.at, `parameter ${name} is gone`, at.pointer);
    for (const [name, at] of now.parameters) {
      const before = old.parameters.get(name);
      const required = membersOf(at.value).required === true;
      if (before === undefined)
        this.#tell(required ? 'breaking' : 'compatible', at, `${required ? 'required ' : ''}parameter ${name} is new`);
      else this.#parameter(name, before, at);
    }
  }

  #parameter(name: string, before: At, after: At): void {
    const [old, now] = [membersOf(before.value), membersOf(after.value)];
    if (now.required === true && old.required !== true)
      this.#tell('breaking', after, `parameter ${name} is required now`);
    if (now.required !== true && old.required === true)
      this.#tell('compatible', after, `parameter ${name} is no longer required`);
    for (const word of ['style', 'explode', 'allowReserved', 'allowEmptyValue', 'content'])
      if (!equal(old[word], now[word]))
        this.#tell('breaking', child(after, word), `${word} of parameter ${name} changed`);
    this.#schemas.compare(child(before, 'schema'), child(after, 'schema'), 'received');
    this.#described(before, after);
  }

  #requestBody(beforeAt: At, afterAt: At): void {
    const [before, after] = [resolved(beforeAt, this.#before), resolved(afterAt, this.#after)];
    const [old, now] = [membersOf(before.value), membersOf(after.value)];
    if (before.value === undefined && after.value === undefined) return;
    if (before.value === undefined || after.value === undefined) {
      const required = now.required === true;
      if (after.value === undefined) this.#tell('breaking', after, 'the request body is gone');
      else
        this.#tell(
          required ? 'breaking' : 'compatible',
          after,
          `a request body is ${required ? 'required' : 'accepted'} now`,
        );
      return;
    }
    if (now.required === true && old.required !== true)
      this.#tell('breaking', after, 'the request body is required now');
    if (now.required !== true && old.required === true)
      this.#tell('compatible', after, 'the request body is no longer required');
    this.#content(child(before, 'content'), child(after, 'content'), 'received');
    this.#described(before, after);
  }

  #content(before: At, after: At, direction: 'received' | 'sent'): void {
    const { gone, fresh, kept } = keysOf(membersOf(before.value), membersOf(after.value));
    for (const type of gone) this.#tell('breaking', child(after, type), `media type ${type} is gone`);
    for (const type of fresh) this.#tell('compatible', child(after, type), `media type ${type} is new`);
    for (const type of kept) {
      this.#schemas.compare(child(before, type, 'schema'), child(after, type, 'schema'), direction);
      this.#described(child(before, type), child(after, type));
    }
  }

  #responses(before: At, after: At): void {
    const { gone, fresh, kept } = keysOf(membersOf(before.value), membersOf(after.value));
    // Services that answer so would be refused: the status is not documented any more.
    for (const status of gone) this.#tell('breaking', child(after, status), `response ${status} is gone`);
    for (const status of fresh) this.#tell('compatible', child(after, status), `response ${status} is new`);
    for (const status of kept) {
      const [old, now] = [resolved(child(before, status), this.#before), resolved(child(after, status), this.#after)];
      this.#content(child(old, 'content'), child(now, 'content'), 'sent');
      this.#headers(child(old, 'headers'), child(now, 'headers'));
      this.#described(old, now);
    }
  }

  #headers(before: At, after: At): void {
    const [olds, nows] = [lowerCase(before), lowerCase(after)];
    for (const [name] of olds) if (!nows.has(name)) this.#tell('breaking', after, `header ${name} is gone`);
    for (const [name, header] of nows) {
      const now = resolved(header, this.#after);
      const old = olds.get(name);
      const required = membersOf(now.value).required === true;
      if (old === undefined) {
        this.#tell(required ? 'breaking' : 'compatible', now, `${required ? 'required ' : ''}header ${name} is new`);
        continue;
      }
      const was = resolved(old, this.#before);
      if (required !== (membersOf(was.value).required === true))
        this.#tell('breaking', now, `header ${name} is ${required ? 'required now' : 'no longer required'}`);
      this.#schemas.compare(child(was, 'schema'), child(now, 'schema'), 'sent');
    }
  }
}

function lowerCase(headers: At): ReadonlyMap<string, At> {
  return new Map(Object.keys(membersOf(headers.value)).map((name) => [name.toLowerCase(), child(headers, name)]));
}

/** By method and path; how a part of a path is called makes no difference. */
function operations(root: At, files: ParsedFiles): ReadonlyMap<string, Operation> {
  const found = new Map<string, Operation>();
  const paths = child(root, 'paths');
  for (const path of Object.keys(membersOf(paths.value))) {
    const item = resolved(child(paths, path), files);
    const names = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name ?? '');
    for (const method of METHODS) {
      const at = child(item, method);
      if (at.value === undefined) continue;
      const parameters = new Map([...parametersOf(item, files, names), ...parametersOf(at, files, names)]);
      found.set(`${method.toUpperCase()} ${path.replace(/\{[^}]+\}/g, '{}')}`, { at, parameters });
    }
  }
  return found;
}

function parametersOf(owner: At, files: ParsedFiles, names: readonly string[]): readonly (readonly [string, At])[] {
  const list = child(owner, 'parameters');
  return listOf(list.value).map((_, index) => {
    const at = resolved(child(list, index), files);
    return [parameterName(membersOf(at.value), names), at] as const;
  });
}

function parameterName({ in: place, name }: Members, names: readonly string[]): string {
  if (place === 'path') return `path ${names.indexOf(String(name)) + 1}`;
  return `${String(place)} ${place === 'header' ? String(name).toLowerCase() : printableName(name)}`;
}

const printableName = (name: unknown) => quoted(name).replace(/^"|"$/g, '');
