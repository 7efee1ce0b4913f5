import {
  buildSchema,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  validate,
  validateSchema,
} from 'graphql';
import { printable } from '../../documents/show.ts';
import { type PerfError, UsageError } from '../../domain/errors.ts';
import type { DocumentedGraph } from '../documents.ts';
import { dataFindings } from './graphql-data.ts';

/** Operations come from vectors and benchmarks: few, and each is asked about often. */
const MOST_PARSED = 500;

/** Reads a schema in the schema definition language. What is wrong with it goes to `problems`, with line and column. */
export function readGraphqlSchema(
  { path, text }: { readonly path: string; readonly text: string },
  problems: PerfError[],
): DocumentedGraph | undefined {
  const told = (error: GraphQLError) => {
    const [place] = error.locations ?? [];
    const at = { file: path, ...(place === undefined ? {} : { line: place.line, column: place.column }) };
    problems.push(new UsageError('graphql-invalid', printable(error.message, 300), { at }));
  };
  try {
    const schema = buildSchema(text);
    const errors = validateSchema(schema);
    errors.forEach(told);
    return errors.length > 0 ? undefined : new Graph(schema);
  } catch (error) {
    // A name that leads nowhere comes as a plain error, without its place.
    told(error instanceof GraphQLError ? error : new GraphQLError((error as Error).message));
    return undefined;
  }
}

class Graph implements DocumentedGraph {
  readonly #schema: GraphQLSchema;
  readonly #parsed = new Map<string, DocumentNode>();

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
  }

  operationProblems(query: string): readonly string[] {
    try {
      return validate(this.#schema, this.#parse(query)).map(({ message, locations }) => {
        const [place] = locations ?? [];
        return place === undefined ? message : `${message} (line ${place.line}, column ${place.column})`;
      });
    } catch (error) {
      return [(error as Error).message];
    }
  }

  dataFindings(
    { query, operationName, variables }: { query: string; operationName?: string; variables?: unknown },
    data: unknown,
  ) {
    const document = this.#parse(query);
    const operation = operationOf(document, operationName);
    if (operation === undefined) return [];
    const given = { ...defaults(operation), ...(variables as Readonly<Record<string, unknown>> | undefined) };
    return dataFindings(this.#schema, document, operation, given, data);
  }

  #parse(query: string): DocumentNode {
    const known = this.#parsed.get(query);
    if (known !== undefined) return known;
    const document = parse(query);
    if (this.#parsed.size >= MOST_PARSED) this.#parsed.clear();
    this.#parsed.set(query, document);
    return document;
  }
}

function operationOf(document: DocumentNode, name: string | undefined): OperationDefinitionNode | undefined {
  const operations = document.definitions.filter(
    (definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION,
  );
  if (name === undefined) return operations.length === 1 ? operations[0] : undefined;
  return operations.find((operation) => operation.name?.value === name);
}

/** Booleans alone matter here: they decide what is included. */
function defaults(operation: OperationDefinitionNode): Readonly<Record<string, unknown>> {
  const entries = (operation.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
    defaultValue?.kind === Kind.BOOLEAN ? [[variable.name.value, defaultValue.value] as const] : [],
  );
  return Object.fromEntries(entries);
}
