import { IDLE_SPARES, LEAST_TO_JUDGE, MOST_IDLE_SAMPLES } from './strata.ts';

/** Id of the job that comes after those of the matrix, among whose shards it stores its own. */
export function idleJobId(shards: readonly { readonly id: string }[]): string {
  const width = Math.max(2, ...shards.map(({ id }) => id.length));
  return String(shards.length + 1).padStart(width, '0');
}

export interface IdleShare {
  /** Whether the base waits beside the head. */
  readonly bothSides: boolean;
  /** Kept cold starts a side. */
  readonly samples: number;
  /** Revisions a side that are left alone: the samples, and spares for retakes. */
  readonly revisions: number;
  /** Implementations that one window has room for. */
  readonly atOnce: number;
}

/**
 * How much of each implementation may wait, where `instances` may wait at the same time: both sides when that gives a
 * verdict, else heads only; one of each at the least, in several windows when they are more than the instances.
 */
export function idleShare(heads: number, bases: number, instances: number): IdleShare {
  const share = (services: number) => {
    const places = Math.floor(instances / Math.max(1, services));
    const samples = Math.min(MOST_IDLE_SAMPLES, Math.floor(places / IDLE_SPARES));
    return { places, samples, revisions: Math.min(places, Math.ceil(samples * IDLE_SPARES)) };
  };
  const both = share(heads + bases);
  if (bases > 0 && both.samples >= LEAST_TO_JUDGE) {
    const { samples, revisions } = both;
    return { bothSides: true, samples, revisions, atOnce: heads };
  }
  const alone = share(heads);
  if (alone.places < 1) return { bothSides: false, samples: 1, revisions: 1, atOnce: Math.max(1, instances) };
  const samples = Math.max(1, alone.samples);
  return { bothSides: false, samples, revisions: Math.max(samples, alone.revisions), atOnce: heads };
}
