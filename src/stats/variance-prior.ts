import { median } from './percentile.ts';

/** A sample variance and the degrees of freedom behind it. */
export interface VarianceEstimate {
  readonly variance: number;
  readonly degreesOfFreedom: number;
}

/** With fewer variances than this nothing can be learned about how they spread. */
const SMALLEST_FLEET = 3;

/**
 * What the fleet says about a variance before one's own few samples do (Smyth's moderated t, as limma has it): the
 * log variances' mean gives the prior's size, their spread beyond chance its weight. `undefined` for small fleets.
 */
export function variancePrior(fleet: readonly VarianceEstimate[]): VarianceEstimate | undefined {
  const usable = fleet.filter((one) => one.variance > 0 && one.degreesOfFreedom > 0);
  if (usable.length < SMALLEST_FLEET) return undefined;
  // An implementation that never varies would drag the logarithms down without bound.
  const least = 1e-5 * median(usable.map((one) => one.variance));
  const centred = usable.map(
    ({ variance, degreesOfFreedom }) =>
      Math.log(Math.max(variance, least)) - digamma(degreesOfFreedom / 2) + Math.log(degreesOfFreedom / 2),
  );
  const mean = centred.reduce((sum, one) => sum + one, 0) / centred.length;
  const spread = centred.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (centred.length - 1);
  const chance = usable.reduce((sum, one) => sum + trigamma(one.degreesOfFreedom / 2), 0) / usable.length;
  if (spread <= chance) return { variance: Math.exp(mean), degreesOfFreedom: Number.POSITIVE_INFINITY };
  const half = trigammaInverse(spread - chance);
  return { variance: Math.exp(mean + digamma(half) - Math.log(half)), degreesOfFreedom: 2 * half };
}

/** One's own variance pulled towards the prior; degrees of freedom never exceed what the fleet has measured in all. */
export function moderate(
  own: VarianceEstimate,
  prior: VarianceEstimate | undefined,
  fleet: readonly VarianceEstimate[],
): VarianceEstimate {
  if (prior === undefined) return own;
  const pooled = fleet.reduce((sum, one) => sum + one.degreesOfFreedom, 0);
  const weight = Math.min(prior.degreesOfFreedom, Math.max(0, pooled - own.degreesOfFreedom));
  const degreesOfFreedom = own.degreesOfFreedom + weight;
  if (degreesOfFreedom === 0) return own;
  return {
    variance: (own.degreesOfFreedom * own.variance + weight * prior.variance) / degreesOfFreedom,
    degreesOfFreedom,
  };
}

/** Logarithmic derivative of the gamma function, for x > 0: recurrence up to 6, then the asymptotic series. */
export function digamma(x: number): number {
  let result = 0;
  let at = x;
  for (; at < 6; at += 1) result -= 1 / at;
  const inverse = 1 / (at * at);
  return (
    result +
    Math.log(at) -
    0.5 / at -
    inverse * (1 / 12 - inverse * (1 / 120 - inverse * (1 / 252 - inverse * (1 / 240 - inverse / 132))))
  );
}

/** Its derivative. */
export function trigamma(x: number): number {
  let result = 0;
  let at = x;
  for (; at < 6; at += 1) result += 1 / (at * at);
  const inverse = 1 / (at * at);
  return (
    result +
    1 / at +
    inverse / 2 +
    (inverse / at) * (1 / 6 - inverse * (1 / 30 - inverse * (1 / 42 - inverse * (1 / 30 - inverse * (5 / 66)))))
  );
}

/** Solves trigamma(x) = y for y > 0 by bisection on a logarithmic scale: trigamma falls from infinity to 0. */
export function trigammaInverse(y: number): number {
  let low = 1e-8;
  let high = 1e8;
  for (let step = 0; step < 100; step += 1) {
    const middle = Math.sqrt(low * high);
    if (trigamma(middle) > y) low = middle;
    else high = middle;
  }
  return Math.sqrt(low * high);
}
