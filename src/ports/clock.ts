/** Time. Epoch milliseconds have fractions, so that they can be matched with a platform's log. */
export interface Clock {
  epochMs(): number;
  /** Never goes back; only differences mean something. */
  monotonicMs(): number;
  /** Rejects with the signal's reason when aborted. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}
