import type { Route } from '../model.ts';

/** mulberry32: small, fast, and the same sequence for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** FNV-1a: a seed from a text. */
export function seedOf(text: string): number {
  return [...Buffer.from(text)].reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193), 0x811c9dc5);
}

export interface Share {
  readonly revision: string;
  readonly percent: number;
}

/** Chooses a revision per request by percent; undefined when no revision has any. */
export function weightedRoute(shares: readonly Share[], random: () => number): Route {
  const total = shares.reduce((sum, { percent }) => sum + percent, 0);
  if (total <= 0) return () => undefined;
  return () => {
    let left = random() * total;
    return shares.find(({ percent }) => {
      left -= percent;
      return left < 0;
    })?.revision;
  };
}
