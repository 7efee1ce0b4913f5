import type { Clock } from '../ports/clock.ts';
import type { ReceivedMessage, Subscription } from '../ports/message-bus.ts';

const PULL_MS = 1000;
const MOST_KEPT = 20_000;

/**
 * All messages of one channel since the run began. Vectors pick theirs out by correlation; nothing is ever taken away,
 * so that vectors can run side by side.
 */
export class MessagePool {
  readonly #messages = new Map<string, ReceivedMessage>();
  #changed = Promise.withResolvers<void>();

  constructor() {
    this.#changed.promise.catch(() => undefined);
  }

  /** Collects until the signal aborts. A failing subscription fails everyone who waits. */
  async collect(subscription: Subscription, signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) this.#add(await subscription.pull(PULL_MS, signal));
    } catch (error) {
      if (!signal.aborted) this.#changed.reject(error);
    }
  }

  matching(fits: (message: ReceivedMessage) => boolean): readonly ReceivedMessage[] {
    return [...this.#messages.values()].filter(fits);
  }

  /** Resolves when `count` messages fit, or after `waitMs`. */
  async waitFor(
    fits: (message: ReceivedMessage) => boolean,
    count: number,
    waitMs: number,
    clock: Clock,
    signal?: AbortSignal,
  ): Promise<void> {
    const late = new AbortController();
    const stop = signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]);
    let timeUp = false;
    const timer = clock.sleep(waitMs, stop).then(
      () => {
        timeUp = true;
      },
      () => undefined,
    );
    try {
      while (!timeUp && this.matching(fits).length < count) {
        signal?.throwIfAborted();
        await Promise.race([timer, this.#changed.promise]);
      }
    } finally {
      late.abort();
    }
  }

  #add(messages: readonly ReceivedMessage[]): void {
    if (messages.length === 0) return;
    for (const message of messages) {
      // Delivery is at least once: the same id again is the same message, not a second one.
      if (this.#messages.size < MOST_KEPT) this.#messages.set(message.messageId, message);
    }
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
    this.#changed.promise.catch(() => undefined);
  }
}
