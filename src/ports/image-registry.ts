export interface RegistryEntry {
  /** Repository with its host, without tag and digest. */
  readonly repository: string;
  readonly digest: string;
  readonly tags: readonly string[];
}

/** Where images were pushed to; what is in it is named by digest. */
export interface ImageRegistry {
  /** Tagged images in all repositories of the place. */
  list(signal?: AbortSignal): Promise<readonly RegistryEntry[]>;
  /** Tags that an image has now. */
  tags(repository: string, digest: string, signal?: AbortSignal): Promise<readonly string[]>;
  /** Gives an image one more tag; one that another image had goes over to it. */
  tag(repository: string, digest: string, tag: string, signal?: AbortSignal): Promise<void>;
  /** Removes tags, the image stays; succeeds when there is none, or when the registry cannot do that. */
  untag(repository: string, tags: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Removes the image itself; succeeds when there is none. */
  remove(repository: string, digest: string, signal?: AbortSignal): Promise<void>;
}
