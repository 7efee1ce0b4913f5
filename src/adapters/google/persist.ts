import { InfrastructureError, type PerfError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import { type Answer, NoAnswer } from './call.ts';

/** `propagation`: Google gives this answer, too, for minutes after the set-up was changed. */
export interface Refusal {
  readonly error: PerfError;
  readonly again: 'never' | 'soon' | 'propagation';
}

export interface Patience {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends waiting, not asking: what has to be cleaned up after a cancellation needs tokens too. */
  readonly signal: AbortSignal;
  /** In [0, 1). */
  readonly random: () => number;
}

/** How long answers are asked for again that may only mean that a change has not spread yet. */
export const PROPAGATION_MS = 60_000;
const SOON_ATTEMPTS = 5;
const BASE_MS = 1_000;
const CAP_MS = 15_000;

export interface Step<T> {
  /** Whom is asked, for messages: "GitHub's OIDC service". */
  readonly whom: string;
  readonly ask: () => Promise<Answer>;
  /** What is wanted of a 200; undefined when the answer lacks it. */
  readonly read: (answer: Answer) => T | undefined;
  readonly refused: (answer: Answer) => Refusal;
}

/**
 * Asks until it gets what it wants: failures of the service and of the network five times, answers that a fresh set-up
 * gives for a minute. Everything else is thrown at once.
 */
export async function persist<T>(step: Step<T>, { clock, logger, signal, random }: Patience): Promise<T> {
  const startedMs = clock.monotonicMs();
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await once(step);
    if ('value' in outcome) return outcome.value;
    const { error, again } = outcome;
    const stepMs = Math.min(CAP_MS, BASE_MS * 2 ** (attempt - 1));
    const waitMs = stepMs / 2 + (stepMs / 2) * random();
    const spentMs = clock.monotonicMs() - startedMs + waitMs;
    const hopeful = again === 'soon' ? attempt < SOON_ATTEMPTS : again === 'propagation' && spentMs < PROPAGATION_MS;
    if (!hopeful || signal.aborted) throw error;
    if (again === 'propagation' && attempt === 1) {
      logger.warn(`${error.message}; asking again for ${PROPAGATION_MS / 1000} s, in case the set-up was just changed`);
    } else logger.debug(`${step.whom} is asked again`, { attempt, code: error.code, waitMs: Math.round(waitMs) });
    await clock.sleep(waitMs, signal).catch(() => {
      throw error;
    });
  }
}

async function once<T>(step: Step<T>): Promise<{ readonly value: T } | Refusal> {
  try {
    const answer = await step.ask();
    if (answer.status === 200) {
      const value = step.read(answer);
      return value === undefined ? unusable(step.whom) : { value };
    }
    if (answer.status === 429 || answer.status >= 500) return unreachable(step.whom, `answered ${answer.status}`);
    return step.refused(answer);
  } catch (error) {
    if (error instanceof NoAnswer) return unreachable(step.whom, `gave no answer: ${error.message}`);
    throw error;
  }
}

const unreachable = (whom: string, found: string): Refusal => ({
  again: 'soon',
  error: new InfrastructureError('token-service-unreachable', `${whom} ${found}`, {
    hint: 'check the network and the proxy of this machine, then run again',
  }),
});

const unusable = (whom: string): Refusal => ({
  again: 'never',
  error: new InfrastructureError('token-service-answer', `${whom} answered 200 without a token in it`, {
    hint: 'see whether a proxy or a login page answers in its place',
  }),
});
