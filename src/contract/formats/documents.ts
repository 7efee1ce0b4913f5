import { printable } from '../../documents/show.ts';
import type { Source } from '../../documents/source-tree.ts';
import { type PerfError, UsageError } from '../../domain/errors.ts';
import type { ContractDocuments } from '../documents.ts';
import { readAsyncApi } from './asyncapi-document.ts';
import { readGraphqlSchema } from './graphql.ts';
import type { SchemaBook } from './json-schema.ts';
import { readOpenApi } from './openapi-document.ts';
import { joinedServices, readProto } from './proto.ts';

/** A document that `contract.yaml` names. */
export interface DocumentFile {
  /** Relative to the contract's directory. */
  readonly path: string;
  readonly text: string;
  /** Content of a YAML or JSON file; absent for others, and for what could not be parsed. */
  readonly parsed?: { readonly source: Source; readonly content: unknown };
  /** All files of the contract, for imports. */
  readonly files: ReadonlyMap<string, string>;
}

type Reader = (file: DocumentFile, book: SchemaBook, problems: PerfError[]) => ContractDocuments;

/** Formats by the mark that tells them: a member of the document, or the end of the file's name. */
const FORMATS: readonly {
  readonly name: string;
  readonly fits: (file: DocumentFile) => boolean;
  readonly read: Reader;
}[] = [
  {
    name: 'OpenAPI',
    fits: (file) => hasMember(file, 'openapi'),
    read: (file, book, problems) =>
      file.parsed === undefined ? {} : { operations: readOpenApi({ ...file.parsed, path: file.path, book }, problems) },
  },
  {
    name: 'AsyncAPI',
    fits: (file) => hasMember(file, 'asyncapi'),
    read(file, book, problems) {
      const channels = readAsyncApi(file, book, problems);
      return channels === undefined ? {} : { channels };
    },
  },
  {
    name: 'GraphQL',
    fits: ({ path }) => /\.(graphqls?|gql)$/.test(path),
    read(file, _, problems) {
      const graph = readGraphqlSchema(file, problems);
      return graph === undefined ? {} : { graph };
    },
  },
  {
    name: 'Protocol Buffers',
    fits: ({ path }) => path.endsWith('.proto'),
    read: (file, _, problems) => ({ services: readProto(file, problems) }),
  },
];

/** Reads every document by its format. What is of no known format goes to `problems`. */
export function readDocuments(
  files: readonly DocumentFile[],
  book: SchemaBook,
  problems: PerfError[],
): ContractDocuments {
  let documents: ContractDocuments = {};
  for (const file of files) {
    const format = FORMATS.find(({ fits }) => fits(file));
    if (format !== undefined) documents = joined(documents, format.read(file, book, problems));
    else if (file.parsed !== undefined || !/\.(ya?ml|json)$/.test(file.path)) {
      const wanted = 'OpenAPI 3.1, AsyncAPI 2.6, .proto or .graphql';
      const message = `${printable(file.path)} is of no known format, wanted ${wanted}`;
      problems.push(new UsageError('document-format', message, { at: { file: file.path } }));
    }
  }
  return documents;
}

/** Services may be described by several files, such as their own and that of grpc.health.v1. */
function joined(first: ContractDocuments, second: ContractDocuments): ContractDocuments {
  const services =
    first.services !== undefined && second.services !== undefined
      ? { services: joinedServices(first.services, second.services) }
      : {};
  return { ...first, ...second, ...services };
}

export function hasMember({ parsed }: DocumentFile, name: string): boolean {
  const content = parsed?.content;
  return typeof content === 'object' && content !== null && Object.hasOwn(content, name);
}
