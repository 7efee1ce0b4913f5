import { nearest } from '../../documents/nearest.ts';
import { pointerTo } from '../../documents/pointer.ts';
import { printable } from '../../documents/show.ts';
import { SCALARS } from './proto-scalars.ts';
import type { EnumType, FieldType, FieldValueType, MessageType, ProtoProblem } from './proto-types.ts';
import { genericOf } from './proto-well-known.ts';
import { tagBytes, varintBytes, WIRE, type WireKind, withLength } from './proto-wire.ts';

const DEEPEST = 100;
const NOTHING = Buffer.alloc(0);

/** Values that are not judged, such as templates: their fields are left out. */
export type IsOpen = (value: unknown) => boolean;

/**
 * The message of a JSON value by the mapping of proto3. Members are named as in the file or in lowerCamelCase; null is
 * the same as absent. Everything that the descriptor does not allow goes to `problems`, and is left out.
 */
export function encodeMessage(
  type: MessageType,
  json: unknown,
  problems: ProtoProblem[],
  isOpen: IsOpen = () => false,
): Buffer {
  return new Encoder(problems, isOpen).message(type, json, '', 0);
}

class Encoder {
  readonly #problems: ProtoProblem[];
  readonly #isOpen: IsOpen;

  constructor(problems: ProtoProblem[], isOpen: IsOpen) {
    this.#problems = problems;
    this.#isOpen = isOpen;
  }

  message(type: MessageType, json: unknown, pointer: string, depth: number): Buffer {
    if (depth > DEEPEST) return this.#problem(pointer, `found messages deeper than ${DEEPEST}`);
    if (this.#isOpen(json)) return NOTHING;
    const generic = genericOf(type.name, json);
    if (generic === undefined) return this.#mismatch(pointer, json, `a ${type.name} in its JSON form`);
    const { value } = generic;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return this.#mismatch(pointer, json, `an object, a ${type.name}`);
    }
    const given = this.#givenFields(type, value, pointer);
    const parts = type
      .fields()
      .filter((field) => given.has(field))
      .map((field) => {
        const { key, member } = given.get(field) ?? { key: '', member: undefined };
        return this.#field(field, member, pointer + (generic.isMapped ? '' : pointerTo(key)), depth);
      });
    return Buffer.concat(parts);
  }

