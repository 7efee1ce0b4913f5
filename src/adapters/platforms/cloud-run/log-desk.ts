import type { InstanceEvent } from '../../../domain/deployment.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { InstanceLogQuery } from '../../../ports/platform.ts';
import type { JointLogQuery } from './log-filter.ts';
import { abortable } from './retry.ts';

export type ReadJoint = (query: JointLogQuery, logs: readonly string[]) => Promise<readonly InstanceEvent[]>;

interface Gathering {
  readonly queries: InstanceLogQuery[];
  readonly events: Promise<readonly InstanceEvent[]>;
}

/** Who asks so shortly after another is answered by the same reading. */
const GATHER_MS = 20;
/** Times of the log are cut to it. */
const MICROSECOND_MS = 0.001;
/** A filter of Cloud Logging has 20 000 characters at most. */
const MOST_QUERIES = 50;

/**
 * Answers everybody who asks about the same logs while a reading waits for its turn by that one reading: a project has 60
 * a minute, and a round of revisions waits for its lines together.
 */
export function createLogDesk(clock: Clock, turn: () => Promise<void>, read: ReadJoint) {
  const open = new Map<string, Gathering>();

  // Without a signal: one who gives up must not take the reading away from the others.
  function gather(key: string, logs: readonly string[]): Gathering {
    const queries: InstanceLogQuery[] = [];
    const events = (async () => {
      try {
        await clock.sleep(GATHER_MS);
        await turn();
      } finally {
        if (open.get(key)?.queries === queries) open.delete(key);
      }
      return read(jointOf(queries), logs);
    })();
    const gathering = { queries, events };
    open.set(key, gathering);
    return gathering;
  }

  return async (
    query: InstanceLogQuery,
    logs: readonly string[],
    signal?: AbortSignal,
  ): Promise<readonly InstanceEvent[]> => {
    const key = JSON.stringify([logs, query.revision !== undefined]);
    const known = open.get(key);
    const gathering = known === undefined || known.queries.length >= MOST_QUERIES ? gather(key, logs) : known;
    gathering.queries.push(query);
    const { service, revision, sinceMs } = query;
    const own = (event: InstanceEvent) =>
      event.service === service &&
      (revision === undefined || event.revision === revision) &&
      event.atMs >= sinceMs - MICROSECOND_MS;
    return (await abortable(gathering.events, signal)).filter(own);
  };
}

function jointOf(queries: readonly InstanceLogQuery[]): JointLogQuery {
  const revisions = queries.flatMap(({ revision }) => revision ?? []);
  return {
    services: [...new Set(queries.map(({ service }) => service))],
    ...(revisions.length === 0 ? {} : { revisions: [...new Set(revisions)] }),
    sinceMs: Math.min(...queries.map(({ sinceMs }) => sinceMs)),
  };
}
