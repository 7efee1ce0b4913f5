import protobuf from 'protobufjs';
import { SCALARS } from './proto-scalars.ts';
import type { FieldType, FieldValueType, MessageType, ScalarName } from './proto-types.ts';

/** The messages of a resolved root by their full names. Throws TypeError for a name that it does not have. */
export function messageTypes(root: protobuf.Root): (fullName: string) => MessageType {
  const known = new Map<string, MessageType>();
  const typeOf = (type: protobuf.Type): MessageType => {
    const name = type.fullName.slice(1);
    let made = known.get(name);
    if (made === undefined) {
      let fields: readonly FieldType[] | undefined;
      made = {
        name,
        fields() {
          fields ??= type.fieldsArray.map((field) => fieldOf(field, typeOf)).sort((a, b) => a.number - b.number);
          return fields;
        },
      };
      known.set(name, made);
    }
    return made;
  };
  return (fullName) => typeOf(root.lookupType(fullName));
}

function fieldOf(field: protobuf.Field, typeOf: (type: protobuf.Type) => MessageType): FieldType {
  const value = valueTypeOf(field, typeOf);
  const isMap = field instanceof protobuf.MapField;
  const label = isMap ? 'map' : field.repeated ? 'repeated' : 'single';
  // An optional field is a member of a oneof that the compiler makes for it alone.
  const optional = field.options?.proto3_optional === true;
  const { partOf } = field;
  const given = field.options?.json_name;
  return {
    name: field.name,
    jsonName: typeof given === 'string' ? given : lowerCamelCase(field.name),
    number: field.id,
    label,
    ...(isMap ? { key: field.keyType as ScalarName } : {}),
    value,
    hasPresence: label === 'single' && (optional || partOf !== null || value.kind === 'message'),
    ...(partOf === null || partOf === undefined || optional ? {} : { oneof: partOf.name }),
  };
}

function valueTypeOf(
  { type, resolvedType }: protobuf.Field,
  typeOf: (type: protobuf.Type) => MessageType,
): FieldValueType {
  if (resolvedType instanceof protobuf.Type) return { kind: 'message', of: typeOf(resolvedType) };
  if (resolvedType instanceof protobuf.Enum) {
    const values = new Map(Object.entries(resolvedType.values));
    return { kind: 'enum', of: { name: resolvedType.fullName.slice(1), values } };
  }
  if (!Object.hasOwn(SCALARS, type)) throw new TypeError(`${type} is no type of proto3`);
  return { kind: 'scalar', scalar: type as ScalarName };
}

function lowerCamelCase(name: string): string {
  return name.replace(/_+([A-Za-z0-9]?)/g, (_, letter: string) => letter.toUpperCase());
}
