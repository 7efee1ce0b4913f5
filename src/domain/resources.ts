export const RESOURCE_KINDS = ['service', 'image', 'job'] as const;
export type ResourceKind = (typeof RESOURCE_KINDS)[number];

/** Something outside that a run has made. */
export interface Resource {
  readonly kind: ResourceKind;
  /** As its place knows it: the id of a service or of a job, an image with its digest. */
  readonly name: string;
}

export interface LeftResource extends Resource {
  /** Why it is still there, in words. */
  readonly reason: string;
}

/** What a run made and what became of it: every created one is removed or left, so that a leak is seen. */
export interface RunResources {
  readonly created: readonly Resource[];
  readonly removed: readonly Resource[];
  readonly left: readonly LeftResource[];
}

export const NO_RESOURCES: RunResources = { created: [], removed: [], left: [] };

const isSame = (a: Resource) => (b: Resource) => a.kind === b.kind && a.name === b.name;
const without = <T extends Resource>(list: readonly T[], one: Resource) => list.filter((other) => !isSame(one)(other));

/** Written down before it is made, so that a kill in between loses nothing. */
export function withCreated(resources: RunResources, { kind, name }: Resource): RunResources {
  if (resources.created.some(isSame({ kind, name }))) return resources;
  return { ...resources, created: [...resources.created, { kind, name }] };
}

export function withRemoved(resources: RunResources, { kind, name }: Resource): RunResources {
  const one = { kind, name };
  // What was never made was not removed either.
  if (!resources.created.some(isSame(one))) return resources;
  return {
    ...resources,
    removed: [...without(resources.removed, one), one],
    left: without(resources.left, one),
  };
}

export function withLeft(resources: RunResources, { kind, name, reason }: LeftResource): RunResources {
  const one = { kind, name };
  return {
    ...withCreated(resources, one),
    removed: without(resources.removed, one),
    left: [...without(resources.left, one), { ...one, reason }],
  };
}

/** It was written down and then not made: what has its name is another's. */
export function withoutCreated(resources: RunResources, { kind, name }: Resource): RunResources {
  const one = { kind, name };
  return {
    created: without(resources.created, one),
    removed: without(resources.removed, one),
    left: without(resources.left, one),
  };
}

/** What jobs of one run made, put together. */
export function mergeResources(parts: readonly RunResources[]): RunResources {
  return {
    created: parts.flatMap(({ created }) => created),
    removed: parts.flatMap(({ removed }) => removed),
    left: parts.flatMap(({ left }) => left),
  };
}
