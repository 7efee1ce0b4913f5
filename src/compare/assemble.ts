import type {
  Comparison,
  ImplementationComparison,
  ImplementationState,
  MetricComparison,
} from '../domain/comparison.ts';
import { conforms } from '../domain/conformance.ts';
import type { ImplementationResult } from '../domain/run.ts';
import { holm } from '../stats/holm.ts';
import { decide, type MetricTest, type Significance } from './decide.ts';
import { type CompareOptions, DEFAULT_ALPHA } from './options.ts';
import { worstVerdict } from './worst.ts';

/** What a comparison function answers; the caller adds the service type and names the baseline. */
export type ComparisonOutcome = Pick<Comparison, 'mode' | 'modeReason' | 'implementations' | 'verdict'>;

/** One implementation with either the tests it went through or what kept it from them: a state, or an open question. */
export interface TestedImplementation {
  readonly name: string;
  readonly tests: readonly MetricTest[];
  readonly state?: ImplementationState;
  readonly verdict?: 'inconclusive';
  readonly reason?: string;
}

/** A service type's tests, before the correction for all the others of the run. */
export interface TestedGroup extends Pick<Comparison, 'mode' | 'modeReason'> {
  readonly tested: readonly TestedImplementation[];
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

/**
 * Holm over all gate tests of all groups, so that the chance of any false verdict in the whole run stays at alpha, then a
 * verdict per metric, per implementation and per group. One outcome per group, in their order.
 */
export function assembleAll(groups: readonly TestedGroup[], options: CompareOptions): readonly ComparisonOutcome[] {
  const alpha = options.alpha ?? DEFAULT_ALPHA;
  const counted = groups
    .flatMap(({ tested }) => tested)
    .flatMap(({ tests }) => tests)
    .filter((test) => test.metric.gate && test.p !== undefined && test.blocked === undefined);
  const adjusted = holm(counted.map(({ p }) => p ?? 1));
  const adjustedOf = new Map(counted.map((test, index) => [test, adjusted[index] ?? 1]));
  const significanceOf = (test: MetricTest) => ({
    adjustedP: adjustedOf.get(test) ?? 1,
    alpha,
    tests: counted.length,
  });
  return groups.map(({ mode, modeReason, tested }) => {
    const implementations = tested.map((one) => judge(one, significanceOf));
    const verdicts = implementations.flatMap(({ verdict }) => (verdict === undefined ? [] : [verdict]));
    return { mode, modeReason, implementations, verdict: worstVerdict(verdicts) ?? 'none' };
  });
}

/** The outcome of one group that is the whole comparison. */
export function assemble(group: TestedGroup, options: CompareOptions): ComparisonOutcome {
  const [outcome] = assembleAll([group], options);
  return outcome ?? { mode: group.mode, modeReason: group.modeReason, implementations: [], verdict: 'none' };
}

function judge(
  { name, tests, state, reason, ...open }: TestedImplementation,
  significanceOf: (test: MetricTest) => Significance,
): ImplementationComparison {
  const metrics: MetricComparison[] = tests.map((test) => decide(test, significanceOf(test)));
  const verdict = worstVerdict(metrics.filter(({ gate }) => gate).map((metric) => metric.verdict)) ?? open.verdict;
  return {
    implementation: name,
    ...(state === undefined && verdict !== undefined ? { verdict } : {}),
    ...(state === undefined ? {} : { state }),
    ...(reason === undefined ? {} : { reason }),
    metrics,
  };
}
