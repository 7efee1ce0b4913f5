/** What a process waits for: milliseconds, or whatever calls it back. */
export type Wait = number | ((wake: () => void) => void);
export type Process<T = void> = Generator<Wait, T, void>;

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Discrete events in virtual time: processes are generators that yield what they wait for. Same input, same order. */
export class Simulation {
  readonly #events: Event[] = [];
  #nowMs = 0;
  #order = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  at(atMs: number, run: () => void): void {
    const event = { atMs: Math.max(atMs, this.#nowMs), order: this.#order++, run };
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#events[middle] as Event;
      if (other.atMs > event.atMs || (other.atMs === event.atMs && other.order > event.order)) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, event);
  }

  /** Starts a process at the present time; `done` is called with what it returns. */
  spawn<T>(process: Process<T>, done: (result: T) => void = () => undefined): void {
    const step = (): void => {
      const next = process.next();
      if (next.done === true) done(next.value);
      else if (typeof next.value === 'number') this.at(this.#nowMs + next.value, step);
      else next.value(step);
    };
    this.at(this.#nowMs, step);
  }

  /** Waits until all of these have ended. */
  *all(processes: readonly Process[]): Process {
    let open = processes.length;
    if (open === 0) return;
    yield (wake) => {
      for (const process of processes) this.spawn(process, () => (--open === 0 ? wake() : undefined));
    };
  }

  run(): void {
    for (let event = this.#events.pop(); event !== undefined; event = this.#events.pop()) {
      this.#nowMs = event.atMs;
      event.run();
    }
  }
}

/** A number of places; who finds none waits in line. */
export class Places {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  *take(): Process {
    if (this.#free > 0) this.#free -= 1;
    else yield (wake) => this.#waiting.push(wake);
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
