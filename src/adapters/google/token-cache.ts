import type { Clock } from '../../ports/clock.ts';

/** A token as it came. */
export interface Token {
  readonly value: string;
  /** From the moment it was issued, by the issuer's clock: how ours is set does not matter. */
  readonly lifetimeMs: number;
}

/** A token is renewed so long before its end, but never in the first three quarters of its life. */
const MARGIN_MS = 60_000;
/** A renewal that failed is tried again after this time, as long as the old token is valid. */
const PAUSE_MS = 10_000;
/** An old token that ends sooner is not given away any more. */
const LAST_USE_MS = 5_000;

interface Current {
  readonly value: string;
  readonly renewAtMs: number;
  readonly expiresAtMs: number;
}

/**
 * The token that `fetch` gives, for as long as it is good. Callers at the same time share one fetch. A renewal that
 * fails is not felt while the old token is valid; afterwards its error is thrown, and the next call fetches again.
 */
export function cachedToken(fetch: () => Promise<Token>, clock: Pick<Clock, 'monotonicMs'>): () => Promise<string> {
  let current: Current | undefined;
  let pending: Promise<string> | undefined;

  async function renew(): Promise<string> {
    // Its life is counted from before the request, since the answer may take its time.
    const askedAtMs = clock.monotonicMs();
    try {
      const { value, lifetimeMs } = await fetch();
      const expiresAtMs = askedAtMs + lifetimeMs;
      current = { value, expiresAtMs, renewAtMs: expiresAtMs - Math.min(MARGIN_MS, lifetimeMs / 4) };
      return value;
    } catch (error) {
      const nowMs = clock.monotonicMs();
      if (current === undefined || current.expiresAtMs - LAST_USE_MS <= nowMs) throw error;
      current = { ...current, renewAtMs: nowMs + PAUSE_MS };
      return current.value;
    }
  }

  return () => {
    if (current !== undefined && clock.monotonicMs() < Math.min(current.renewAtMs, current.expiresAtMs)) {
      return Promise.resolve(current.value);
    }
    pending ??= renew().finally(() => {
      pending = undefined;
    });
    return pending;
  };
}
