import { differences, loadDifferences } from '../domain/circumstances.ts';
import type { MeasurementTags } from '../domain/run.ts';

/** Why two measurements must not be compared, or undefined when their circumstances were the same. */
export function incomparable(base: MeasurementTags, head: MeasurementTags): string | undefined {
  return reasonOf(differences(base, head));
}

/** Why their warm numbers must not be compared, whatever holds for cold starts. */
export function incomparableLoad(base: MeasurementTags, head: MeasurementTags): string | undefined {
  return reasonOf(loadDifferences(base, head));
}

const reasonOf = (differing: readonly string[]) =>
  differing.length === 0 ? undefined : `not comparable: ${differing.join(', ')}`;
