import { pointerTo } from '../../documents/pointer.ts';
import { kindOf } from './proto-encode.ts';
import { SCALARS } from './proto-scalars.ts';
import type { FieldType, FieldValueType, MessageType } from './proto-types.ts';
import { jsonOf } from './proto-well-known.ts';
import { WIRE, WireError, WireReader } from './proto-wire.ts';

const DEEPEST = 100;

export interface DecodedMessage {
  /** Fields without presence are always there, with their zero values; all others only when they came. */
  readonly json: unknown;
  /** What the descriptor does not have, such as `field 9 of pkg.Item`. */
  readonly unknown: readonly string[];
}

/** A message in the JSON mapping of proto3. Throws WireError for bytes that are no such message. */
export function decodeMessage(type: MessageType, bytes: Uint8Array): DecodedMessage {
  const unknown = new Set<string>();
  const json = readMessage(type, [bytes], '', unknown, 0);
  return { json, unknown: [...unknown] };
}

/** A message that comes in several pieces is that of all pieces one after the other. */
function readMessage(
  type: MessageType,
  pieces: readonly Uint8Array[],
  pointer: string,
  unknown: Set<string>,
  depth: number,
): unknown {
  if (depth > DEEPEST) throw new WireError(`messages deeper than ${DEEPEST}`);
  const reader = new WireReader(pieces.length === 1 ? (pieces[0] ?? new Uint8Array(0)) : Buffer.concat(pieces));
  const found = new Map<FieldType, unknown[]>();
  while (!reader.done) {
    const { number, kind } = reader.tag();
    const field = type.fields().find((candidate) => candidate.number === number);
    if (field === undefined) {
      unknown.add(`field ${number} of ${type.name}`);
      reader.skip(kind);
      continue;
    }
    const items = readItems(field, kind, reader, pointer, unknown);
    if (field.oneof !== undefined) {
      for (const other of found.keys()) if (other.oneof === field.oneof && other !== field) found.delete(other);
    }
    found.set(field, [...(found.get(field) ?? []), ...items]);
  }
  const members = type.fields().flatMap((field): [string, unknown][] => {
    const items = found.get(field);
    if (items === undefined && field.hasPresence) return [];
    const at = pointer + pointerTo(field.jsonName);
    return [[field.jsonName, fieldValue(field, items ?? [], at, unknown, depth)]];
  });
  return jsonOf(type.name, Object.fromEntries(members));
}

/** Messages stay bytes until all their pieces are there. */
function readItems(
  field: FieldType,
  kind: number,
  reader: WireReader,
  pointer: string,
  unknown: Set<string>,
): readonly unknown[] {
  const at = () => `${pointer}${pointerTo(field.jsonName)}`;
  const own = field.label === 'map' ? WIRE.bytes : kindOf(field.value);
  if (kind === own) return [readOne(field, reader, at, unknown)];
  if (field.label !== 'repeated' || kind !== WIRE.bytes) {
    throw new WireError(`wire type ${kind} at ${at()}, wanted ${own}`);
  }
  const packed = new WireReader(reader.bytes());
  const items: unknown[] = [];
  while (!packed.done) items.push(readOne(field, packed, at, unknown));
  return items;
}

function readOne(field: FieldType, reader: WireReader, at: () => string, unknown: Set<string>): unknown {
  try {
    if (field.label === 'map' || field.value.kind === 'message') return reader.bytes();
    if (field.value.kind === 'scalar') return SCALARS[field.value.scalar].read(reader);
    const { name, values } = field.value.of;
    const number = Number(BigInt.asIntN(32, reader.varint()));
    const known = [...values].find(([, value]) => value === number)?.[0];
    if (known === undefined) unknown.add(`value ${number} of ${name}`);
    return known ?? number;
  } catch (error) {
    if (error instanceof WireError) throw new WireError(`${error.message}, at ${at()}`);
    throw error;
  }
}

function fieldValue(
  field: FieldType,
  items: readonly unknown[],
  pointer: string,
  unknown: Set<string>,
  depth: number,
): unknown {
  const { value, label } = field;
  const message = (pieces: readonly unknown[], at: string) =>
    value.kind === 'message'
      ? readMessage(value.of, pieces as readonly Uint8Array[], at, unknown, depth + 1)
      : undefined;
  if (label === 'map')
    return Object.fromEntries(items.map((item) => entryOf(field, item as Buffer, pointer, unknown, depth)));
  if (label === 'repeated') {
    return value.kind === 'message' ? items.map((item, index) => message([item], pointer + pointerTo(index))) : items;
  }
  if (value.kind === 'message') return message(items, pointer);
  return items.length === 0 ? zeroOf(value) : items.at(-1);
}

/** An entry of a map is a message of its own: key 1, value 2, either absent when it is zero. */
function entryOf(
  field: FieldType,
  bytes: Buffer,
  pointer: string,
  unknown: Set<string>,
  depth: number,
): [string, unknown] {
  const own = { label: 'single', hasPresence: false } as const;
  const fields: readonly FieldType[] = [
    { ...own, name: 'key', jsonName: 'key', number: 1, value: { kind: 'scalar', scalar: field.key ?? 'string' } },
    { ...own, name: 'value', jsonName: 'value', number: 2, value: field.value },
  ];
  const entry: MessageType = { name: 'map entry', fields: () => fields };
  const { key, value } = readMessage(entry, [bytes], pointer, unknown, depth) as { key: unknown; value: unknown };
  return [String(key), value];
}

function zeroOf(type: FieldValueType): unknown {
  if (type.kind === 'scalar') return SCALARS[type.scalar].zero;
  if (type.kind === 'message') return undefined;
  return [...type.of.values].find(([, number]) => number === 0)?.[0] ?? 0;
}
