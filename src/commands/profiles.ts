import type { Config } from '../config/config.ts';
import { SWEEP } from '../config/sweep.ts';
import { nearest } from '../documents/nearest.ts';
import { UsageError } from '../domain/errors.ts';
import type { Profile } from '../domain/profile.ts';

/** The named profiles, each once; no name means `default`, `sweep` all combinations of the sweep. Throws UsageError. */
export function resolveProfiles(names: readonly string[], config: Config): readonly Profile[] {
  const wanted = names.length === 0 ? ['default'] : names;
  const found = wanted.flatMap((name) => (name === SWEEP ? sweepOf(config) : [profileNamed(name, config)]));
  return [...new Map(found.map((profile) => [profile.name, profile])).values()];
}

/** A profile of the configuration, or one combination of its sweep. Throws UsageError `unknown-profile`. */
export function profileNamed(name: string, config: Config): Profile {
  const profile = findProfile(name, config);
  if (profile !== undefined) return profile;
  const known = [...Object.keys(config.profiles), ...config.sweep.map((one) => one.name)];
  const near = nearest(name, known);
  throw new UsageError(
    'unknown-profile',
    `no deployment profile ${JSON.stringify(name)}; found are ${known.join(', ')}`,
    {
      hint: near === undefined ? 'list it under deployment_profiles in the configuration' : `Did you mean ${near}?`,
    },
  );
}

export function findProfile(name: string, { profiles, sweep }: Config): Profile | undefined {
  const own = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  return own ?? sweep.find((profile) => profile.name === name);
}

function sweepOf({ sweep }: Config): readonly Profile[] {
  if (sweep.length > 0) return sweep;
  throw new UsageError('sweep-missing', 'found no sweep in the configuration, wanted its dimensions', {
    hint: 'write for example "sweep: { cpu: ["1", "2"], memory: [512Mi, 1Gi] }" into cloudrun-perf.yaml',
  });
}
