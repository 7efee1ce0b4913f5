import type { RunEvent } from '../../domain/event.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Answer, Message, Post } from './post.ts';
import { isWorthRetrying, retryAfterMs, waitBeforeMs } from './retry.ts';

export interface DeliveryLimits {
  readonly attempts: number;
  readonly attemptTimeoutMs: number;
  /** Of one event, all attempts and waits together. */
  readonly totalMs: number;
}

export const DELIVERY_LIMITS: DeliveryLimits = { attempts: 5, attemptTimeoutMs: 10_000, totalMs: 30_000 };

export interface DeliveryOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** From 0 to less than 1. */
  readonly random: () => number;
  readonly post: Post;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
  readonly limits: DeliveryLimits;
}

export interface Destination {
  /** What a warning calls it. */
  readonly name: string;
  readonly url: string;
}

/** Sends one event. `write` makes the message of each attempt. Never rejects: a failure is one warning. */
export type Deliver = (destination: Destination, event: RunEvent, write: (epochMs: number) => Message) => Promise<void>;

type Outcome = { readonly answer: Answer } | { readonly failure: string };

export function createDelivery({ clock, logger, random, post, signal, limits }: DeliveryOptions): Deliver {
  return async (destination, event, write) => {
    const startedMs = clock.monotonicMs();
    const leftMs = () => limits.totalMs - (clock.monotonicMs() - startedMs);
    let attempt = 0;
    const giveUp = (reason: string) => {
      const attempts = attempt === 1 ? '1 attempt' : `${attempt} attempts`;
      // Neither the address nor the body: both are secret, and so may be what the other side answers.
      logger.warn(`${destination.name} was not notified of ${event.type}: ${reason} (${attempts})`);
    };
    try {
      for (;;) {
        const message = write(clock.epochMs());
        signal.throwIfAborted();
        attempt += 1;
        const timeoutMs = Math.max(1, Math.ceil(Math.min(limits.attemptTimeoutMs, leftMs())));
        const outcome = await attemptOnce(post, destination.url, message, timeoutMs, signal);
        if ('answer' in outcome && outcome.answer.status >= 200 && outcome.answer.status <= 299) return;
        const reason = reasonOf(outcome);
        signal.throwIfAborted();
        if (attempt >= limits.attempts || !isWorthRetrying('answer' in outcome ? outcome.answer.status : undefined))
          return giveUp(reason);
        const askedMs = 'answer' in outcome ? retryAfterMs(outcome.answer.retryAfter, clock.epochMs()) : undefined;
        const waitMs = Math.max(waitBeforeMs(attempt, random), askedMs ?? 0);
        if (waitMs >= leftMs())
          return giveUp(askedMs === waitMs ? `${reason}, try again in ${Math.ceil(waitMs / 1000)} s` : reason);
        await clock.sleep(waitMs, signal);
      }
    } catch (error) {
      giveUp(signal.aborted ? 'no time left' : `unexpected ${error instanceof Error ? error.name : 'failure'}`);
    }
  };
}

async function attemptOnce(
  post: Post,
  url: string,
  message: Message,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    return { answer: await post(url, message, timeoutMs, signal) };
  } catch (error) {
    // Messages of network errors name hosts and addresses; their codes do not.
    const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
    if (name === 'TimeoutError') return { failure: `no answer within ${timeoutMs} ms` };
    return { failure: typeof code === 'string' && /^[A-Z0-9_]{2,40}$/.test(code) ? code : 'no connection' };
  }
}

function reasonOf(outcome: Outcome): string {
  if ('failure' in outcome) return outcome.failure;
  const { status, text } = outcome.answer;
  if (status >= 300 && status <= 399) return `HTTP ${status}, and redirects are not followed`;
  // Slack says what is wrong in one word, such as channel_is_archived.
  return /^[a-z]{2,20}(?:_[a-z]{1,20}){1,5}$/.test(text) ? `HTTP ${status} ${text}` : `HTTP ${status}`;
}
