import type { Probe, Profile } from './profile.ts';
import type { MeasurementTags } from './run.ts';

const TAGS = ['platform', 'runtime', 'region', 'driver'] as const satisfies readonly (keyof MeasurementTags)[];
/** The time limit is among them because what it cuts off is the slowest, and is in no number. */
const PLAIN = [
  'cpu',
  'memory',
  'concurrency',
  'minInstances',
  'maxInstances',
  'executionEnvironment',
  'startupCpuBoost',
  'cpuIdle',
  'timeoutMs',
] as const satisfies readonly (keyof Profile)[];
const PROBES = ['startupProbe', 'livenessProbe'] as const satisfies readonly (keyof Profile)[];
const PROBE = [
  'type',
  'path',
  'service',
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'failureThreshold',
] as const satisfies readonly (keyof Probe)[];

/**
 * What makes numbers of two measurements differ though the service is the same: one `field value against value` each.
 * Not among it: the profile's name, the account, the number of the port, and which secret a variable comes from. They
 * change no duration, and a secret that is rotated must not cost a baseline.
 */
export function differences(base: MeasurementTags, head: MeasurementTags): readonly string[] {
  const [before, after] = [base.profile, head.profile];
  return [
    ...fields(TAGS, base, head),
    ...fields(PLAIN, before, after),
    // Values may be long, and are in the stored profiles.
    ...changed(before.env, after.env).map((name) => `env ${name}`),
    ...changed(namesOf(before.secrets), namesOf(after.secrets)).map((name) => `secrets ${name}`),
    ...fields(['protocol'], { protocol: protocolOf(before) }, { protocol: protocolOf(after) }),
    ...PROBES.flatMap((probe) => probeDifferences(probe, before[probe], after[probe])),
  ];
}

/** The same for how warm load was made, which no cold start depends on. What an earlier version did not record is not told. */
export function loadDifferences({ load: base }: MeasurementTags, { load: head }: MeasurementTags): readonly string[] {
  const [before, after] = [base?.from ?? 'runner', head?.from ?? 'runner'];
  if (before !== after) return [`load from ${before} against ${after}`];
  if (base === undefined || head === undefined) return [];
  return fields(after === 'job' ? ['connections', 'tasks'] : ['connections'], base, head);
}

function fields<T>(names: readonly (keyof T & string)[], base: T, head: T): readonly string[] {
  return names
    .filter((name) => base[name] !== head[name])
    .map((name) => `${name} ${base[name] ?? 'none'} against ${head[name] ?? 'none'}`);
}

/** Names whose value is another, or that only one of both has; sorted. */
function changed(base: Profile['env'] = {}, head: Profile['env'] = {}): readonly string[] {
  const valueIn = (variables: NonNullable<Profile['env']>, name: string) =>
    Object.hasOwn(variables, name) ? variables[name] : undefined;
  const names = new Set([...Object.keys(base), ...Object.keys(head)]);
  return [...names].filter((name) => valueIn(base, name) !== valueIn(head, name)).sort();
}

const namesOf = (secrets: Profile['secrets'] = {}) =>
  Object.fromEntries(Object.keys(secrets).map((name) => [name, name]));

const protocolOf = ({ port }: Profile) => port?.protocol ?? 'http1';

function probeDifferences(name: string, base: Probe | undefined, head: Probe | undefined): readonly string[] {
  if (base !== undefined && head !== undefined) return fields(PROBE, base, head).map((field) => `${name} ${field}`);
  return base === head ? [] : [`${name} ${base?.type ?? 'none'} against ${head?.type ?? 'none'}`];
}
