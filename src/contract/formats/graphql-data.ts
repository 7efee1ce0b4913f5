import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
} from 'graphql';
import { pointerTo } from '../../documents/pointer.ts';
import { written } from '../matcher.ts';
import type { SchemaFinding } from './json-schema.ts';

type Members = Readonly<Record<string, unknown>>;

/** A field of a selection, with what its type is and whether it has to be there. */
interface Selected {
  readonly type: GraphQLOutputType;
  readonly nodes: FieldNode[];
  certain: boolean;
}

/** What in a result's data the operation and the schema do not allow. The operation must be valid. */
export function dataFindings(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Members,
  data: unknown,
): readonly SchemaFinding[] {
  return new DataCheck(schema, document, variables).root(operation, data);
}

const MOST = 20;

class DataCheck {
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #variables: Members;
  readonly #findings: SchemaFinding[] = [];

  constructor(schema: GraphQLSchema, document: DocumentNode, variables: Members) {
    this.#schema = schema;
    this.#variables = variables;
    this.#fragments = new Map(
      document.definitions.flatMap((definition) =>
        definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
      ),
    );
  }

  root(operation: OperationDefinitionNode, data: unknown): readonly SchemaFinding[] {
    const type = this.#schema.getRootType(operation.operation);
    // An error that reaches the top leaves null.
    if (type && data !== null && data !== undefined) this.#object(type, [operation.selectionSet], data, '');
    return this.#findings.slice(0, MOST);
  }

  #find(pointer: string, wanted: string, value: unknown): void {
    this.#findings.push({ pointer, wanted, value });
  }

  #value(type: GraphQLOutputType, nodes: readonly FieldNode[], value: unknown, pointer: string): void {
    if (isNonNullType(type)) {
      if (value === null) this.#find(pointer, `a value of type ${type}, never null`, value);
      else this.#value(type.ofType, nodes, value, pointer);
      return;
    }
    if (value === null) return;
    if (isListType(type)) {
      if (!Array.isArray(value)) this.#find(pointer, `a list of type ${type}`, value);
      else
        value.forEach((item, index) => {
          this.#value(type.ofType, nodes, item, pointer + pointerTo(index));
        });
      return;
    }
    if (isLeafType(type)) {
      const wanted = leafFault(type, value);
      if (wanted !== undefined) this.#find(pointer, wanted, value);
      return;
    }
    this.#object(
      type,
      nodes.flatMap(({ selectionSet }) => selectionSet ?? []),
      value,
      pointer,
    );
  }

  #object(type: GraphQLNamedType, sets: readonly SelectionSetNode[], value: unknown, pointer: string): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.#find(pointer, `an object of type ${type}`, value);
      return;
    }
    const object = value as Members;
    const selected = new Map<string, Selected>();
    const concrete = this.#concrete(type, object, sets);
    for (const set of sets) this.#collect(set, concrete ?? type, concrete !== undefined, true, selected);
    for (const key of Object.keys(object)) {
      if (!selected.has(key))
        this.#find(pointer, `no member ${JSON.stringify(key)}: it was not asked for`, object[key]);
    }
    for (const [key, field] of selected) {
      if (Object.hasOwn(object, key)) this.#value(field.type, field.nodes, object[key], pointer + pointerTo(key));
      else if (field.certain) this.#find(pointer, `a member ${JSON.stringify(key)}`, value);
    }
  }

  /** The object's own type, where it is known: it has but one, or it says so in `__typename`. */
  #concrete(type: GraphQLNamedType, object: Members, sets: readonly SelectionSetNode[]): GraphQLNamedType | undefined {
    if (isObjectType(type)) return type;
    const alias = sets
      .flatMap(({ selections }) => selections)
      .flatMap((one) => (one.kind === Kind.FIELD && one.name.value === '__typename' ? [one] : []))
      .map((field) => field.alias?.value ?? field.name.value)[0];
    const name = alias === undefined ? undefined : object[alias];
    const found = typeof name === 'string' ? this.#schema.getType(name) : undefined;
    return isObjectType(found) ? found : undefined;
  }

  #collect(
    set: SelectionSetNode,
    type: GraphQLNamedType,
    known: boolean,
    certain: boolean,
    selected: Map<string, Selected>,
  ): void {
    for (const selection of set.selections) {
      const included = this.#included(selection.directives ?? []);
      if (included === false) continue;
      const sure = certain && included === true;
      if (selection.kind === Kind.FIELD) this.#collectField(selection, type, sure, selected);
      else {
        const fragment =
          selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragments.get(selection.name.value);
        if (fragment === undefined) continue;
        const condition = fragment.typeCondition?.name.value;
        const target = condition === undefined ? type : (this.#schema.getType(condition) ?? type);
        const fits = this.#fits(type, target);
        if (fits === false && known) continue;
        this.#collect(fragment.selectionSet, target === type ? type : target, known, sure && fits === true, selected);
      }
    }
  }

  #collectField(node: FieldNode, type: GraphQLNamedType, certain: boolean, selected: Map<string, Selected>): void {
    const key = node.alias?.value ?? node.name.value;
    const fieldType = this.#fieldType(type, node.name.value);
    if (fieldType === undefined) return;
    const known = selected.get(key);
    if (known === undefined) selected.set(key, { type: fieldType, nodes: [node], certain });
    else {
      known.nodes.push(node);
      known.certain ||= certain;
    }
  }

  #fieldType(type: GraphQLNamedType, name: string): GraphQLOutputType | undefined {
    const meta = [TypeNameMetaFieldDef, SchemaMetaFieldDef, TypeMetaFieldDef].find((field) => field.name === name);
    if (meta !== undefined) return meta.type;
    return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name]?.type : undefined;
  }

  /** Whether an object of `type` is one of `target`: yes, no, or unknown as long as `type` is abstract. */
  #fits(type: GraphQLNamedType, target: GraphQLNamedType): boolean | undefined {
    if (type === target) return true;
    if (!isCompositeType(type) || !isCompositeType(target)) return false;
    if (isObjectType(type)) return !isObjectType(target) && this.#schema.isSubType(target, type);
    if (!isObjectType(target) && this.#schema.isSubType(target, type as never)) return true;
    return undefined;
  }

  /** By `@include` and `@skip`; undefined when a variable decides that has no value here. */
  #included(directives: NonNullable<FieldNode['directives']>): boolean | undefined {
    let result: boolean | undefined = true;
    for (const { name, arguments: given = [] } of directives) {
      if (name.value !== 'include' && name.value !== 'skip') continue;
      const condition = given.find((argument) => argument.name.value === 'if')?.value;
      const value =
        condition?.kind === Kind.BOOLEAN
          ? condition.value
          : condition?.kind === Kind.VARIABLE
            ? this.#variables[condition.name.value]
            : undefined;
      if (typeof value !== 'boolean') result = result === false ? false : undefined;
      else if (value === (name.value === 'skip')) return false;
    }
    return result;
  }
}

const SCALARS: Readonly<Record<string, { readonly wanted: string; readonly fits: (value: unknown) => boolean }>> = {
  Int: {
    wanted: 'a whole number of 32 bits',
    fits: (value) => Number.isInteger(value) && Math.abs(value as number) <= 2 ** 31,
  },
  Float: { wanted: 'a number', fits: (value) => typeof value === 'number' },
  String: { wanted: 'a text', fits: (value) => typeof value === 'string' },
  Boolean: { wanted: 'true or false', fits: (value) => typeof value === 'boolean' },
  // Results carry an ID as text, whatever it was made of.
  ID: { wanted: 'an ID, as text', fits: (value) => typeof value === 'string' },
};

function leafFault(type: GraphQLOutputType, value: unknown): string | undefined {
  const named = getNamedType(type);
  if (isEnumType(named)) {
    const names = named.getValues().map(({ name }) => name);
    return names.includes(value as string) ? undefined : `one of ${written(names)}`;
  }
  const scalar = SCALARS[named.name];
  return scalar === undefined || scalar.fits(value) ? undefined : scalar.wanted;
}