  #givenFields(type: MessageType, value: object, pointer: string) {
    const given = new Map<FieldType, { readonly key: string; readonly member: unknown }>();
    const oneofs = new Map<string, string>();
    for (const [key, member] of Object.entries(value)) {
      const field = type.fields().find(({ name, jsonName }) => key === jsonName || key === name);
      if (field === undefined) {
        const near = nearest(
          key,
          type.fields().map(({ jsonName }) => jsonName),
        );
        const hint = near === undefined ? '' : `; did you mean "${near}"?`;
        this.#problem(pointer + pointerTo(key), `${type.name} has no field ${printable(key)}${hint}`);
        continue;
      }
      if (member === null && !takesNull(field.value)) continue;
      const other = field.oneof === undefined ? undefined : oneofs.get(field.oneof);
      if (other !== undefined) this.#problem(pointer + pointerTo(key), `only one of ${other} and ${key} can be set`);
      if (field.oneof !== undefined) oneofs.set(field.oneof, key);
      given.set(field, { key, member });
    }
    return given;
  }

  #field(field: FieldType, value: unknown, pointer: string, depth: number): Buffer {
    if (this.#isOpen(value)) return NOTHING;
    if (field.label === 'map') return this.#map(field, value, pointer, depth);
    if (field.label === 'repeated') return this.#list(field, value, pointer, depth);
    const bytes = this.#value(field.value, value, pointer, depth);
    if (bytes === undefined || (!field.hasPresence && isZero(field.value, bytes))) return NOTHING;
    return tagged(field, bytes);
  }

  #list(field: FieldType, value: unknown, pointer: string, depth: number): Buffer {
    if (!Array.isArray(value)) return this.#mismatch(pointer, value, 'a list');
    const items = value.flatMap((item, index) => {
      const bytes = this.#isOpen(item) ? undefined : this.#value(field.value, item, pointer + pointerTo(index), depth);
      return bytes === undefined ? [] : [bytes];
    });
    if (items.length === 0) return NOTHING;
    if (kindOf(field.value) === WIRE.bytes) return Buffer.concat(items.map((item) => tagged(field, item)));
    return Buffer.concat([tagBytes(field.number, WIRE.bytes), withLength(Buffer.concat(items))]);
  }

  #map(field: FieldType, value: unknown, pointer: string, depth: number): Buffer {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return this.#mismatch(pointer, value, 'an object, a map');
    }
    const keyName = field.key ?? 'string';
    const entries = Object.entries(value).flatMap(([key, member]) => {
      const at = pointer + pointerTo(key);
      const keyValue = keyName === 'bool' ? ({ true: true, false: false }[key] ?? key) : key;
      const keyBytes = SCALARS[keyName].write(keyValue);
      if (keyBytes === undefined) this.#mismatch(at, key, `a key that is ${SCALARS[keyName].wanted}`);
      const memberBytes = this.#isOpen(member) ? undefined : this.#value(field.value, member, at, depth);
      if (keyBytes === undefined || memberBytes === undefined) return [];
      const entry = [tagBytes(1, SCALARS[keyName].kind), keyBytes, tagBytes(2, kindOf(field.value)), memberBytes];
      return [tagged(field, withLength(Buffer.concat(entry)), WIRE.bytes)];
    });
    return Buffer.concat(entries);
  }

  #value(type: FieldValueType, value: unknown, pointer: string, depth: number): Buffer | undefined {
    switch (type.kind) {
      case 'message':
        return withLength(this.message(type.of, value, pointer, depth + 1));
      case 'enum':
        return this.#enum(type.of, value, pointer);
      case 'scalar': {
        const bytes = SCALARS[type.scalar].write(value);
        if (bytes === undefined) this.#mismatch(pointer, value, SCALARS[type.scalar].wanted);
        return bytes;
      }
    }
  }

  #enum({ name, values }: EnumType, value: unknown, pointer: string): Buffer | undefined {
    // Numbers that the enum does not have may be sent: proto3's enums are open.
    const isNumber = typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 31;
    const number = isNumber ? value : name === 'google.protobuf.NullValue' ? 0 : values.get(String(value));
    if (number !== undefined) return varintBytes(BigInt(number));
    this.#mismatch(pointer, value, `a value of ${name}: ${[...values.keys()].slice(0, 10).join(', ')}`);
    return undefined;
  }

  #mismatch(pointer: string, value: unknown, wanted: string): Buffer {
    return this.#problem(pointer, `found ${printable(JSON.stringify(value) ?? 'nothing', 60)}, wanted ${wanted}`);
  }

  #problem(pointer: string, message: string): Buffer {
    this.#problems.push({ pointer, message });
    return NOTHING;
  }
}

export function kindOf(type: FieldValueType): WireKind {
  if (type.kind === 'message') return WIRE.bytes;
  return type.kind === 'enum' ? WIRE.varint : SCALARS[type.scalar].kind;
}

function tagged(field: FieldType, bytes: Buffer, kind: WireKind = kindOf(field.value)): Buffer {
  return Buffer.concat([tagBytes(field.number, kind), bytes]);
}

/** What nobody sends who cannot tell it from absent. Zero is zero bytes in every way to write it. */
function isZero(type: FieldValueType, bytes: Buffer): boolean {
  return type.kind !== 'message' && bytes.every((byte) => byte === 0);
}

const takesNull = ({ kind, ...type }: FieldValueType) =>
  kind !== 'scalar' &&
  'of' in type &&
  ['google.protobuf.Value', 'google.protobuf.NullValue'].includes((type.of as { readonly name: string }).name);
