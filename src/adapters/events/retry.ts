const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 8_000;

/** Whether the same message may be taken later. Undefined stands for no answer at all. */
export function isWorthRetrying(status: number | undefined): boolean {
  return status === undefined || status === 408 || status === 429 || status >= 500;
}

/** Exponential backoff with full jitter: anything from nothing to 1, 2, 4, 8 s after attempt 1, 2, 3, 4. */
export function waitBeforeMs(attempt: number, random: () => number): number {
  return random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1));
}

/** What a `Retry-After` header asks for: seconds or an HTTP date. Undefined when it is absent or neither. */
export function retryAfterMs(header: string | undefined, nowEpochMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // Date.parse takes far more than HTTP dates, "-1" among it.
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowEpochMs);
}
