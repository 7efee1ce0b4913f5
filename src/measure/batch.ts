import type { InstanceEvent, Side } from '../domain/deployment.ts';
import type { ScheduledSample } from '../domain/plan.ts';
import { awaitLog, type LogPatience, type LogPorts } from './log-wait.ts';
import { isSettled, type Taken } from './sample.ts';

/** Retakes may cost half as much again; a service that needs more is not measurable like this. */
const RETAKE_SHARE = 0.5;

/** Revisions that the schedule leaves over, handed out once each, and only as many as retakes may cost. */
export class Spares {
  readonly #tags: ReadonlyMap<Side, string[]>;
  #left: number;

  constructor(tags: Readonly<Partial<Record<Side, readonly string[]>>>, scheduled: number) {
    this.#tags = new Map(Object.entries(tags).map(([side, ones]) => [side as Side, [...ones]]));
    this.#left = Math.floor(scheduled * RETAKE_SHARE);
  }

  /** The next spare of a side; undefined when there is none, or when retakes have cost enough. */
  take(side: Side): string | undefined {
    const tag = this.#left > 0 ? this.#tags.get(side)?.shift() : undefined;
    if (tag !== undefined) this.#left -= 1;
    return tag;
  }
}

/** The schedule by its rounds, in their order. */
export const roundsOf = (schedule: readonly ScheduledSample[]): readonly (readonly ScheduledSample[])[] => [
  ...Map.groupBy(schedule, ({ round }) => round).values(),
];

/**
 * The log of each revision of a batch, in the batch's order. It is waited for once and for all at the same time, so that a
 * platform may answer all of them by one reading. What is not there in time is not there.
 */
export async function logsOf(
  batch: readonly Taken[],
  patience: LogPatience,
  ports: LogPorts,
  signal?: AbortSignal,
): Promise<readonly (readonly InstanceEvent[])[]> {
  return Promise.all(
    batch.map((taken) => {
      const { service, revision, deployedSinceMs: sinceMs } = taken.target;
      return awaitLog({ service, revision, sinceMs }, (events) => isSettled(taken, events), patience, ports, signal);
    }),
  );
}
