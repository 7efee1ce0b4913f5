/** Thrown in place of sending a request to a service that has let too many others run into the time limit. */
export class OutOfPatience extends Error {
  override readonly name = 'OutOfPatience';
}

/**
 * How many requests may run into the time limit. A service that hangs would otherwise take the time limit for each of
 * a hundred vectors, and nobody would learn more from the last than from the first.
 */
export class Patience {
  #left: number;
  readonly #limit: number;
  readonly #timeoutMs: number;

  constructor(limit: number, timeoutMs: number) {
    this.#left = limit;
    this.#limit = limit;
    this.#timeoutMs = timeoutMs;
  }

  /** Call before each request: what is under way may hang as well. Throws OutOfPatience. */
  begin(): void {
    if (this.#left > 0) {
      this.#left -= 1;
      return;
    }
    throw new OutOfPatience(
      `${this.#limit} requests before this one got no answer within ${this.#timeoutMs} ms: the rest was not sent`,
    );
  }

  /** It ended, by an answer or without one, within the time limit. */
  ended(): void {
    this.#left += 1;
  }
}
