import type { PlannedItem } from '../domain/job-plan.ts';

/** What is stored, compared and shown together: a service type; in a run with several profiles, one profile of it. */
export interface ResultGroup {
  readonly serviceType: string;
  readonly profile?: string;
}

/** `discord-webhook`, or `discord-webhook.cpu2`: names the group's directory and its part of the baseline. */
export function groupKey({ serviceType, profile }: ResultGroup): string {
  return profile === undefined ? serviceType : `${serviceType}.${profile}`;
}

/** The opposite of `groupKey`: neither part has a dot in it. */
export function groupOfKey(key: string): ResultGroup {
  const [serviceType = key, profile] = key.split('.');
  return profile === undefined ? { serviceType } : { serviceType, profile };
}

/**
 * Whether results must be told apart by profile: some implementation is measured with more than one. Implementations
 * that each have one of their own stay in one group, as their service type always was.
 */
export function severalProfiles(items: Iterable<PlannedItem>): boolean {
  const profiles = new Map<string, string>();
  for (const { type, implementation, profile } of items) {
    const name = `${type}/${implementation}`;
    const known = profiles.get(name);
    if (known !== undefined && known !== profile) return true;
    profiles.set(name, profile);
  }
  return false;
}

/** Groups in the order of the run's service types, then by profile, however they came in. */
export function sortGroups<T extends ResultGroup>(groups: readonly T[], serviceTypes: readonly string[]): readonly T[] {
  const position = ({ serviceType }: ResultGroup) => {
    const index = serviceTypes.indexOf(serviceType);
    return index === -1 ? serviceTypes.length : index;
  };
  const byName = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true });
  return groups.toSorted(
    (a, b) =>
      position(a) - position(b) || byName(a.serviceType, b.serviceType) || byName(a.profile ?? '', b.profile ?? ''),
  );
}
