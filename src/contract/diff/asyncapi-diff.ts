import { type Changes, type Direction, equal, keysOf, listOf, membersOf, quoted } from './change.ts';
import { type At, child, type ParsedFiles, resolved, rootAt } from './places.ts';
import type { SchemaDiff } from './schema-diff.ts';

/** What clients publish, the service receives; what they subscribe to, it sends. */
const DIRECTIONS = { publish: 'received', subscribe: 'sent' } as const;

/** Compares two AsyncAPI 2.6 documents: channels, and the messages that pass through them. */
export class AsyncApiDiff {
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
    const [olds, nows] = [child(before, 'channels'), child(after, 'channels')];
    const { gone, fresh, kept } = keysOf(membersOf(olds.value), membersOf(nows.value));
    for (const address of gone) this.#tell('breaking', child(nows, address), `channel ${quoted(address)} is gone`);
    for (const address of fresh) this.#tell('compatible', child(nows, address), `channel ${quoted(address)} is new`);
    this.#differs('defaultContentType', before, after);
    for (const address of kept) {
      this.#channel(resolved(child(olds, address), this.#before), resolved(child(nows, address), this.#after));
    }
  }

  #tell(kind: 'breaking' | 'compatible' | 'documentation', at: At, message: string): void {
    this.#changes.add(kind, at.file, at.pointer, message);
  }

  /** What cannot be weighed: any difference counts. */
  #differs(word: string, before: At, after: At): void {
    const at = child(after, word);
    if (!equal(child(before, word).value, at.value)) this.#tell('breaking', at, `${word} changed`);
  }

  #channel(before: At, after: At): void {
    this.#differs('bindings', before, after);
    const parameters = [child(before, 'parameters'), child(after, 'parameters')] as const;
    for (const name of Object.keys(membersOf(parameters[1].value))) {
      const [old, now] = [
        resolved(child(parameters[0], name), this.#before),
        resolved(child(parameters[1], name), this.#after),
      ];
      if (old.value !== undefined) this.#schemas.compare(child(old, 'schema'), child(now, 'schema'), 'received');
    }
    for (const [word, direction] of Object.entries(DIRECTIONS)) {
      const [old, now] = [child(before, word), child(after, word)];
      if (old.value === undefined && now.value !== undefined) this.#tell('compatible', now, `${word} is new`);
      if (old.value !== undefined && now.value === undefined) this.#tell('breaking', now, `${word} is gone`);
      if (old.value === undefined || now.value === undefined) continue;
      this.#differs('bindings', old, now);
      this.#differs('traits', old, now);
      this.#messages(messagesOf(old, this.#before), messagesOf(now, this.#after), now, direction);
      this.#described(old, now);
    }
    this.#described(before, after);
  }

  #messages(olds: ReadonlyMap<string, At>, nows: ReadonlyMap<string, At>, at: At, direction: Direction): void {
    for (const [name] of olds) if (!nows.has(name)) this.#tell('breaking', at, `message ${name} is gone`);
    for (const [name, now] of nows) {
      const old = olds.get(name);
      if (old === undefined) this.#tell('compatible', now, `message ${name} is new`);
      else this.#message(old, now, direction);
    }
  }

  #message(before: At, after: At, direction: Direction): void {
    for (const word of ['contentType', 'schemaFormat', 'correlationId', 'bindings', 'traits'])
      this.#differs(word, before, after);
    this.#schemas.compare(child(before, 'payload'), child(after, 'payload'), direction);
    this.#schemas.compare(child(before, 'headers'), child(after, 'headers'), direction);
    this.#described(before, after);
  }

  #described(before: At, after: At): void {
    const [old, now] = [membersOf(before.value), membersOf(after.value)];
    const words = ['title', 'summary', 'description', 'examples', 'tags', 'operationId', 'externalDocs'];
    if (words.some((word) => !equal(old[word], now[word])))
      this.#tell('documentation', after, 'its description changed');
  }
}

/** By their names; one without a name by its place in the list. */
function messagesOf(operation: At, files: ParsedFiles): ReadonlyMap<string, At> {
  const message = resolved(child(operation, 'message'), files);
  const several = listOf(membersOf(message.value).oneOf);
  const list =
    several.length === 0 ? [child(operation, 'message')] : several.map((_, index) => child(message, 'oneOf', index));
  return new Map(
    list.map((written, index) => {
      const at = resolved(written, files);
      const { messageId, name } = membersOf(at.value);
      const { $ref } = membersOf(written.value);
      const known = [messageId, name, typeof $ref === 'string' ? $ref.split('/').at(-1) : undefined];
      // The only one may be renamed: nothing on the wire tells its name.
      return [list.length === 1 ? 'of the channel' : String(known.find((it) => it !== undefined) ?? index + 1), at];
    }),
  );
}
