import {
  NO_RESOURCES,
  type Resource,
  type RunResources,
  withCreated,
  withLeft,
  withoutCreated,
  withRemoved,
} from '../domain/resources.ts';

/** What a run makes and removes, written down at once: before it is made, after it is removed. */
export class ResourceLog {
  #resources: RunResources = NO_RESOURCES;
  readonly #save: (resources: RunResources) => Promise<void>;

  constructor(save: (resources: RunResources) => Promise<void>) {
    this.#save = save;
  }

  /** Whether it was made and is not known to be gone. */
  stands({ kind, name }: Resource): boolean {
    const isIt = (other: Resource) => other.kind === kind && other.name === name;
    return this.#resources.created.some(isIt) && !this.#resources.removed.some(isIt);
  }

  begin(): Promise<void> {
    return this.#save(this.#resources);
  }

  created(resource: Resource): Promise<void> {
    return this.#set(withCreated(this.#resources, resource));
  }

  /** It was not made after all. */
  notMade(resource: Resource): Promise<void> {
    return this.#set(withoutCreated(this.#resources, resource));
  }

  removed(resource: Resource): Promise<void> {
    return this.#set(withRemoved(this.#resources, resource));
  }

  left(resource: Resource, reason: string): Promise<void> {
    return this.#set(withLeft(this.#resources, { ...resource, reason }));
  }

  #set(resources: RunResources): Promise<void> {
    this.#resources = resources;
    return this.#save(resources);
  }
}
