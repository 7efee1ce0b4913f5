import { locate } from '../documents/locate.ts';
import { nearest } from '../documents/nearest.ts';
import { pointerTo } from '../documents/pointer.ts';
import type { Source } from '../documents/source-tree.ts';
import { formatPosition, UsageError } from '../domain/errors.ts';
import type { Profile } from '../domain/profile.ts';
import { profileProblems } from '../plan/profile-rules.ts';
import type { ConfigDocument, ProfileDocument, SweepDocument } from './document.ts';
import { toProfile } from './profiles.ts';

/** Stands for all combinations where the name of a profile is wanted; no profile may be called so. */
export const SWEEP = 'sweep';

/** One job of a matrix each, at worst for every implementation. */
const MOST_COMBINATIONS = 64;
const DIMENSIONS = ['cpu', 'memory', 'startup_cpu_boost', 'concurrency'] as const;
type Dimension = (typeof DIMENSIONS)[number];
type Setting = Pick<ProfileDocument, Dimension>;

/** Profiles that the configuration's sweep stands for, in the order of its lists; what Cloud Run refuses is left out. */
export function sweepProfiles(document: ConfigDocument): readonly Profile[] {
  return combinations(document).filter((profile) => profileProblems(profile).length === 0);
}

/** What was left out, and why: one line, at the sweep. */
export function sweepWarnings(document: ConfigDocument, source: Source): readonly string[] {
  const refused = combinations(document).flatMap((profile) => {
    const [problem] = profileProblems(profile);
    return problem === undefined ? [] : [`${profile.name} (${problem})`];
  });
  if (refused.length === 0) return [];
  return [`${formatPosition(locate(source, '/sweep', 'key'))}: sweep leaves out ${refused.join('; ')}`];
}

/** What the schema cannot say of a sweep. */
export function* sweepProblems(document: ConfigDocument, source: Source): Generator<UsageError> {
  const profiles = document.deployment_profiles ?? {};
  if (Object.hasOwn(profiles, SWEEP)) {
    yield new UsageError('reserved-name', 'found a profile called "sweep", wanted another name', {
      at: locate(source, pointerTo('deployment_profiles', SWEEP), 'key'),
      hint: '--profile sweep stands for all combinations of the sweep',
    });
  }
  const { sweep } = document;
  if (sweep === undefined) return;
  const problem = baseProblem(sweep, profiles, source) ?? sizeProblem(sweep, source);
  if (problem !== undefined) {
    yield problem;
    return;
  }
  const at = locate(source, '/sweep', 'key');
  const combined = combinations(document);
  const taken = combined.filter(({ name }) => Object.hasOwn(profiles, name)).map(({ name }) => name);
  if (taken.length > 0) {
    yield new UsageError('reserved-name', `found the profile ${taken.join(', ')} beside a sweep that has it too`, {
      at,
      hint: 'rename it in deployment_profiles',
    });
  }
  if (sweepProfiles(document).length === 0) {
    const [reason] = combined.flatMap(profileProblems);
    yield new UsageError('sweep-empty', `found no combination that Cloud Run would accept: ${reason}`, { at });
  }
}

function baseProblem({ base }: SweepDocument, profiles: object, source: Source): UsageError | undefined {
  const names = [...new Set(['default', ...Object.keys(profiles)])];
  if (base === undefined || names.includes(base)) return undefined;
  const near = nearest(base, names);
  return new UsageError('unknown-profile', `found profile "${base}", wanted one of ${names.join(', ')}`, {
    at: locate(source, '/sweep/base'),
    ...(near === undefined ? {} : { hint: `Did you mean "${near}"?` }),
  });
}

function sizeProblem(sweep: SweepDocument, source: Source): UsageError | undefined {
  const at = locate(source, '/sweep', 'key');
  const lists = DIMENSIONS.flatMap((dimension) => sweep[dimension]?.length ?? []);
  if (lists.length === 0)
    return new UsageError('sweep-empty', `found no dimension, wanted a list of ${DIMENSIONS.join(', ')}`, { at });
  const count = lists.reduce((product, length) => product * length, 1);
  if (count <= MOST_COMBINATIONS) return undefined;
  return new UsageError('sweep-too-large', `found ${count} combinations, wanted at most ${MOST_COMBINATIONS}`, { at });
}

/** The cartesian product of all lists over the base profile; values that mean the same give one combination. */
function combinations(document: ConfigDocument): readonly Profile[] {
  const { sweep } = document;
  if (sweep === undefined) return [];
  const profiles = document.deployment_profiles ?? {};
  const name = sweep.base ?? 'default';
  const base = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  let settings: readonly Setting[] = [{}];
  for (const dimension of DIMENSIONS) {
    const values = sweep[dimension];
    if (values === undefined) continue;
    settings = settings.flatMap((setting) => values.map((value) => ({ ...setting, [dimension]: value })));
  }
  const listed = DIMENSIONS.filter((dimension) => sweep[dimension] !== undefined);
  const varying = listed.filter((dimension) => (sweep[dimension]?.length ?? 0) > 1);
  const named = varying.length > 0 ? varying : listed;
  const combined = settings.map((setting) => {
    const text = named.map((dimension) => NAMES[dimension](setting)).join('-');
    // A name begins with a letter.
    return toProfile(/^\d/.test(text) ? `mem${text}` : text, { ...base, ...setting });
  });
  return [...new Map(combined.map((profile) => [profile.name, profile])).values()];
}

/** At most 30 characters together, for the largest values that the schema accepts. */
const NAMES: Readonly<Record<Dimension, (setting: Setting) => string>> = {
  cpu: ({ cpu = '' }) => `cpu${Number(cpu) < 1 ? `${Math.round(Number(cpu) * 1000)}m` : cpu}`,
  memory: ({ memory = '' }) => memory.toLowerCase(),
  startup_cpu_boost: ({ startup_cpu_boost }) => (startup_cpu_boost === true ? 'boost' : 'noboost'),
  concurrency: ({ concurrency }) => `c${concurrency}`,
};
