import type { InstanceEvent } from '../domain/deployment.ts';

/** What a revision does wrong on purpose: each is a way in which a start may look cold and is not, or be cold and not look so. */
export interface RevisionFaults {
  /** A deploy starts an instance though `health_check_disabled` says that it must not. */
  readonly startsAtDeploy?: boolean;
  /** Lines about it can be read only so much later. */
  readonly logDelayMs?: number;
  /** Lines of these kinds are never written. */
  readonly logLoses?: readonly InstanceEvent['kind'][];
  /** A request that meets no instance is answered so by the front end, and starts nothing. */
  readonly abortsAtZero?: 429 | 500 | 503;
  /** In place of the emulator's idle time-out. */
  readonly idleTimeoutMs?: number;
  /** An instance ends so long after it became ready, busy or not, and not because the autoscaler wants it. */
  readonly endsAfterMs?: number;
  /** The first request of all starts two instances. */
  readonly startsTwo?: boolean;
}

/** The faults of a revision by its name, asked each time that one could show; undefined: it does everything right. */
export type FaultsOf = (revision: string) => RevisionFaults | undefined;
