/** Between two lines of progress where they cannot be overwritten. */
const QUIET_MS = 2_000;

/** A log keeps every line: there, progress is a sign of life now and then, not a protocol. True when one is due. */
export function createPace(nowMs: () => number = () => performance.now()): () => boolean {
  let nextMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (nowMs() < nextMs) return false;
    nextMs = nowMs() + QUIET_MS;
    return true;
  };
}
