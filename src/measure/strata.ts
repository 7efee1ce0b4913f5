import { SIDES } from '../domain/deployment.ts';
import { type DroppedSample, type Sample, STRATA, type StratumSummary } from '../domain/measurement.ts';
import { summarize } from '../stats/summary.ts';

/** One summary for each side and stratum that anything was taken of. */
export function summarizeStrata(
  samples: readonly Sample[],
  dropped: readonly DroppedSample[],
): readonly StratumSummary[] {
  return STRATA.flatMap((stratum) =>
    SIDES.flatMap((side): StratumSummary[] => {
      const lost = dropped.filter((one) => one.side === side && (one.stratum ?? 'fresh-revision') === stratum);
      const ttfbMs = samples
        .filter((one) => one.side === side && one.stratum === stratum && one.cold.proof.proven)
        .map(({ cold }) => cold.ttfbMs);
      if (lost.length + ttfbMs.length === 0) return [];
      const aborted = lost.filter(({ abortedStatus }) => abortedStatus !== undefined).length;
      const summary = ttfbMs.length === 0 ? {} : { ttfbMs: summarize(ttfbMs) };
      return [{ side, stratum, dropped: lost.length, aborted, ...summary }];
    }),
  );
}
