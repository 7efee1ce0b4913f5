import type { PlannedItem } from '../domain/job-plan.ts';
import type { Plan, PlannedImplementation } from '../domain/plan.ts';
import { type ResultGroup, severalProfiles } from '../results/groups.ts';

export function itemOf({ implementation, profile }: PlannedImplementation): PlannedItem {
  return { type: implementation.serviceType, implementation: implementation.name, profile: profile.name };
}

const several = new WeakMap<Plan, boolean>();

/** Where the plan's run keeps the results of one of its implementations. */
export function groupOf({ implementation, profile }: PlannedImplementation, plan: Plan): ResultGroup {
  const known = several.get(plan) ?? severalProfiles(plan.implementations.map(itemOf));
  several.set(plan, known);
  const { serviceType } = implementation;
  return known ? { serviceType, profile: profile.name } : { serviceType };
}

/** `node-http`, in a run with several profiles `node-http (cpu2)`. */
export function labelOf(planned: PlannedImplementation, plan: Plan): string {
  return labelIn(planned.implementation.name, groupOf(planned, plan));
}

export function labelIn(name: string, { profile }: Pick<ResultGroup, 'profile'>): string {
  return profile === undefined ? name : `${name} (${profile})`;
}
