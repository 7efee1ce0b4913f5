import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import { type RateLimit, rateLimitOf } from './rate-limit.ts';
import { type Trouble, troubleOf } from './trouble.ts';

export interface PatienceSettings {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of all waits of one call together. */
  readonly longestMs: number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Waits for the exchanges of one call, which share its bound. */
export interface Patience {
  /**
   * Repeats an exchange that was refused by a rate limit and, when it is repeatable, one that failed for a temporary
   * reason. Throws Trouble, or the signal's reason.
   */
  persist<T>(exchange: () => Promise<T>, repeatable: boolean, signal: AbortSignal | undefined): Promise<T>;
}

const ATTEMPTS = 4;
const FIRST_BACKOFF_MS = 1000;

export function createPatience({ clock, logger, longestMs, random }: PatienceSettings): Patience {
  let leftMs = longestMs;

  async function wait(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
    leftMs -= durationMs;
    await clock.sleep(durationMs, signal);
  }

  return {
    async persist(exchange, repeatable, signal) {
      for (let attempt = 1; ; ) {
        signal?.throwIfAborted();
        try {
          return await exchange();
        } catch (error) {
          signal?.throwIfAborted();
          const trouble = troubleOf(error);
          if (trouble === undefined) throw error;
          const limit = limitOf(trouble, clock);
          if (limit !== undefined) {
            if (limit.waitMs > leftMs) throw trouble;
            const waitS = Math.ceil(limit.waitMs / 1000);
            logger.info(`GitHub's ${limit.kind} rate limit: waiting ${waitS} s`);
            await wait(limit.waitMs, signal);
            continue;
          }
          const backoffMs = FIRST_BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + random() / 2);
          if (!isTemporary(trouble, repeatable) || attempt === ATTEMPTS || backoffMs > leftMs) throw trouble;
          logger.debug('request to GitHub is repeated', { attempt, reason: trouble.message });
          attempt += 1;
          await wait(backoffMs, signal);
        }
      }
    },
  };
}

/** The rate limit that a failed exchange tells of. */
export function limitOf({ answer }: Trouble, clock: Clock): RateLimit | undefined {
  return answer === undefined ? undefined : rateLimitOf(answer, clock.epochMs());
}

/** Whether trying again may help, and does no harm: what may have been carried out is repeated only when that is the same. */
function isTemporary({ answer, silence }: Trouble, repeatable: boolean): boolean {
  if (silence !== undefined) return repeatable || !silence.maybeSent;
  return repeatable && answer !== undefined && answer.status >= 500;
}
