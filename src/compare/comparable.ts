import type { Profile } from '../domain/profile.ts';
import type { MeasurementTags } from '../domain/run.ts';

const TAGS = ['platform', 'runtime', 'region', 'driver'] as const satisfies readonly (keyof MeasurementTags)[];
const PROFILE = [
  'cpu',
  'memory',
  'concurrency',
  'minInstances',
  'maxInstances',
  'executionEnvironment',
  'startupCpuBoost',
  'cpuIdle',
] as const satisfies readonly (keyof Profile)[];

/** Why two measurements must not be compared, or undefined when their circumstances were the same. */
export function incomparable(base: MeasurementTags, head: MeasurementTags): string | undefined {
  const tags = TAGS.filter((tag) => base[tag] !== head[tag]).map((tag) => `${tag} ${base[tag]} against ${head[tag]}`);
  const profile = PROFILE.filter((field) => base.profile[field] !== head.profile[field]).map(
    (field) => `${field} ${base.profile[field]} against ${head.profile[field]}`,
  );
  const differing = [...tags, ...profile];
  return differing.length === 0 ? undefined : `not comparable: ${differing.join(', ')}`;
}
