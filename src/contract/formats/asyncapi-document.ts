import type { ValidateFunction } from 'ajv/dist/2020.js';
import { locate } from '../../documents/locate.ts';
import { printable } from '../../documents/show.ts';
import { type PerfError, UsageError } from '../../domain/errors.ts';
import type { DocumentedChannels, DocumentedMessage } from '../documents.ts';
import { members, type Place, Places } from './asyncapi-places.ts';
import { PayloadSchemas } from './asyncapi-schema.ts';
import { asyncApiProblems } from './asyncapi-validity.ts';
import type { DocumentFile } from './documents.ts';
import { findings, type SchemaBook } from './json-schema.ts';

interface DocumentedChannel {
  readonly address: string;
  /** `publish` of the document: what clients publish, the service receives. */
  readonly received: readonly DocumentedMessage[];
  /** `subscribe` of the document: what clients subscribe to, the service sends. */
  readonly sent: readonly DocumentedMessage[];
}

/**
 * Every channel of an AsyncAPI 2.6 document with its messages, schemas compiled; everything wrong with the document goes
 * to `problems`. Undefined when nothing of it can be used.
 */
export function readAsyncApi(
  file: DocumentFile,
  book: SchemaBook,
  problems: PerfError[],
): DocumentedChannels | undefined {
  const { parsed } = file;
  if (parsed === undefined) return undefined;
  const { asyncapi } = members(parsed.content);
  if (asyncapi !== '2.6.0') {
    const message = `found AsyncAPI version ${printable(JSON.stringify(asyncapi ?? null))}, wanted "2.6.0"`;
    problems.push(new UsageError('asyncapi-invalid', message, { at: locate(parsed.source, '/asyncapi') }));
    return undefined;
  }
  const invalid = asyncApiProblems(parsed.source, parsed.content);
  problems.push(...invalid);
  if (invalid.length > 0) return undefined;
  const channels = new DocumentReader(file, book, problems).read();
  const find = (address: string) =>
    channels.find((it) => it.address === address) ?? channels.find((it) => fits(it.address, address));
  return {
    addresses: channels.map(({ address }) => address),
    sent: (address) => find(address)?.sent,
    received: (address) => find(address)?.received,
  };
}

/** Whether an address is one of those that a template such as `rooms/{room}` stands for. */
function fits(template: string, address: string): boolean {
  const wanted = template.split('/');
  const segments = address.split('/');
  return (
    wanted.length === segments.length &&
    wanted.every(
      (segment, index) => segment === segments[index] || (/^\{.+\}$/.test(segment) && segments[index] !== ''),
    )
  );
}

class DocumentReader {
  readonly #places: Places;
  readonly #root: Place;
  readonly #schemas: PayloadSchemas;
  /** Messages by their place: several channels may refer to one. */
  readonly #messages = new Map<string, DocumentedMessage>();
  readonly #ids = new Map<string, Set<unknown>>();

  constructor(file: DocumentFile, book: SchemaBook, problems: PerfError[]) {
    this.#places = new Places(file.files, problems);
    this.#root = this.#places.root(file.path) ?? { file: file.path, pointer: '', value: file.parsed?.content };
    this.#schemas = new PayloadSchemas(this.#places, book);
  }

