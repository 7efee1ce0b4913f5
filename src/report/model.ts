import type { ImplementationComparison, ImplementationState, MetricComparison, Verdict } from '../domain/comparison.ts';
import type { Conformance, VectorResult } from '../domain/conformance.ts';
import type { Summary } from '../domain/measurement.ts';
import { METRICS, type MetricId } from '../domain/metric.ts';
import type { ImplementationResult, ServiceTypeResults } from '../domain/run.ts';
import { ranks } from './ranking.ts';

export type Summaries = Readonly<Partial<Record<MetricId, Summary>>>;
/** What the last column says: a verdict or a state, or that there was nothing to compare with. */
export type Standing = Verdict | ImplementationState | 'measured';

/** One implementation of a report. */
export interface Row {
  readonly name: string;
  /** In a run with several profiles: the one that it was measured with. */
  readonly profile?: string;
  /** Compared with numbers of another time: for reading, never for failing. */
  readonly stored?: true;
  readonly standing: Standing;
  readonly reason?: string;
  /** From 1; equal values share a rank; absent without a measurement. */
  readonly rank?: number;
  readonly conformance?: Conformance;
  readonly base: Summaries;
  readonly head: Summaries;
  readonly comparisons: readonly MetricComparison[];
  readonly result?: ImplementationResult;
}

/** The order of report rows: what somebody has to act on comes first. */
export const STANDINGS: readonly Standing[] = [
  'regression',
  'contract failed',
  'inconclusive',
  'not measured',
  'improvement',
  'new',
  'measured',
  'no change',
  'carried',
];
const QUIET: ReadonlySet<Standing> = new Set<Standing>(['no change', 'carried']);

/** Rows of a service type: regressions first, then by rank, then by name. */
export function rowsOf(results: ServiceTypeResults): readonly Row[] {
  const comparisons = new Map(results.comparison?.implementations.map((entry) => [entry.implementation, entry]));
  const ranked = ranks(results.implementations);
  const measured = results.implementations.map((result) =>
    rowOf(result, comparisons.get(result.name), ranked.get(result.name)),
  );
  const known = new Set(results.implementations.map((result) => result.name));
  const others = [...comparisons.values()].filter((entry) => !known.has(entry.implementation)).map(comparedOnly);
  const group = {
    ...(results.profile !== undefined && { profile: results.profile }),
    ...(results.comparison?.mode === 'stored' && { stored: true as const }),
  };
  return [...measured, ...others].map((row) => ({ ...row, ...group })).sort(byUrgency);
}

/** Rows of several groups in one order: those of all profiles of a service type. */
export function rowsOfAll(groups: readonly ServiceTypeResults[]): readonly Row[] {
  return groups.flatMap(rowsOf).sort(byUrgency);
}

/** `node-http`, where the run has several profiles `node-http (large)`. */
export function whoOf({ name, profile }: Pick<Row, 'name' | 'profile'>): string {
  return profile === undefined ? name : `${name} (${profile})`;
}

/** Whether a reader must see the row without opening anything. */
export function isLoud(row: Row): boolean {
  return !QUIET.has(row.standing);
}

function rowOf(result: ImplementationResult, compared: ImplementationComparison | undefined, rank?: number): Row {
  const summaries = (side: 'base' | 'head') => result.sides.find((found) => found.side === side)?.summaries ?? {};
  const reason = compared?.reason ?? result.reason;
  return {
    name: result.name,
    standing: result.state ?? compared?.state ?? compared?.verdict ?? 'measured',
    ...(reason !== undefined && { reason }),
    ...(rank !== undefined && { rank }),
    ...(result.conformance !== undefined && { conformance: result.conformance }),
    base: summaries('base'),
    head: summaries('head'),
    comparisons: compared?.metrics ?? [],
    result,
  };
}

function comparedOnly(compared: ImplementationComparison): Row {
  const { implementation: name, reason, metrics: comparisons } = compared;
  const standing = compared.state ?? compared.verdict ?? 'not measured';
  return { name, standing, ...(reason !== undefined && { reason }), base: {}, head: {}, comparisons };
}

function byUrgency(a: Row, b: Row): number {
  const standing = STANDINGS.indexOf(a.standing) - STANDINGS.indexOf(b.standing);
  const rank = (a.rank ?? Number.MAX_SAFE_INTEGER) - (b.rank ?? Number.MAX_SAFE_INTEGER);
  return standing || severity(b) - severity(a) || rank || (whoOf(a) < whoOf(b) ? -1 : 1);
}

/** The gate metrics with that verdict, the largest change first. */
export function gatesWith(row: Row, verdict: Standing): readonly MetricComparison[] {
  return row.comparisons
    .filter((metric) => metric.gate && metric.verdict === verdict)
    .toSorted((a, b) => change(b) - change(a));
}

/** The gate metric that the verdict is about. */
export function decisive(row: Row): MetricComparison | undefined {
  return gatesWith(row, row.standing)[0];
}

const change = ({ estimate }: MetricComparison) => (estimate === undefined ? 0 : Math.abs(Math.log(estimate.ratio)));

function severity(row: Row): number {
  const metric = row.standing === 'regression' || row.standing === 'improvement' ? decisive(row) : undefined;
  return metric === undefined ? 0 : change(metric);
}

/** The metrics that any row has a number for, in the order of the metric table. */
export function shownMetrics(rows: readonly Row[]) {
  return METRICS.filter((metric) => rows.some((row) => row.head[metric.id] !== undefined));
}

/** Contract failures in words, one a line of a report. */
export function failedVectors(conformance: Conformance): readonly VectorResult[] {
  return conformance.vectors.filter((vector) => vector.state === 'failed');
}
