import { type PerfError, UsageError } from '../domain/errors.ts';
import { finding } from './finding.ts';
import { schemaValidator, tellingErrors } from './schema-check.ts';
import { printable } from './show.ts';
import { type Source, sourceTree } from './source-tree.ts';

const MOST_PROBLEMS = 50;

/** The plain value of YAML 1.2 or JSON text; `.json` files must be JSON. Throws one UsageError with every finding. */
export function parseText(source: Source, what = 'document'): unknown {
  const tree = sourceTree(source);
  refuse(source, what, tree.problems);
  try {
    return tree.document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    // The only thing left to go wrong: aliases of aliases that would expand without end.
    const problem = new UsageError('document-aliases', printable((cause as Error).message, 200), {
      at: { file: source.file },
      hint: 'Write the values out in place of aliases (*name) of aliases.',
    });
    return refuse(source, what, [problem]);
  }
}

/**
 * Text to a checked value. Throws ONE UsageError whose `problems` name every finding with file:line:column, what was
 * found, what is wanted and the nearest valid name. `what` names the kind of document in the message.
 */
export function parseDocument<T>(source: Source, schema: object, options: { readonly what?: string } = {}): T {
  const what = options.what ?? 'document';
  const value = parseText(source, what);
  const validate = schemaValidator(schema);
  if (!validate(value)) {
    refuse(source, what, distinct(tellingErrors(validate.errors ?? []).map((error) => finding(source, error))));
  }
  return value as T;
}

function refuse(source: Source, what: string, problems: readonly PerfError[]): void {
  if (problems.length === 0) return;
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  throw new UsageError('document-invalid', `this ${what} has ${count}`, {
    at: { file: source.file },
    problems: problems.slice(0, MOST_PROBLEMS),
  });
}

function distinct(problems: readonly PerfError[]): readonly PerfError[] {
  const seen = new Set<string>();
  const place = (problem: PerfError) => (problem.at?.line ?? 0) * 1e6 + (problem.at?.column ?? 0);
  return problems
    .filter((problem) => {
      const key = `${place(problem)} ${problem.message}`;
      return seen.has(key) ? false : seen.add(key);
    })
    .sort((a, b) => place(a) - place(b));
}
