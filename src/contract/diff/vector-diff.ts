import type { Vector } from '../vector.ts';
import { compareVersions } from '../version.ts';
import { type Changes, equal } from './change.ts';

export interface VectorSide {
  readonly version: string;
  readonly features: readonly string[];
  readonly vectors: readonly Vector[];
}

/**
 * A changed expectation binds services to something else. A vector more that says what the text said already binds them
 * to nothing new; one of a new feature, or of a later version, is an offer that services take up by declaring it.
 */
export function compareVectors(before: VectorSide, after: VectorSide, changes: Changes): void {
  const olds = new Map(before.vectors.map((vector) => [vector.id, vector]));
  const nows = new Set(after.vectors.map(({ id }) => id));
  for (const { id, file } of before.vectors) if (!nows.has(id)) changes.add('compatible', file, id, 'vector is gone');
  for (const vector of after.vectors) {
    const old = olds.get(vector.id);
    if (old !== undefined) compareVector(old, vector, changes);
    else {
      const offer = isOffer(vector, before);
      changes.add(
        offer ? 'compatible' : 'documentation',
        vector.file,
        vector.id,
        offer ? 'vector of a new feature or version is new' : 'vector is new, for what the text says already',
      );
    }
  }
}

function isOffer({ requires, since }: Vector, before: VectorSide): boolean {
  const later = since !== undefined && compareVersions(since, before.version) > 0;
  return later || requires.some((feature) => !before.features.includes(feature));
}

function compareVector(old: Vector, now: Vector, changes: Changes): void {
  const tell = (kind: 'breaking' | 'compatible' | 'documentation', message: string) =>
    changes.add(kind, now.file, now.id, message);
  if (!equal(old.steps, now.steps) || !equal(old.vars, now.vars))
    tell('breaking', 'vector asks or expects something else');
  if (now.requires.some((feature) => !old.requires.includes(feature)))
    tell('compatible', 'vector asks for more features');
  if (old.requires.some((feature) => !now.requires.includes(feature)))
    tell('breaking', 'vector binds services without a feature that it required');
  const difference = compareVersions(now.since ?? '0.0.0', old.since ?? '0.0.0');
  if (difference > 0) tell('compatible', `vector binds since ${now.since} only`);
  if (difference < 0)
    tell('breaking', `vector binds since ${now.since ?? 'the first version'}, was since ${old.since}`);
  if (old.title !== now.title) tell('documentation', 'its title changed');
}
