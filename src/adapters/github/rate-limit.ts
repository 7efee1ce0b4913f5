import { at, textAt } from './fields.ts';
import type { Answer } from './trouble.ts';

export interface RateLimit {
  /** What GitHub calls it: all requests of the hour are used up, or too many came too fast. */
  readonly kind: 'primary' | 'secondary';
  readonly waitMs: number;
  readonly endsAt: Date;
}

/** GitHub's advice for a secondary limit that does not say how long it lasts. */
const UNNAMED_WAIT_MS = 60_000;
const SHORTEST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 24 * 60 * 60 * 1000;

/** The limit that an answer tells of; undefined when it was refused for another reason. */
export function rateLimitOf({ status, headers, body }: Answer, localNowMs: number): RateLimit | undefined {
  const text = messagesOf(body).join(' ');
  const tooQuick = status === 422 && /submitted too quickly/i.test(text);
  if (status !== 403 && status !== 429 && !tooQuick) return undefined;
  // The reset is a time of GitHub's clock, which the runner's need not share.
  const nowMs = orElse(Date.parse(headers.date ?? ''), localNowMs);
  const limit = (kind: RateLimit['kind'], wantedMs: number): RateLimit => {
    const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, wantedMs));
    return { kind, waitMs, endsAt: new Date(nowMs + waitMs) };
  };
  const retryAfterS = numberOf(headers['retry-after']);
  if (retryAfterS !== undefined) return limit('secondary', retryAfterS * 1000);
  const resetS = numberOf(headers['x-ratelimit-reset']);
  // A request that may not be made can also be the last one of the hour.
  const isRefusal = /not accessible/i.test(text);
  if (headers['x-ratelimit-remaining'] === '0' && resetS !== undefined && !isRefusal) {
    return limit('primary', resetS * 1000 - nowMs + SHORTEST_WAIT_MS);
  }
  if (status === 429 || tooQuick || /secondary rate limit|abuse detection/i.test(text)) {
    return limit('secondary', UNNAMED_WAIT_MS);
  }
  return undefined;
}

/** The message of an error's body and those of its `errors`, which are texts or objects. */
export function messagesOf(body: unknown): readonly string[] {
  const errors = at(body, 'errors');
  const more = Array.isArray(errors) ? errors.map((error: unknown) => textAt(error, 'message') ?? error) : [];
  return [textAt(body, 'message'), ...more].filter((text) => typeof text === 'string');
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function orElse(value: number, otherwise: number): number {
  return Number.isFinite(value) ? value : otherwise;
}
