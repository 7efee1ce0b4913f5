import { type GraphQLSchema, getNamedType, isInterfaceType, isObjectType } from 'graphql';

/** Names of all types that answers are made of. */
export function sentTypes(schema: GraphQLSchema): readonly string[] {
  const types = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) || isInterfaceType(type));
  const fields = types
    .filter(({ name }) => !name.startsWith('__'))
    .flatMap((type) => Object.values(type.getFields()).map((field) => getNamedType(field.type).name));
  return [...new Set(fields)];
}
