import type { ValidateFunction } from 'ajv/dist/2020.js';
import { nearest } from '../documents/nearest.ts';
import { parseDocument, parseText } from '../documents/parse-document.ts';
import { printable } from '../documents/show.ts';
import type { Source } from '../documents/source-tree.ts';
import { formatPosition, PerfError, UsageError } from '../domain/errors.ts';
import { benchmarkProblems } from './benchmark-check.ts';
import { channelProblems } from './channel-check.ts';
import type { BenchmarkEntry, ChannelEntry, ContractFile, SigningEntry } from './contract-file.ts';
import { CONTRACT_SCHEMA } from './contract-schema.ts';
import type { ContractDocuments } from './documents.ts';
import { type DocumentFile, readDocuments } from './formats/documents.ts';
import { SchemaBook } from './formats/json-schema.ts';
import type { Vector } from './vector.ts';
import { readVectorFile } from './vector-file.ts';

export interface Feature {
  readonly since: string;
  readonly required: boolean;
  readonly description: string;
}

export interface Channel {
  readonly description: string;
  /** Checks of every message, where the contract gives schemas. */
  readonly message?: ValidateFunction;
  readonly attributes?: ValidateFunction;
  /** Address in the AsyncAPI document. */
  readonly address: string;
  readonly topicVariable?: string;
  readonly pushPath?: string;
}

/** A contract that is ready to be checked against: everything in it compiled, every name in it known. */
export interface LoadedContract {
  readonly type: string;
  readonly version: string;
  readonly features: Readonly<Record<string, Feature>>;
  readonly channels: Readonly<Record<string, Channel>>;
  readonly documents: ContractDocuments;
  readonly environment: Readonly<Record<string, string>>;
  readonly signing: Readonly<Record<string, SigningEntry>>;
  readonly benchmark?: BenchmarkEntry;
  readonly supportedUntil?: string;
  readonly schemas: SchemaBook;
  readonly vectors: readonly Vector[];
}

const CONTRACT_FILE = 'contract.yaml';

/**
 * Reads a contract: `contract.yaml`, its OpenAPI document, its JSON schemas and its vectors. Keys of `files` are paths
 * relative to the contract's directory, with forward slashes. Throws one UsageError with all findings.
 */
export function loadContract(files: ReadonlyMap<string, string>): LoadedContract {
  const text = files.get(CONTRACT_FILE);
  if (text === undefined) throw new UsageError('contract-missing', `the contract has no ${CONTRACT_FILE}`);
  const file = parseDocument<ContractFile>({ text, file: CONTRACT_FILE }, CONTRACT_SCHEMA, { what: 'contract' });
  const problems: PerfError[] = [];
  const parsed = parsedFiles(files, new Set([CONTRACT_FILE, ...file.vectors]), problems);
  const schemas = new SchemaBook(new Map([...parsed].map(([path, { content }]) => [path, content])));
  const wantedFile = (path: string) => {
    const found = parsed.get(path);
    if (found === undefined && !files.has(path)) problems.push(missingFile(path, files));
    return found;
  };
  const wanted = [file.document].flat().flatMap((path): DocumentFile[] => {
    const found = wantedFile(path);
    const documentText = files.get(path);
    return documentText === undefined ? [] : [{ path, text: documentText, files, ...(found && { parsed: found }) }];
  });
  const documents = readDocuments(wanted, schemas, problems);
  const compiled = (path: string | undefined) =>
    path === undefined || wantedFile(path) === undefined ? undefined : compileFile(path, schemas, problems);
  const channels = Object.fromEntries(
    Object.entries(file.channels ?? {}).map(([name, entry]) => [
      name,
      channelOf(name, entry, compiled(entry.message), compiled(entry.attributes)),
    ]),
  );
  problems.push(...channelProblems(file.channels ?? {}, documents.channels, { text, file: CONTRACT_FILE }));
  const surroundings = {
    type: file.type,
    features: Object.keys(file.features ?? {}),
    channels: Object.keys(channels),
    book: schemas,
    contract: { documents, channels, schemas },
  };
  if (file.benchmark !== undefined) {
    problems.push(...benchmarkProblems(file.benchmark, surroundings.contract, { text, file: CONTRACT_FILE }));
  }
  const vectors = file.vectors.flatMap((path) => {
    const vectorText = files.get(path);
    if (vectorText !== undefined) return readVectorFile({ text: vectorText, file: path }, path, surroundings, problems);
    problems.push(missingFile(path, files));
    return [];
  });
  problems.push(...duplicates(vectors));
  if (problems.length > 0)
    throw new UsageError('contract-invalid', `the contract ${printable(file.type)} is not valid`, { problems });
  const features = Object.entries(file.features ?? {}).map(
    ([name, { since = '0.0.0', required = false, description = '' }]) => [name, { since, required, description }],
  );
  return {
    type: file.type,
    version: file.version,
    features: Object.fromEntries(features),
    channels,
    documents,
    environment: file.environment ?? {},
    signing: file.signing ?? {},
    ...(file.benchmark === undefined ? {} : { benchmark: file.benchmark }),
    ...(file.supported_until === undefined ? {} : { supportedUntil: file.supported_until }),
    schemas,
    vectors,
  };
}

function channelOf(
  name: string,
  entry: ChannelEntry,
  message: ValidateFunction | undefined,
  attributes: ValidateFunction | undefined,
): Channel {
  return {
    description: entry.description ?? '',
    address: entry.address ?? name,
    ...(message && { message }),
    ...(attributes && { attributes }),
    ...(entry.topic_variable === undefined ? {} : { topicVariable: entry.topic_variable }),
    ...(entry.push_path === undefined ? {} : { pushPath: entry.push_path }),
  };
}

/** Everything that schemas may refer to: all YAML and JSON files but the vectors. */
function parsedFiles(files: ReadonlyMap<string, string>, others: ReadonlySet<string>, problems: PerfError[]) {
  const parsed = new Map<string, { readonly source: Source; readonly content: unknown }>();
  for (const [path, text] of files) {
    if (!/\.(ya?ml|json)$/.test(path) || others.has(path)) continue;
    const source = { text, file: path };
    try {
      parsed.set(path, { source, content: parseText(source, 'contract file') });
    } catch (error) {
      if (!(error instanceof PerfError)) throw error;
      problems.push(error);
    }
  }
  return parsed;
}

function compileFile(path: string, schemas: SchemaBook, problems: PerfError[]): ValidateFunction | undefined {
  try {
    return schemas.compileAt(path, '');
  } catch (cause) {
    const message = `the schema is wrong: ${printable((cause as Error).message, 200)}`;
    problems.push(new UsageError('schema-invalid', message, { at: { file: path } }));
    return undefined;
  }
}

function missingFile(path: string, files: ReadonlyMap<string, string>): PerfError {
  const near = nearest(path, [...files.keys()]);
  return new UsageError('contract-file-missing', `${printable(path)} is not in the contract's directory`, {
    at: { file: CONTRACT_FILE },
    ...(near === undefined ? {} : { hint: `Did you mean "${near}"?` }),
  });
}

function duplicates(vectors: readonly Vector[]): readonly PerfError[] {
  const first = new Map<string, Vector>();
  return vectors.flatMap((vector) => {
    const earlier = first.get(vector.id);
    if (earlier === undefined) {
      first.set(vector.id, vector);
      return [];
    }
    const message = `vector "${vector.id}": this id is already used at ${formatPosition(earlier.at)}`;
    return [new UsageError('vector-duplicate', message, { at: vector.at })];
  });
}
