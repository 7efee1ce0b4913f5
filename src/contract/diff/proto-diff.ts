import protobuf from 'protobufjs';
import { parseProto } from '../formats/proto-file.ts';
import type { Changes } from './change.ts';

interface Descriptors {
  readonly messages: ReadonlyMap<string, protobuf.Type>;
  readonly enums: ReadonlyMap<string, protobuf.Enum>;
  readonly methods: ReadonlyMap<string, string>;
}

type Tell = (kind: 'breaking' | 'compatible', place: string, message: string) => void;

/**
 * Compares two .proto files with all that they import: on the wire, in the JSON mapping and in generated code, so names
 * and numbers count alike. What does not parse is left to loading the contract.
 */
export function compareProto(
  [before, beforeFile]: readonly [ReadonlyMap<string, string>, string],
  [after, afterFile]: readonly [ReadonlyMap<string, string>, string],
  changes: Changes,
): void {
  const [old, now] = [descriptors(before, beforeFile), descriptors(after, afterFile)];
  if (old === undefined || now === undefined) return;
  const tell: Tell = (kind, place, message) => changes.add(kind, afterFile, place, message);
  compareKeys(old.methods, now.methods, 'method', tell);
  for (const [name, shape] of now.methods) {
    const was = old.methods.get(name);
    if (was !== undefined && was !== shape) tell('breaking', name, `method is ${shape}, was ${was}`);
  }
  compareKeys(old.messages, now.messages, 'message', tell);
  for (const [name, message] of now.messages) {
    const was = old.messages.get(name);
    if (was !== undefined) compareMessage(name, was, message, tell);
  }
  compareKeys(old.enums, now.enums, 'enum', tell);
  for (const [name, values] of now.enums) {
    const was = old.enums.get(name);
    if (was !== undefined) compareEnum(name, was, values, tell);
  }
}

function compareKeys<T>(old: ReadonlyMap<string, T>, now: ReadonlyMap<string, T>, what: string, tell: Tell): void {
  for (const name of old.keys()) if (!now.has(name)) tell('breaking', name, `${what} is gone`);
  for (const name of now.keys()) if (!old.has(name)) tell('compatible', name, `${what} is new`);
}

function compareMessage(name: string, old: protobuf.Type, now: protobuf.Type, tell: Tell): void {
  const place = (field: string) => `${name}.${field}`;
  for (const field of old.fieldsArray) {
    const same = now.fields[field.name];
    if (same !== undefined) compareField(place(field.name), field, same, tell);
    else {
      const renamed = now.fieldsById[field.id];
      if (renamed === undefined) tell('breaking', place(field.name), `field ${field.id} is gone`);
      else tell('breaking', place(field.name), `field ${field.id} is called ${renamed.name} now`);
    }
  }
  for (const field of now.fieldsArray) {
    if (old.fields[field.name] !== undefined || old.fieldsById[field.id] !== undefined) continue;
    if (isReserved(old, field)) tell('breaking', place(field.name), `field ${field.id} uses what was reserved`);
    else tell('compatible', place(field.name), `field ${field.id} is new`);
  }
  compareReserved(name, old, now, tell);
}

const isReserved = (old: protobuf.Type, field: protobuf.Field) =>
  old.isReservedId(field.id) || old.isReservedName(field.name);

function compareField(place: string, old: protobuf.Field, now: protobuf.Field, tell: Tell): void {
  if (old.id !== now.id) tell('breaking', place, `number is ${now.id}, was ${old.id}`);
  const [was, is] = [shapeOf(old), shapeOf(now)];
  if (was !== is) tell('breaking', place, `type is ${is}, was ${was}`);
  const [oldOneof, newOneof] = [oneofOf(old), oneofOf(now)];
  if (oldOneof !== newOneof) tell('breaking', place, `oneof is ${newOneof ?? 'none'}, was ${oldOneof ?? 'none'}`);
  const json = (field: protobuf.Field) => (field.options?.json_name ?? '') as string;
  if (json(old) !== json(now))
    tell('breaking', place, `json_name is ${json(now) || 'none'}, was ${json(old) || 'none'}`);
}

function shapeOf(field: protobuf.Field): string {
  const type = field.resolvedType?.fullName.slice(1) ?? field.type;
  if (field instanceof protobuf.MapField) return `map<${field.keyType}, ${type}>`;
  const optional = field.options?.proto3_optional === true ? 'optional ' : '';
  return `${field.repeated ? 'repeated ' : optional}${type}`;
}

/** The oneof that an optional field is in is none that anybody wrote. */
const oneofOf = (field: protobuf.Field) => (field.options?.proto3_optional === true ? undefined : field.partOf?.name);

function compareReserved(
  name: string,
  old: protobuf.Type | protobuf.Enum,
  now: protobuf.Type | protobuf.Enum,
  tell: Tell,
): void {
  const texts = (reserved: readonly (number[] | string)[] | undefined) => (reserved ?? []).map(String);
  const [was, is] = [texts(old.reserved), texts(now.reserved)];
  if (was.some((entry) => !is.includes(entry)))
    tell('breaking', name, `reserved is ${is.join('; ') || 'nothing'}, was ${was.join('; ')}`);
}

function compareEnum(name: string, old: protobuf.Enum, now: protobuf.Enum, tell: Tell): void {
  for (const [value, number] of Object.entries(old.values)) {
    const is = now.values[value];
    if (is === undefined) tell('breaking', `${name}.${value}`, `value ${number} is gone`);
    else if (is !== number) tell('breaking', `${name}.${value}`, `number is ${is}, was ${number}`);
  }
  for (const [value, number] of Object.entries(now.values))
    if (old.values[value] === undefined) tell('compatible', `${name}.${value}`, `value ${number} is new`);
  compareReserved(name, old, now, tell);
}

function descriptors(files: ReadonlyMap<string, string>, file: string): Descriptors | undefined {
  const parsed = parseProto(file, files, () => undefined);
  if (parsed === undefined) return undefined;
  const messages = new Map<string, protobuf.Type>();
  const enums = new Map<string, protobuf.Enum>();
  const methods = new Map<string, string>();
  const visit = (object: protobuf.ReflectionObject): void => {
    const name = object.fullName.slice(1);
    // Shipped with every implementation of Protocol Buffers.
    if (name === 'google.protobuf') return;
    if (object instanceof protobuf.Type) messages.set(name, object);
    if (object instanceof protobuf.Enum) enums.set(name, object);
    if (object instanceof protobuf.Service)
      for (const method of object.methodsArray) methods.set(`${name}/${method.name}`, methodShape(method));
    if (object instanceof protobuf.Namespace) object.nestedArray.forEach(visit);
  };
  parsed.root.nestedArray.forEach(visit);
  return { messages, enums, methods };
}

function methodShape(method: protobuf.Method): string {
  const side = (streams: boolean | undefined, type: protobuf.Type | null) =>
    `(${streams === true ? 'stream ' : ''}${type?.fullName.slice(1) ?? '?'})`;
  return `${side(method.requestStream, method.resolvedRequestType)} returns ${side(method.responseStream, method.resolvedResponseType)}`;
}
