import type {
  Comparison,
  ImplementationComparison,
  ImplementationState,
  MetricComparison,
} from '../domain/comparison.ts';
import { conforms } from '../domain/conformance.ts';
import type { ImplementationResult } from '../domain/run.ts';
import { holm } from '../stats/holm.ts';
import { decide, type MetricTest } from './decide.ts';
import { type CompareOptions, DEFAULT_ALPHA } from './options.ts';
import { worstVerdict } from './worst.ts';

/** What a comparison function answers; the caller adds the service type and names the baseline. */
export type ComparisonOutcome = Pick<Comparison, 'mode' | 'modeReason' | 'implementations' | 'verdict'>;

/** One implementation with either the tests it went through or the state that kept it from them. */
export interface TestedImplementation {
  readonly name: string;
  readonly tests: readonly MetricTest[];
  readonly state?: ImplementationState;
  readonly reason?: string;
}

/** Why an implementation cannot be compared at all, looking at head alone. */
export function stateOf(result: ImplementationResult): Omit<TestedImplementation, 'tests'> | undefined {
  const { name, state, reason, conformance, measurement } = result;
  if (state !== undefined) return { name, state, ...(reason === undefined ? {} : { reason }) };
  if (conformance !== undefined && !conforms(conformance)) {
    const why = conformance.unreachable ?? `${conformance.failed} of ${conformance.vectors.length} vectors failed`;
    return { name, state: 'contract failed', reason: reason ?? why };
  }
  if (measurement === undefined || !measurement.samples.some(({ side }) => side === 'head')) {
    const lost = measurement?.dropped.find(({ side }) => side === 'head')?.reason;
    return { name, state: 'not measured', reason: reason ?? lost ?? 'no sample was taken' };
  }
  return undefined;
}

/** Holm over all gate tests of all implementations, then a verdict per metric, per implementation and overall. */
export function assemble(
  mode: Comparison['mode'],
  modeReason: string,
  tested: readonly TestedImplementation[],
  options: CompareOptions,
): ComparisonOutcome {
  const alpha = options.alpha ?? DEFAULT_ALPHA;
  const counted = tested
    .flatMap(({ tests }) => tests)
    .filter((test) => test.metric.gate && test.p !== undefined && test.blocked === undefined);
  const adjusted = holm(counted.map(({ p }) => p ?? 1));
  const adjustedOf = new Map(counted.map((test, index) => [test, adjusted[index] ?? 1]));
  const implementations = tested.map(({ name, tests, state, reason }): ImplementationComparison => {
    const metrics: MetricComparison[] = tests.map((test) =>
      decide(test, { adjustedP: adjustedOf.get(test) ?? 1, alpha, tests: counted.length }),
    );
    const verdict = worstVerdict(metrics.filter(({ gate }) => gate).map((metric) => metric.verdict));
    return {
      implementation: name,
      ...(state === undefined && verdict !== undefined ? { verdict } : {}),
      ...(state === undefined ? {} : { state }),
      ...(reason === undefined ? {} : { reason }),
      metrics,
    };
  });
  const verdicts = implementations.flatMap(({ verdict }) => (verdict === undefined ? [] : [verdict]));
  return { mode, modeReason, implementations, verdict: worstVerdict(verdicts) ?? 'none' };
}
