import { locate } from '../documents/locate.ts';
import { nearest } from '../documents/nearest.ts';
import { parseDocument, parseText } from '../documents/parse-document.ts';
import { pointerTo, resolvePointer } from '../documents/pointer.ts';
import { alternatives, printable } from '../documents/show.ts';
import type { Source } from '../documents/source-tree.ts';
import { PerfError, UsageError } from '../domain/errors.ts';
import type { SchemaBook } from './formats/json-schema.ts';
import { STEP_KINDS } from './steps/registry.ts';
import type { StepSurroundings } from './steps/step-kind.ts';
import type { Vector } from './vector.ts';
import { vectorProblems } from './vector-check.ts';
import { VECTOR_SCHEMA } from './vector-schema.ts';

/** What vectors may refer to. */
export interface VectorSurroundings {
  readonly type: string;
  readonly features: readonly string[];
  readonly channels: readonly string[];
  readonly book: SchemaBook;
  readonly contract: StepSurroundings;
}

type RawVector = Partial<Omit<Vector, 'file' | 'at'>> & Pick<Vector, 'id' | 'title' | 'steps'>;

/** Reads one vector file. Findings go to `problems`, each with file:line:column and the vector's id. */
export function readVectorFile(
  source: Source,
  path: string,
  surroundings: VectorSurroundings,
  problems: PerfError[],
): readonly Vector[] {
  const parsed = parsedFile(source, problems);
  if (parsed === undefined) return [];
  if (parsed.contract !== surroundings.type) {
    const message = `found vectors of ${JSON.stringify(parsed.contract)}, wanted ${JSON.stringify(surroundings.type)}`;
    problems.push(new UsageError('vector-contract', message, { at: locate(source, '/contract') }));
  }
  return parsed.vectors.map((raw, index) => {
    const vector: Vector = {
      requires: [],
      vars: {},
      ...raw,
      file: path,
      at: locate(source, pointerTo('vectors', index, 'id')),
    };
    for (const found of vectorProblems(vector, surroundings)) {
      problems.push(
        new UsageError(found.code, `vector "${vector.id}": ${found.message}`, {
          at: locate(source, pointerTo('vectors', index) + found.pointer),
          ...(found.hint === undefined ? {} : { hint: found.hint }),
        }),
      );
    }
    return vector;
  });
}

function parsedFile(source: Source, problems: PerfError[]) {
  try {
    const raw = parseText(source, 'vector file');
    const kinds = kindProblems(source, raw);
    const parsed = parseDocument<{ readonly contract: string; readonly vectors: readonly RawVector[] }>(
      source,
      VECTOR_SCHEMA,
      { what: 'vector file' },
    );
    problems.push(...kinds);
    return kinds.length > 0 ? undefined : parsed;
  } catch (error) {
    if (!(error instanceof PerfError)) throw error;
    problems.push(
      ...error.problems.map((problem) => named(problem, source)),
      ...(error.problems.length === 0 ? [error] : []),
    );
    return undefined;
  }
}

const STEP_PARTS = ['expect', 'outputs', 'effects', 'eventually'];

/** Steps of no kind, or of several. The schema lets them pass. */
function kindProblems(source: Source, raw: unknown): readonly PerfError[] {
  const vectors = resolvePointer(raw, '/vectors').value;
  return (Array.isArray(vectors) ? vectors : []).flatMap((vector: unknown, index) => {
    const steps = resolvePointer(vector, '/steps').value;
    return (Array.isArray(steps) ? steps : []).flatMap((step: unknown, stepIndex) => {
      if (typeof step !== 'object' || step === null) return [];
      const kinds = Object.keys(STEP_KINDS).filter((kind) => kind in step);
      if (kinds.length === 1) return [];
      const keys = Object.keys(step).filter((key) => !STEP_PARTS.includes(key));
      const near = nearest(keys[0] ?? '', Object.keys(STEP_KINDS));
      const found = printable(alternatives(keys.map((key) => JSON.stringify(key)))) || 'none';
      const wanted = alternatives(Object.keys(STEP_KINDS).map((kind) => JSON.stringify(kind)));
      const message =
        kinds.length === 0
          ? `a step of no known kind: found ${found}, wanted ${wanted}`
          : `a step of several kinds: found ${printable(kinds.join(' and '))}, wanted one of them`;
      const error = new UsageError('step-kind-unknown', message, {
        at: locate(source, pointerTo('vectors', index, 'steps', stepIndex)),
        ...(kinds.length === 0 && near !== undefined ? { hint: `Did you mean "${near}"?` } : {}),
      });
      return [named(error, source, index)];
    });
  });
}

/** A finding of the schema says `/vectors/3/...`; people look for the id. */
function named(problem: PerfError, source: Source, index?: number): PerfError {
  const place = index ?? /\/vectors\/(\d+)/.exec(problem.message)?.[1];
  if (place === undefined || problem.code === 'document-syntax') return problem;
  const id = resolvePointer(parseText(source), pointerTo('vectors', place, 'id')).value;
  if (typeof id !== 'string') return problem;
  return new UsageError(problem.code, `vector "${printable(id)}": ${problem.message}`, {
    ...(problem.at === undefined ? {} : { at: problem.at }),
    ...(problem.hint === undefined ? {} : { hint: problem.hint }),
  });
}
