import { locate } from '../documents/locate.ts';
import { pointerTo } from '../documents/pointer.ts';
import { printable } from '../documents/show.ts';
import type { Source } from '../documents/source-tree.ts';
import { type PerfError, UsageError } from '../domain/errors.ts';
import type { BenchmarkEntry, BenchmarkStep } from './contract-file.ts';
import { findings } from './formats/json-schema.ts';
import { written } from './matcher.ts';
import { kindOf } from './steps/registry.ts';
import type { StepSurroundings } from './steps/step-kind.ts';
import type { Step } from './vector.ts';
import { templateProblems } from './vector-check.ts';

/** The step without what only benchmarks have. */
export function plainStep({ weight: _weight, name: _name, ...step }: BenchmarkStep): Step {
  return step as Step;
}

/** What is wrong with the requests of a benchmark, each with its place in `contract.yaml`. */
export function benchmarkProblems(
  { cold, setup = [], warm }: BenchmarkEntry,
  contract: StepSurroundings,
  source: Source,
): readonly PerfError[] {
  const known = new Set<string>();
  const check = (step: BenchmarkStep, ...place: (string | number)[]): readonly PerfError[] => {
    const pointer = pointerTo('benchmark', ...place);
    const found = stepProblems(plainStep(step), pointer, contract, known);
    for (const name of Object.keys(step.outputs ?? {})) known.add(name);
    return found.map(({ code, pointer: at, message }) => {
      return new UsageError(code, `benchmark ${place.join(' ')}: ${message}`, { at: locate(source, at) });
    });
  };
  return [
    ...check(cold, 'cold'),
    ...setup.flatMap((step, index) => check(step, 'setup', index)),
    ...warm.flatMap((step, index) => check(step, 'warm', index)),
  ];
}

function stepProblems(step: Step, pointer: string, contract: StepSurroundings, known: ReadonlySet<string>) {
  const kind = kindOf(step);
  const shape = findings(contract.schemas.compile(kind.schema), step).map((found) => ({
    code: 'benchmark-invalid',
    pointer: pointer + found.pointer,
    message: `found ${printable(written(found.value), 80)} at ${found.pointer || '/'}, wanted ${found.wanted}`,
  }));
  if (shape.length > 0) return shape;
  const problems = [
    ...templateProblems(step, known, pointer),
    ...(kind.problems?.(step as never, pointer, contract) ?? []),
  ];
  const message =
    kind.load === undefined
      ? `a step of kind ${kind.name} cannot be a request of a benchmark`
      : step.effects !== undefined || step.eventually !== undefined
        ? 'found effects or eventually, which only vectors have'
        : kind.loadProblem?.(step as never);
  if (message === undefined) return problems;
  return [...problems, { code: 'benchmark-invalid', pointer, message }];
}
