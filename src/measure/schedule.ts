import type { Side } from '../domain/deployment.ts';
import { UsageError } from '../domain/errors.ts';
import type { MeasureSettings, ScheduledSample } from '../domain/plan.ts';
import { seededRandom, shuffled } from '../stats/random.ts';

/** One side's tags, in order of use; what the rounds do not need are spares for retakes. */
export interface ScheduledService {
  readonly side: Side;
  readonly tags: readonly string[];
}

type Rounds = Pick<MeasureSettings, 'samplesPerRound' | 'rounds'>;

/**
 * Rounds of `samplesPerRound` of every side, in an order that only the seed decides: a slow minute then hits both
 * sides alike. Every tag is used once. Throws UsageError when a side has too few tags.
 */
export function scheduleSamples(
  services: readonly ScheduledService[],
  settings: Rounds,
  seed: number,
): readonly ScheduledSample[] {
  const wanted = settings.samplesPerRound * settings.rounds;
  for (const { side, tags } of services) {
    if (new Set(tags).size < wanted) {
      throw new UsageError(
        'too-few-sample-tags',
        `${side} has ${new Set(tags).size} tagged revisions, the schedule needs ${wanted}`,
        { hint: 'every cold start needs a revision of its own' },
      );
    }
  }
  const random = seededRandom(seed);
  const schedule: ScheduledSample[] = [];
  for (let round = 0; round < settings.rounds; round += 1) {
    const from = round * settings.samplesPerRound;
    const members = services.flatMap(({ side, tags }) =>
      tags.slice(from, from + settings.samplesPerRound).map((tag) => ({ side, tag })),
    );
    for (const member of shuffled(members, random)) schedule.push({ ...member, round, order: schedule.length });
  }
  return schedule;
}

/** The tags that the schedule leaves over, per side, in order of use. */
export function spareTags(
  services: readonly ScheduledService[],
  settings: Rounds,
): Readonly<Partial<Record<Side, readonly string[]>>> {
  const used = settings.samplesPerRound * settings.rounds;
  return Object.fromEntries(services.map(({ side, tags }) => [side, tags.slice(used)]));
}
