import type { Side } from '../domain/deployment.ts';
import type { Measurement } from '../domain/measurement.ts';
import { METRICS } from '../domain/metric.ts';
import type { ImplementationResult } from '../domain/run.ts';
import { alignedRankTest, type Observation } from '../stats/aligned-rank.ts';
import { hodgesLehmann } from '../stats/hodges-lehmann.ts';
import { type BlockShift, blockShift, moderatedT } from '../stats/moderated-t.ts';
import { median } from '../stats/percentile.ts';
import { assemble, type ComparisonOutcome, stateOf, type TestedGroup, type TestedImplementation } from './assemble.ts';
import type { KnownMetric, MetricTest } from './decide.ts';
import { plainPercent } from './format.ts';
import { type CompareOptions, LEAST_FOR_RANKS, LEAST_SAMPLES, MOST_DROPPED, minimumEffect } from './options.ts';
import { gateStratum, numbers, type SideValues, sideValues } from './values.ts';

const CONFIDENCES = [0.95, 0.9] as const;

interface Pair {
  readonly base: SideValues;
  readonly head: SideValues;
}

const observationsOf = ({ base, head }: Pair): Observation[] =>
  [
    ...head.values.map((one) => ({ ...one, side: 'head' as const })),
    ...base.values.map((one) => ({ ...one, side: 'base' as const })),
  ].map(({ side, round, value }) => ({ side, round, value: Math.log(value) }));

const few = ({ base, head }: Pair) => Math.min(base.values.length, head.values.length) < LEAST_FOR_RANKS;

function pairOf(measurement: Measurement, metric: KnownMetric): Pair {
  const stratum = gateStratum(measurement, metric);
  return {
    base: sideValues(measurement, 'base', metric, stratum),
    head: sideValues(measurement, 'head', metric, stratum),
  };
}

function lossOf(side: Side, { missing, taken }: SideValues): string | undefined {
  return taken > 0 && missing / taken > MOST_DROPPED
    ? `${missing} of ${taken} samples of ${side} were dropped, more than ${plainPercent(MOST_DROPPED)}: what is left may be a selection`
    : undefined;
}

function blockedBy({ base, head }: Pair): string | undefined {
  if (Math.min(base.values.length, head.values.length) < LEAST_SAMPLES) {
    const counts = `${base.values.length} of base and ${head.values.length} of head`;
    return `only ${counts} fresh instances, at least ${LEAST_SAMPLES} of either are needed`;
  }
  return lossOf('base', base) ?? lossOf('head', head);
}

type Estimate = Pick<MetricTest, 'wide' | 'narrow' | 'p'>;

function estimateOf(pair: Pair, fleet: readonly BlockShift[]): Estimate {
  const observations = observationsOf(pair);
  if (!few(pair)) {
    const [wide, narrow] = hodgesLehmann(observations, CONFIDENCES);
    return { ...(wide && { wide }), ...(narrow && { narrow }), p: alignedRankTest(observations).p };
  }
  const own = blockShift(observations);
  if (own === undefined) return {};
  const { p, intervals } = moderatedT(own, fleet, CONFIDENCES);
  const [wide, narrow] = intervals;
  return { ...(wide && { wide }), ...(narrow && { narrow }), p };
}

function testOf(
  result: ImplementationResult,
  metric: KnownMetric,
  fleet: readonly BlockShift[],
  options: CompareOptions,
): MetricTest | undefined {
  const { measurement, name } = result;
  if (measurement === undefined) return undefined;
  const pair = pairOf(measurement, metric);
  const [baseN, headN] = [pair.base.values.length, pair.head.values.length];
  // A suite without warm blocks has no open question about them.
  const expected = metric.gate && measurement.samples.some(({ warm }) => warm !== undefined);
  if (baseN + headN === 0 && !expected) return undefined;
  const kinds = new Set(result.sides.map(({ artifact }) => artifact.kind));
  const blocked = kinds.size > 1 ? `not comparable: ${[...kinds].join(' against ')}` : blockedBy(pair);
  return {
    metric,
    baseN,
    headN,
    minimumEffect: minimumEffect(metric, name, options),
    ...(baseN > 0 && { baseMedian: median(numbers(pair.base)) }),
    ...(headN > 0 && { headMedian: median(numbers(pair.head)) }),
    ...(baseN > 0 && headN > 0 ? estimateOf(pair, fleet) : {}),
    ...(blocked === undefined ? {} : { blocked }),
  };
}

/** Wrong answers are no number to test: what head answered wrongly and base did not is told in words. */
function errorRemark(measurement: Measurement): string | undefined {
  const count = (side: Side) =>
    measurement.samples
      .filter((sample) => sample.side === side)
      .flatMap(({ warm }) => Object.values(warm?.errors ?? {}))
      .reduce((sum, one) => sum + one, 0);
  const [base, head] = [count('base'), count('head')];
  return head > base ? `head gave ${head} wrong or missing answers under load, base ${base}` : undefined;
}

function withoutBase(result: ImplementationResult): boolean {
  return (
    !result.measurement?.samples.some(({ side }) => side === 'base') &&
    !result.sides.some(({ side }) => side === 'base')
  );
}

/**
 * Compares base and head that were measured in the same run, in interleaved rounds: aligned rank test on logarithms
 * inside rounds (moderated t below 10 a side), Hodges-Lehmann ratio with its interval, Holm over all gate tests.
 */
export function compareSideBySide(
  results: readonly ImplementationResult[],
  options: CompareOptions = {},
): ComparisonOutcome {
  return assemble(testSideBySide(results, options), options);
}

/** The tests of `compareSideBySide`. `lostBases` says, by name, why a base that there is was not measured. */
export function testSideBySide(
  results: readonly ImplementationResult[],
  options: CompareOptions,
  lostBases: ReadonlyMap<string, string> = new Map(),
): TestedGroup {
  const open = results.filter((result) => stateOf(result) === undefined && !withoutBase(result));
  const fleets = new Map(
    METRICS.map((metric: KnownMetric) => {
      const shifts = open.map(({ measurement }) =>
        measurement === undefined ? undefined : blockShift(observationsOf(pairOf(measurement, metric))),
      );
      return [metric.id, shifts.filter((shift) => shift !== undefined)] as const;
    }),
  );
  const tested = results.map((result): TestedImplementation => {
    const { name } = result;
    const state = stateOf(result);
    if (state !== undefined) return { ...state, tests: [] };
    if (withoutBase(result)) {
      const lost = lostBases.get(name);
      return lost === undefined
        ? { name, state: 'new', reason: 'there is no such implementation in the baseline', tests: [] }
        : { name, verdict: 'inconclusive', reason: lost, tests: [] };
    }
    const tests = METRICS.flatMap(
      (metric: KnownMetric) => testOf(result, metric, fleets.get(metric.id) ?? [], options) ?? [],
    );
    const reason = result.measurement === undefined ? undefined : errorRemark(result.measurement);
    return { name, tests, ...(reason === undefined ? {} : { reason }) };
  });
  return {
    mode: 'side-by-side',
    modeReason: 'base and head were measured in this run, in interleaved rounds',
    tested,
  };
}
