import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A seeded source: the same seed gives the same numbers on every machine. */
export interface SeededRandom {
  /** A whole number in `from..to`, both included. */
  integer(from: number, to: number): number;
  /** In 0 (included) to 1 (excluded). */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
}

export function seededRandom(seed: number): SeededRandom {
  const generator = xoroshiro128plus(mixed(seed));
  const uniform = () => uniformFloat64(generator);
  return {
    integer: (from, to) => uniformInt(generator, from, to),
    uniform,
    // Box-Muller; 1 - u keeps the logarithm away from 0.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}

/**
 * Spreads each bit of a seed over all 32, one to one (the end of MurmurHash3): by itself the generator begins with almost
 * the same numbers for seeds that lie close together.
 */
function mixed(seed: number): number {
  let bits = (seed | 0) + 0x9e3779b9;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

/** The values in a seeded random order (Fisher-Yates); the input stays as it is. */
export function shuffled<T>(values: readonly T[], random: SeededRandom): T[] {
  const result = [...values];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = random.integer(0, last);
    [result[last], result[other]] = [result[other] as T, result[last] as T];
  }
  return result;
}
