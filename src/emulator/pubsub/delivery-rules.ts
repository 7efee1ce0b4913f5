import { PubSubError } from './errors.ts';

/** Where messages go that were delivered so often without being acknowledged. */
export interface DeadLetterPolicy {
  readonly topic: string;
  readonly maxAttempts: number;
}

/** How long a message waits before it is delivered again: the minimum, twice as long each time, at most the maximum. */
export interface RetryPolicy {
  readonly minimumSeconds: number;
  readonly maximumSeconds: number;
}

const ATTEMPTS = { least: 5, most: 100 };
const BACKOFF = { minimumSeconds: 10, maximumSeconds: 600 };
const LONGEST_BACKOFF_SECONDS = 600;

/** 0 attempts stand for Pub/Sub's default. */
export function deadLetterPolicy(topic: string, attempts: number): DeadLetterPolicy {
  const maxAttempts = attempts === 0 ? ATTEMPTS.least : attempts;
  if (maxAttempts < ATTEMPTS.least) throw outOfRange('small', maxAttempts, `minimum value is ${ATTEMPTS.least}`);
  if (maxAttempts > ATTEMPTS.most) throw outOfRange('large', maxAttempts, `maximum value is ${ATTEMPTS.most}`);
  return { topic, maxAttempts };
}

function outOfRange(word: string, found: number, limit: string): PubSubError {
  const message = `The value for max_delivery_attempts is too ${word}. You passed ${found} in the request, but the ${limit}.`;
  return new PubSubError('OUT_OF_RANGE', message);
}

/** Absent backoffs are Pub/Sub's defaults. */
export function retryPolicy(minimum: number | undefined, maximum: number | undefined): RetryPolicy {
  const minimumSeconds = minimum ?? BACKOFF.minimumSeconds;
  const maximumSeconds = maximum ?? BACKOFF.maximumSeconds;
  for (const [name, seconds] of Object.entries({ minimum_backoff: minimumSeconds, maximum_backoff: maximumSeconds })) {
    if (seconds >= 0 && seconds <= LONGEST_BACKOFF_SECONDS) continue;
    const limits = `between 0s and ${LONGEST_BACKOFF_SECONDS}s`;
    const message = `The value for ${name} is out of bounds. You passed ${seconds}s in the request, but the value must be ${limits}.`;
    throw new PubSubError('INVALID_ARGUMENT', message);
  }
  if (maximumSeconds < minimumSeconds) {
    const found = `You passed ${maximumSeconds}s in the request, but the minimum value is ${minimumSeconds}s`;
    throw new PubSubError('INVALID_ARGUMENT', `The value for maximum_backoff is too small. ${found}.`);
  }
  return { minimumSeconds, maximumSeconds };
}

/** Milliseconds until a message is delivered again after `attempts` deliveries. */
export function backoffMs({ minimumSeconds, maximumSeconds }: RetryPolicy, attempts: number): number {
  return 1000 * Math.min(maximumSeconds, minimumSeconds * 2 ** (attempts - 1));
}
