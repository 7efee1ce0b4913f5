import { parseDocument } from '../documents/parse-document.ts';
import { schemaValidator } from '../documents/schema-check.ts';
import { printable } from '../documents/show.ts';
import type { Baseline } from '../domain/baseline.ts';
import { InfrastructureError, UsageError } from '../domain/errors.ts';
import type { JobPlan } from '../domain/job-plan.ts';
import type { RunMetadata, ServiceTypeResults } from '../domain/run.ts';

/** The JSON Schemas that stored files are checked against. */
export interface ResultSchemas {
  readonly results: object;
  readonly run: object;
  readonly baseline: object;
  readonly plan: object;
}

/** What is stored, by the name of its schema. */
interface Stored {
  readonly results: ServiceTypeResults;
  readonly run: RunMetadata;
  readonly baseline: Baseline;
  readonly plan: JobPlan;
}
export type StoredKind = keyof Stored;

const VERSION = 1;
const MOST_PROBLEMS = 20;
/** Texts up to this size get positions in their errors; a tree with positions of a larger one takes too long. */
const POSITIONED_BYTES = 1024 * 1024;

/**
 * A value as the text of its file. Throws InfrastructureError `result-invalid` when it does not fit its schema, so that
 * no wrong file is ever written.
 */
export function encode<K extends StoredKind>(kind: K, value: Stored[K], schemas: ResultSchemas): string {
  const text = `${JSON.stringify(value, null, 2)}\n`;
  // The text and not the value is checked: JSON turns NaN into null, and drops what is undefined.
  const problems = schemaProblems(JSON.parse(text), schemas[kind]);
  if (problems.length === 0) return text;
  throw new InfrastructureError('result-invalid', `the ${kind} to store does not fit its schema`, {
    hint: 'this is a fault of cloudrun-perf: please report it with these lines',
    problems: problems.map((problem) => new InfrastructureError('value-invalid', problem)),
  });
}

/**
 * The checked value of a stored file. Throws UsageError: `format-newer`, `format-older` or `format-unknown` when another
 * version wrote it, `document-invalid` with every finding when it was damaged or edited.
 */
export function decode<K extends StoredKind>(kind: K, text: string, file: string, schemas: ResultSchemas): Stored[K] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return refuse(kind, text, file, schemas, [printable((cause as Error).message, 200)]);
  }
  checkFormat(kind, value, file);
  const problems = schemaProblems(value, schemas[kind]);
  return problems.length === 0 ? (value as Stored[K]) : refuse(kind, text, file, schemas, problems);
}

function checkFormat(kind: StoredKind, value: unknown, file: string): void {
  const format: unknown = typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined;
  const wanted = `${kind}/${VERSION}`;
  if (format === wanted) return;
  const version = typeof format === 'string' ? new RegExp(`^${kind}/(\\d{1,6})$`).exec(format)?.[1] : undefined;
  const found = format === undefined ? 'no format' : `the format ${printable(JSON.stringify(format) ?? '')}`;
  const message = `found ${found}, wanted ${JSON.stringify(wanted)}`;
  if (version === undefined) throw new UsageError('format-unknown', message, { at: { file } });
  const newer = Number(version) > VERSION;
  throw new UsageError(newer ? 'format-newer' : 'format-older', message, {
    at: { file },
    hint: newer
      ? 'a newer cloudrun-perf wrote this file: update cloudrun-perf'
      : 'an older cloudrun-perf wrote this file: measure again, or read it with that version',
  });
}

function schemaProblems(value: unknown, schema: object): readonly string[] {
  const validate = schemaValidator(schema);
  if (validate(value)) return [];
  return (validate.errors ?? [])
    .slice(0, MOST_PROBLEMS)
    .map((error) => `${printable(error.instancePath || '/')}: ${error.message ?? error.keyword}`);
}

function refuse(
  kind: StoredKind,
  text: string,
  file: string,
  schemas: ResultSchemas,
  problems: readonly string[],
): never {
  if (Buffer.byteLength(text) <= POSITIONED_BYTES) parseDocument({ text, file }, schemas[kind], { what: kind });
  throw new UsageError('document-invalid', `this ${kind} has ${problems.length} problems`, {
    at: { file },
    problems: problems.map((problem) => new UsageError('value-invalid', problem, { at: { file } })),
  });
}
