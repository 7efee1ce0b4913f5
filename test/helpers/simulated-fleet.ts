import type { Side } from '../../src/domain/deployment.ts';
import type { ImplementationResult } from '../../src/domain/run.ts';
import { seededRandom } from '../../src/stats/random.ts';
import { type Numbers, resultOf, roundsOf } from './measured-results.ts';

export interface FleetOptions {
  readonly services: number;
  /** Head / base of every latency; requests per second change inversely. */
  readonly ratio: number;
  readonly seed: number;
  /** Instances per side in each of two rounds. */
  readonly perRound: number;
}

// Within-run spread of published Cloud Run cold starts: 6 to 70 %, median 16 %; every fifth service has two modes.
const SIGMAS = [0.06, 0.1, 0.13, 0.16, 0.16, 0.2, 0.25] as const;
const SLOW_MODE = { every: 5, share: 0.3, factor: 2.2 };
const WARM_SIGMA = 0.08;
const SLOW_ROUND = 0.1;

/** A fleet of one run, base and head side by side, with the noise that Cloud Run was seen to have. */
export function simulatedFleet({ services, ratio, seed, perRound }: FleetOptions): ImplementationResult[] {
  const random = seededRandom(seed * 7919 + 13);
  return Array.from({ length: services }, (_, index) => {
    const sigma = SIGMAS[index % SIGMAS.length] ?? 0.16;
    const twoModes = index % SLOW_MODE.every === SLOW_MODE.every - 1;
    const rounds = [random.normal(), random.normal()].map((value) => Math.exp(SLOW_ROUND * value));
    const noise = (spread: number) => Math.exp(spread * random.normal());
    const draw = (side: Side, round: number): Numbers => {
      const slower = (side === 'head' ? ratio : 1) * (rounds[round] ?? 1);
      const mode = twoModes && random.uniform() < SLOW_MODE.share ? SLOW_MODE.factor : 1;
      return {
        coldMs: 600 * slower * mode * noise(sigma),
        p50Ms: 15 * slower * noise(WARM_SIGMA),
        rps: (500 / slower) * noise(WARM_SIGMA),
      };
    };
    return resultOf(`service-${index}`, roundsOf(2, perRound, draw));
  });
}