  read(): readonly DocumentedChannel[] {
    if (!this.#checkReferences(this.#root)) return [];
    this.#readComponents();
    return this.#entries(this.#below(this.#root, 'channels')).flatMap(({ key, place }) => {
      const channel = this.#places.resolve(place);
      if (channel === undefined) return [];
      this.#checkParameters(key, channel);
      this.#checkServers(channel);
      const received = this.#operation(this.#below(channel, 'publish'));
      const sent = this.#operation(this.#below(channel, 'subscribe'));
      return [{ address: key, received, sent }];
    });
  }

  /** A wrong schema anywhere makes the document untrustworthy, also where no channel uses it. */
  #readComponents(): void {
    const components = this.#below(this.#root, 'components');
    for (const { place } of this.#entries(this.#below(components, 'messages'))) this.#message(place);
    for (const { place } of this.#entries(this.#below(components, 'schemas'))) this.#schemas.compile(place, NOTHING);
  }

  /** References may stand nearly everywhere, also where nothing below is read. */
  #checkReferences(place: Place): boolean {
    const { $ref } = members(place.value);
    const isFine = typeof $ref !== 'string' || this.#places.target(place, $ref) !== undefined;
    const below = this.#entries(place).filter(({ key }) => !VALUES.has(key));
    return below.map((entry) => this.#checkReferences(entry.place)).every(Boolean) && isFine;
  }

  #operation(operation: Place): readonly DocumentedMessage[] {
    if (operation.value === undefined) return [];
    this.#checkUnique('operationId', operation);
    const message = this.#below(operation, 'message');
    if (message.value === undefined) return [];
    const { oneOf } = members(message.value);
    if (!Array.isArray(oneOf)) return this.#message(message);
    return oneOf.flatMap((_, index) => this.#message(this.#below(message, 'oneOf', index)));
  }

  /** One, or those of a `oneOf` that a reference leads to; none when something is wrong. */
  #message(from: Place): readonly DocumentedMessage[] {
    const place = this.#places.resolve(from);
    if (place === undefined) return [];
    const { oneOf } = members(place.value);
    if (Array.isArray(oneOf)) return oneOf.flatMap((_, index) => this.#message(this.#below(place, 'oneOf', index)));
    const key = `${place.file}#${place.pointer}`;
    const known = this.#messages.get(key);
    if (known !== undefined) return [known];
    this.#checkUnique('messageId', place);
    const message = this.#compiledMessage(place);
    this.#messages.set(key, message);
    this.#checkExamples(place, message);
    return [message];
  }

  #compiledMessage(place: Place): DocumentedMessage {
    const traits = (
      Array.isArray(members(place.value).traits) ? (members(place.value).traits as unknown[]) : []
    ).flatMap((_, index) => this.#places.resolve(this.#below(place, 'traits', index)) ?? []);
    // Traits are merged over the message, the last one on top.
    const layers = [place, ...traits];
    const last = (key: string) => layers.map((it) => this.#below(it, key)).findLast(({ value }) => value !== undefined);
    const compiled = (from: Place, schemaFormat: Place): readonly ValidateFunction[] => {
      const validate = from.value === undefined ? undefined : this.#schemas.compile(from, schemaFormat);
      return validate === undefined ? [] : [validate];
    };
    const payload = compiled(this.#below(place, 'payload'), last('schemaFormat') ?? NOTHING);
    const headers = layers.flatMap((it) => compiled(this.#below(it, 'headers'), NOTHING));
    const contentType = last('contentType')?.value ?? members(this.#root.value).defaultContentType;
    return {
      name: nameOf(last('name')?.value ?? last('messageId')?.value, place),
      ...(typeof contentType === 'string' ? { contentType } : {}),
      check: (value, headersGiven) => [
        ...payload.flatMap((validate) => findings(validate, value)),
        ...(headersGiven === undefined ? [] : headers.flatMap((validate) => findings(validate, headersGiven))).map(
          (found) => ({ ...found, pointer: `headers ${found.pointer}`.trimEnd() }),
        ),
      ],
    };
  }

  #checkExamples(place: Place, message: DocumentedMessage): void {
    for (const { place: example } of this.#entries(this.#below(place, 'examples'))) {
      const { payload, headers } = members(example.value);
      if (payload === undefined) continue;
      const [found] = message.check(payload, headers);
      if (found === undefined) continue;
      const where = found.pointer === '' ? '' : ` at ${printable(found.pointer)}`;
      this.#places.problem(example, `the example is no such message: wanted ${printable(found.wanted, 120)}${where}`);
    }
  }

  #checkParameters(address: string, channel: Place): void {
    const declared = new Set(this.#entries(this.#below(channel, 'parameters')).map(({ key }) => key));
    const used = [...address.matchAll(/\{([^{}]+)\}/g)].map(([, name = '']) => name);
    for (const name of used) {
      if (!declared.has(name)) this.#places.problem(channel, `channel parameter {${printable(name)}} is not declared`);
    }
    for (const name of declared) {
      if (used.includes(name)) continue;
      const place = this.#below(channel, 'parameters', name);
      this.#places.problem(place, `parameter ${printable(name)} is not in the channel's address ${printable(address)}`);
    }
  }

  #checkServers(channel: Place): void {
    const servers = members(members(this.#root.value).servers);
    for (const { place } of this.#entries(this.#below(channel, 'servers'))) {
      if (typeof place.value === 'string' && !Object.hasOwn(servers, place.value))
        this.#places.problem(place, `server ${printable(place.value)} is not in servers`);
    }
  }

  #checkUnique(member: 'operationId' | 'messageId', place: Place): void {
    const id = this.#below(place, member);
    if (id.value === undefined) return;
    const known = this.#ids.get(member) ?? new Set();
    this.#ids.set(member, known);
    if (known.has(id.value)) this.#places.problem(id, `${member} ${printable(String(id.value))} is used twice`);
    known.add(id.value);
  }

  #below(place: Place, ...keys: readonly (string | number)[]): Place {
    return this.#places.below(place, ...keys);
  }

  #entries(place: Place): readonly { readonly key: string; readonly place: Place }[] {
    return Object.keys(typeof place.value === 'object' && place.value !== null ? place.value : {})
      .filter((key) => !key.startsWith('x-'))
      .map((key) => ({ key, place: this.#below(place, key) }));
  }
}

/** Members that hold values of any form. */
const VALUES = new Set(['const', 'enum', 'default', 'example', 'examples']);
const NOTHING: Place = { file: '', pointer: '', value: undefined };

/** Its own name, or the last segment of where it stands. */
function nameOf(own: unknown, { pointer }: Place): string {
  return typeof own === 'string' ? own : (pointer.split('/').at(-1) ?? '').replaceAll('~1', '/').replaceAll('~0', '~');
}
