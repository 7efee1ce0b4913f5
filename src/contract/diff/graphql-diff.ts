import {
  buildSchema,
  DangerousChangeType,
  findBreakingChanges,
  findDangerousChanges,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isUnionType,
  OperationTypeNode,
} from 'graphql';
import { type Changes, equal, quoted } from './change.ts';
import { sentTypes } from './graphql-reach.ts';

type Tell = (kind: 'breaking' | 'compatible' | 'documentation', place: string, message: string) => void;

/**
 * Compares two GraphQL schemas. graphql-js finds what breaks clients; added to it is what it leaves out: what is new,
 * what services must answer now, root types, and defaults of input fields. What does not parse is left to loading.
 */
export function compareGraphql(before: string, after: string, file: string, changes: Changes): void {
  const [old, now] = [schemaOf(before), schemaOf(after)];
  if (old === undefined || now === undefined) return;
  const tell: Tell = (kind, place, message) => changes.add(kind, file, place, message);
  for (const { description } of findBreakingChanges(old, now)) tell('breaking', '', withoutStop(description));
  const sent = sentTypes(now);
  for (const { type, description } of findDangerousChanges(old, now)) {
    const isOffer =
      type === DangerousChangeType.OPTIONAL_INPUT_FIELD_ADDED ||
      type === DangerousChangeType.OPTIONAL_ARG_ADDED ||
      (type === DangerousChangeType.VALUE_ADDED_TO_ENUM && !sent.some((name) => description.endsWith(` ${name}.`)));
    // What is told about a default is told again below, in one way for arguments and input fields.
    if (type !== DangerousChangeType.ARG_DEFAULT_VALUE_CHANGE)
      tell(isOffer ? 'compatible' : 'breaking', '', withoutStop(description));
  }
  compareRoots(old, now, tell);
  compareTypes(old, now, tell);
  compareDirectives(old, now, tell);
}

const withoutStop = (description: string) => description.replace(/\.$/, '');

function schemaOf(text: string): GraphQLSchema | undefined {
  try {
    return buildSchema(text);
  } catch {
    return undefined;
  }
}

function compareRoots(old: GraphQLSchema, now: GraphQLSchema, tell: Tell): void {
  for (const operation of Object.values(OperationTypeNode)) {
    const [was, is] = [old.getRootType(operation)?.name, now.getRootType(operation)?.name];
    if (was === is) continue;
    tell(
      was === undefined ? 'compatible' : 'breaking',
      operation,
      `root type is ${is ?? 'none'}, was ${was ?? 'none'}`,
    );
  }
}

function compareTypes(old: GraphQLSchema, now: GraphQLSchema, tell: Tell): void {
  for (const [name, type] of Object.entries(now.getTypeMap())) {
    const was = old.getType(name);
    if (was === undefined) tell('compatible', name, 'type is new');
    else if (was.constructor === type.constructor) compareType(was, type, tell);
  }
}

interface Described {
  readonly description?: string | null | undefined;
  readonly deprecationReason?: string | null | undefined;
}

function compareText(place: string, old: Described, now: Described, tell: Tell): void {
  if (
    (old.description ?? '') !== (now.description ?? '') ||
    (old.deprecationReason ?? '') !== (now.deprecationReason ?? '')
  )
    tell('documentation', place, 'its description changed');
}

function compareType(old: GraphQLNamedType, now: GraphQLNamedType, tell: Tell): void {
  const { name } = now;
  compareText(name, old, now, tell);
  if ((isObjectType(old) && isObjectType(now)) || (isInterfaceType(old) && isInterfaceType(now)))
    compareFields(name, old.getFields(), now.getFields(), tell);
  if (isInputObjectType(old) && isInputObjectType(now)) compareInputs(name, old.getFields(), now.getFields(), tell);
  if (isEnumType(old) && isEnumType(now)) {
    for (const value of now.getValues()) {
      const was = old.getValue(value.name);
      if (was != null) compareText(`${name}.${value.name}`, was, value, tell);
    }
  }
  if (isUnionType(old) && isUnionType(now)) compareText(name, old, now, tell);
}

type Fields = Readonly<Record<string, GraphQLField<unknown, unknown>>>;

function compareFields(name: string, olds: Fields, nows: Fields, tell: Tell): void {
  for (const [key, now] of Object.entries(nows)) {
    const old = olds[key];
    const place = `${name}.${key}`;
    if (old === undefined) {
      tell('compatible', place, 'field is new');
      continue;
    }
    // Narrower types are safe for clients; services that answer null, or the wider type, are refused now.
    const [was, is] = [String(old.type), String(now.type)];
    if (was !== is) tell('breaking', place, `type is ${is}, was ${was}`);
    compareText(place, old, now, tell);
    compareInputs(place, byName(old.args), byName(now.args), tell);
  }
}

const byName = (args: readonly GraphQLArgument[]) => Object.fromEntries(args.map((arg) => [arg.name, arg]));

type Inputs = Readonly<Record<string, GraphQLInputField | GraphQLArgument>>;

/** What is gone or required now graphql-js has told. */
function compareInputs(name: string, olds: Inputs, nows: Inputs, tell: Tell): void {
  for (const [key, now] of Object.entries(nows)) {
    const old = olds[key];
    if (old === undefined) continue;
    const place = `${name}.${key}`;
    const [was, is] = [String(old.type), String(now.type)];
    // Not told as breaking by graphql-js, so wider.
    if (was !== is) tell('compatible', place, `type is ${is}, was ${was}`);
    if (!equal(old.defaultValue, now.defaultValue))
      tell(
        old.defaultValue === undefined ? 'compatible' : 'breaking',
        place,
        `default is ${quoted(now.defaultValue)}, was ${quoted(old.defaultValue)}`,
      );
    compareText(place, old, now, tell);
  }
}

function compareDirectives(old: GraphQLSchema, now: GraphQLSchema, tell: Tell): void {
  for (const directive of now.getDirectives()) {
    const was = old.getDirective(directive.name);
    if (was == null) tell('compatible', `@${directive.name}`, 'directive is new');
    else {
      compareText(`@${directive.name}`, was, directive, tell);
      compareInputs(`@${directive.name}`, byName(was.args), byName(directive.args), tell);
    }
  }
}
