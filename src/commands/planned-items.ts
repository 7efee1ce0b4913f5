import type { Config } from '../config/config.ts';
import type { PlannedItem } from '../domain/job-plan.ts';
import type { SelectedImplementation } from '../plan/filter.ts';
import { profileNamed, resolveProfiles } from './profiles.ts';

/**
 * Each implementation with each profile; where one profile is wanted, an implementation's own goes before it, as in a
 * run's plan. Throws UsageError.
 */
export function plannedItems<T extends SelectedImplementation>(
  selected: readonly T[],
  profiles: readonly string[],
  config: Config,
): readonly { readonly item: PlannedItem; readonly of: T }[] {
  const wanted = resolveProfiles(profiles, config).map(({ name }) => name);
  return selected.flatMap((of) => {
    const { name, serviceType } = of.implementation;
    const configured = wanted.length === 1 && Object.hasOwn(config.implementations, name);
    const own = configured ? config.implementations[name]?.profile : undefined;
    const names = own === undefined ? wanted : [profileNamed(own, config).name];
    return names.map((profile) => ({ item: { type: serviceType, implementation: name, profile }, of }));
  });
}
