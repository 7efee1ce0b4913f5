import type { ImageRegistry, RegistryEntry } from '../../src/ports/image-registry.ts';

/** A registry in memory that behaves as Google's: tags can be removed, and an image with a tag cannot. */
export class TagRegistry implements ImageRegistry {
  #images: readonly RegistryEntry[];
  readonly #attempt: (what: string, name: string) => void;
  #afterList: ((registry: TagRegistry) => Promise<void> | void) | undefined;

  /** `attempt` is told of each call, and may throw. `afterList` happens once, right after the first listing. */
  constructor(
    images: readonly RegistryEntry[],
    attempt: (what: string, name: string) => void = () => {},
    afterList?: (registry: TagRegistry) => Promise<void> | void,
  ) {
    this.#images = images;
    this.#attempt = attempt;
    this.#afterList = afterList;
  }

  async list(): Promise<readonly RegistryEntry[]> {
    this.#attempt('list', 'images');
    const listed = this.#images.filter(({ tags }) => tags.length > 0);
    const happens = this.#afterList;
    this.#afterList = undefined;
    await happens?.(this);
    return listed;
  }

  async tags(repository: string, digest: string): Promise<readonly string[]> {
    return this.#images.find((image) => image.repository === repository && image.digest === digest)?.tags ?? [];
  }

  async tag(repository: string, digest: string, tag: string): Promise<void> {
    this.#attempt('tag', `${repository}@${digest} ${tag}`);
    this.#change(repository, (image) => {
      const others = image.tags.filter((one) => one !== tag);
      return image.digest === digest ? [...others, tag] : others;
    });
  }

  async untag(repository: string, tags: readonly string[]): Promise<void> {
    this.#attempt('untag', `${repository}:${tags.join('+')}`);
    this.#change(repository, (image) => image.tags.filter((tag) => !tags.includes(tag)));
  }

  async remove(repository: string, digest: string): Promise<void> {
    this.#attempt('remove', digest);
    const isIt = (image: RegistryEntry) => image.repository === repository && image.digest === digest;
    if (this.#images.some((image) => isIt(image) && image.tags.length > 0)) throw new Error(`${digest} is tagged`);
    this.#images = this.#images.filter((image) => !isIt(image));
  }

  #change(repository: string, tagsOf: (image: RegistryEntry) => readonly string[]): void {
    this.#images = this.#images.map((image) =>
      image.repository === repository ? { ...image, tags: tagsOf(image) } : image,
    );
  }
}
