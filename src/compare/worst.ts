import type { Verdict } from '../domain/comparison.ts';

// "inconclusive" goes before "improvement": a run with an open question must not read as a success.
const WORST_FIRST: readonly Verdict[] = ['regression', 'inconclusive', 'improvement', 'no change'];

/** The worst of several verdicts; undefined of none. */
export function worstVerdict(verdicts: Iterable<Verdict>): Verdict | undefined {
  const present = new Set(verdicts);
  return WORST_FIRST.find((verdict) => present.has(verdict));
}
