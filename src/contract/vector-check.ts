import { nearest } from '../documents/nearest.ts';
import { pointerTo } from '../documents/pointer.ts';
import { alternatives, printable } from '../documents/show.ts';
import type { SchemaBook } from './formats/json-schema.ts';
import { embeddedSchema } from './matcher.ts';
import { kindOf } from './steps/registry.ts';
import { builtInTemplates, unknownTemplates, withoutTemplates } from './template.ts';
import type { Step, Vector } from './vector.ts';
import type { VectorSurroundings } from './vector-file.ts';

/** Something in a vector that the schema cannot see. */
export interface VectorProblem {
  readonly code: string;
  /** JSON Pointer below the vector. */
  readonly pointer: string;
  readonly message: string;
  readonly hint?: string;
}

/** Names that lead nowhere and embedded schemas that do not compile. */
export function vectorProblems(vector: Vector, surroundings: VectorSurroundings): readonly VectorProblem[] {
  const problems = vector.requires.flatMap((feature, index) =>
    unknownName('feature-unknown', 'feature', feature, surroundings.features, pointerTo('requires', index)),
  );
  const known = new Set<string>();
  for (const [name, value] of Object.entries(vector.vars)) {
    problems.push(...templateProblems(value, known, pointerTo('vars', name)));
    known.add(name);
  }
  vector.steps.forEach((step, index) => {
    const pointer = pointerTo('steps', index);
    const { effects, outputs, ...request } = step;
    for (const name of kindOf(step).captures?.(step as never) ?? []) known.add(name);
    problems.push(...templateProblems(request, known, pointer));
    for (const name of Object.keys(outputs ?? {})) known.add(name);
    problems.push(...templateProblems(effects ?? [], known, `${pointer}/effects`));
    problems.push(...channelProblems(step, pointer, surroundings));
    problems.push(...schemaProblems(step, pointer, surroundings.book));
    problems.push(...(kindOf(step).problems?.(step as never, pointer, surroundings.contract) ?? []));
  });
  return problems;
}

function channelProblems(step: Step, pointer: string, { channels }: VectorSurroundings): readonly VectorProblem[] {
  return (step.effects ?? []).flatMap(({ channel }, index) =>
    unknownName('channel-unbound', 'channel', channel, channels, `${pointer}${pointerTo('effects', index, 'channel')}`),
  );
}

function unknownName(
  code: string,
  kind: string,
  name: string,
  valid: readonly string[],
  pointer: string,
): readonly VectorProblem[] {
  if (valid.includes(name)) return [];
  const near = nearest(name, valid);
  const wanted = valid.length === 0 ? `and the contract has no ${kind}s` : `wanted ${alternatives(valid)}`;
  const message = `unknown ${kind} ${printable(JSON.stringify(name))}, ${wanted}`;
  return [{ code, pointer, message, ...(near === undefined ? {} : { hint: `Did you mean "${near}"?` }) }];
}

/** Walks down to the text that holds the unknown template, so that the position is exact. */
export function templateProblems(
  value: unknown,
  known: ReadonlySet<string>,
  pointer: string,
): readonly VectorProblem[] {
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, member]) => templateProblems(member, known, pointer + pointerTo(key)));
  }
  return unknownTemplates(value, known).map((name) => {
    const near = nearest(name, [...known]);
    return {
      code: 'variable-unknown',
      pointer,
      message: `unknown variable {{${printable(name)}}}, wanted ${alternatives([...known, ...builtInTemplates()])}`,
      ...(near === undefined ? {} : { hint: `Did you mean {{${near}}}?` }),
    };
  });
}

function schemaProblems(value: unknown, pointer: string, book: SchemaBook): readonly VectorProblem[] {
  if (typeof value !== 'object' || value === null) return [];
  const schema = embeddedSchema(value);
  if (schema === undefined) {
    return Object.entries(value).flatMap(([key, member]) => schemaProblems(member, pointer + pointerTo(key), book));
  }
  try {
    book.compile(withoutTemplates(schema));
    return [];
  } catch (cause) {
    const message = `the embedded schema is wrong: ${printable((cause as Error).message, 200)}`;
    return [{ code: 'schema-invalid', pointer, message }];
  }
}
