import type { Clock } from '../ports/clock.ts';
import type { ResultStore } from '../ports/result-store.ts';
import { readyPlace } from './load-files.ts';

export interface MeetingOptions {
  readonly store: Pick<ResultStore, 'write' | 'list'>;
  /** Where the files of the execution are, with a slash at its end. */
  readonly place: string;
  readonly task: number;
  readonly taskCount: number;
  /** Longest wait for the others, counted from the first that was ready. */
  readonly timeoutMs: number;
  /** Time between two looks at the store. */
  readonly pollMs: number;
  /** From the moment that everybody is ready to the common start: longer than it takes everybody to notice. */
  readonly marginMs: number;
  readonly clock: Clock;
}

export interface Meeting {
  /** Epoch milliseconds of the common start. */
  readonly startAtMs: number;
  /** Tasks that did not come in time; they are not waited for again. */
  readonly missing: readonly number[];
}

interface Ready {
  readonly task: number;
  readonly atMs: number;
}

/** Name and time are one name, so that one listing tells who is ready since when. */
const readyName = ({ task, atMs }: Ready) => `${task}-${Math.round(atMs)}`;

function readReady(path: string): readonly Ready[] {
  const [, task, atMs] = /\/([0-9]{1,5})-([0-9]{1,15})$/.exec(path) ?? [];
  return task === undefined ? [] : [{ task: Number(task), atMs: Number(atMs) }];
}

/** The first word of each counts: nothing that comes later may move a start that others have agreed on. */
function firstOfEach(found: readonly Ready[], among: ReadonlySet<number>): readonly Ready[] {
  const first = new Map<number, Ready>();
  for (const one of found) {
    if (!among.has(one.task) || (first.get(one.task)?.atMs ?? Number.POSITIVE_INFINITY) <= one.atMs) continue;
    first.set(one.task, one);
  }
  return [...first.values()];
}

/** A task came when the others had given it up. */
export class TooLateError extends Error {
  override readonly name = 'TooLateError';
}

/**
 * How tasks of one execution begin at the same moment, without any connection between them: each writes when it was
 * ready, and all take the latest of these times and the same margin. Their clocks are the platform's, which agree to
 * milliseconds. Who has not come when the time is over is left behind, by all others alike.
 */
export class TaskMeetings {
  readonly #options: MeetingOptions;
  #expected: ReadonlySet<number>;

  constructor(options: MeetingOptions) {
    this.#options = options;
    this.#expected = new Set(Array.from({ length: options.taskCount }, (_, task) => task));
  }

  /** Says that this task is ready and waits for the others, not for the start. Throws TooLateError when left behind. */
  async gather(name: string, signal?: AbortSignal): Promise<Meeting> {
    const { store, place, task, clock, timeoutMs, pollMs, marginMs } = this.#options;
    const own: Ready = { task, atMs: clock.epochMs() };
    const at = readyPlace(place, name);
    await store.write(`${at}${readyName(own)}`, '');
    for (;;) {
      const askedAtMs = clock.epochMs();
      const ready = firstOfEach((await store.list(at)).flatMap(readReady), this.#expected);
      const deadlineMs = Math.min(own.atMs, ...ready.map(({ atMs }) => atMs)) + timeoutMs;
      if (own.atMs > deadlineMs) throw new TooLateError(`came too late to ${name}: the others had gone on`);
      const came = ready.filter(({ atMs }) => atMs <= deadlineMs);
      if (came.length === this.#expected.size) {
        return { startAtMs: Math.max(...came.map(({ atMs }) => atMs)) + marginMs, missing: [] };
      }
      // What was written at the last moment is seen by everybody half a margin later.
      if (askedAtMs >= deadlineMs + marginMs / 2) return this.#without(came, deadlineMs + marginMs);
      await clock.sleep(pollMs, signal);
    }
  }

  #without(came: readonly Ready[], startAtMs: number): Meeting {
    const there = new Set(came.map(({ task }) => task));
    const missing = [...this.#expected].filter((task) => !there.has(task));
    this.#expected = there;
    return { startAtMs, missing };
  }

  /** Meets the others and returns at the common start. */
  async meet(name: string, signal?: AbortSignal): Promise<Meeting> {
    const meeting = await this.gather(name, signal);
    const waitMs = meeting.startAtMs - this.#options.clock.epochMs();
    if (waitMs > 0) await this.#options.clock.sleep(waitMs, signal);
    return meeting;
  }
}
