import type { SeededRandom } from '../../src/stats/random.ts';

/** A duration of which half are shorter than the median and one in twenty is longer than p95; never beyond the limits. */
export interface Spread {
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly leastMs: number;
  readonly mostMs: number;
}

const spread = (leastS: number, medianS: number, p95S: number, mostS: number): Spread => ({
  leastMs: leastS * 1000,
  medianMs: medianS * 1000,
  p95Ms: p95S * 1000,
  mostMs: mostS * 1000,
});

/** docs/simulation.md says where each comes from, and how sure it is. */
export const ASSUMPTIONS = {
  runnerStart: spread(4, 12, 45, 120),
  /** Checkout with history, artifacts, the action's own start. */
  jobSetUp: spread(6, 12, 30, 60),
  discover: spread(3, 8, 20, 40),
  login: spread(1, 2, 5, 15),
  /** With the layer cache of the registry, and without. */
  buildCached: spread(4, 15, 45, 120),
  buildChanged: spread(10, 45, 150, 400),
  push: spread(2, 6, 20, 60),
  /** One call to the Admin API until it answers. */
  call: spread(0.1, 0.4, 1.5, 5),
  /** From the answer of a write until its operation has ended. No instance is started for it. */
  operation: spread(1, 4, 10, 30),
  deletion: spread(2, 6, 20, 60),
  contract: spread(4, 8, 20, 60),
  /** Cold start of a middling implementation; each has a factor of its own. */
  cold: spread(0.2, 1.5, 5, 30),
  implementationFactor: { least: 0.3, most: 4 },
  /** From an event to its line in the log, as a reader sees it. */
  logLag: spread(1, 4, 15, 60),
  /** Manual scaling to 0 until the instances are gone. */
  stop: spread(2, 8, 20, 60),
  /** Idle time of an instance until it ends by itself. */
  idle: spread(120, 780, 895, 900),
  requestMs: 40,
  report: spread(10, 20, 45, 90),
  /** Share of samples that are lost and retaken, and of writes that are repeated. */
  lostShare: 0.05,
  repeatedShare: 0.02,
  pollMs: 1000,
  linesOfAPage: 1000,
  quota: { cpus: 20, gib: 40, writesPerMinute: 60, logReadsPerMinute: 60 },
  /** Jobs of GitHub's free plan that run at the same time. */
  jobsAtOnce: 20,
} as const;

const P95 = 1.6449;

export function draw({ medianMs, p95Ms, leastMs, mostMs }: Spread, random: SeededRandom, factor = 1): number {
  const sigma = Math.log(p95Ms / medianMs) / P95;
  return Math.min(mostMs, Math.max(leastMs, factor * medianMs * Math.exp(sigma * random.normal())));
}
