import type { Measurement } from '../domain/measurement.ts';
import type { ImplementationResult, ServiceTypeResults } from '../domain/run.ts';
import { LEAST_TO_JUDGE } from '../plan/strata.ts';
import { summariesOf } from './results.ts';

/**
 * Puts the cold starts after idleness that a job of their own has taken beside what the others have measured: in a
 * stratum of their own, never pooled. What the others have not measured stays as it is.
 */
export function withIdle(
  results: readonly ServiceTypeResults[],
  idle: readonly ServiceTypeResults[],
): readonly ServiceTypeResults[] {
  const keyOf = (type: string, { name, tags }: ImplementationResult) => JSON.stringify([type, name, tags.profile.name]);
  const taken = new Map(
    idle.flatMap(({ serviceType, implementations }) =>
      implementations.map((one) => [keyOf(serviceType, one), one.measurement] as const),
    ),
  );
  return results.map((group) => ({
    ...group,
    implementations: group.implementations.map((one) => {
      const after = taken.get(keyOf(group.serviceType, one));
      return after === undefined || one.measurement === undefined ? one : withSamples(one, one.measurement, after);
    }),
  }));
}

function withSamples(one: ImplementationResult, before: Measurement, after: Measurement): ImplementationResult {
  const samples = after.samples.filter(({ stratum }) => stratum === 'after-idle');
  const enough = one.sides.every(
    ({ side }) => samples.filter((sample) => sample.side === side).length >= LEAST_TO_JUDGE,
  );
  const next = 1 + Math.max(-1, ...before.samples.map(({ order }) => order));
  const measurement: Measurement = {
    ...before,
    samples: [...before.samples, ...samples.map((sample) => ({ ...sample, order: next + sample.order }))],
    dropped: [...before.dropped, ...after.dropped.filter(({ stratum }) => stratum === 'after-idle')],
    strata: [...(before.strata ?? []), ...(after.strata ?? []).filter(({ stratum }) => stratum === 'after-idle')],
    gateStratum: enough ? 'after-idle' : (before.gateStratum ?? 'fresh-revision'),
    scaleToZero: [...before.scaleToZero, ...after.scaleToZero],
    audit: [...new Set([...before.audit, ...after.audit])],
    durationMs: before.durationMs + after.durationMs,
  };
  return {
    ...one,
    measurement,
    sides: one.sides.map((side) => ({ ...side, summaries: summariesOf(measurement, side.side) })),
  };
}
