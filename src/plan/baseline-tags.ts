import type { FoundImage } from './leftovers.ts';
import { ownerHash } from './naming.ts';

/** Prefix that the registry's own cleanup policy keeps; see `IMAGE_POLICIES`. */
const PREFIX = 'baseline';
const DIGITS = 16;

/** Tag that keeps an image which a stored baseline names; others who share the registry have tags of their own. */
export function baselineTag(owner: string, digest: string): string {
  return `${PREFIX}-${ownerHash(owner)}-${digest.replace(/^sha256:/, '').slice(0, DIGITS)}`;
}

export interface BaselineTags {
  /** Images that a baseline names and that do not say so yet. */
  readonly add: readonly { readonly image: FoundImage; readonly tag: string }[];
  /** Tags of ours on images that no baseline names any more. */
  readonly drop: readonly { readonly image: FoundImage; readonly tag: string }[];
}

/**
 * What makes the tags of the images that were found agree with the digests that the stored baselines name. Tags are taken
 * only from images of which `mayDrop` is true: another store's baseline may name an image that ours does not.
 */
export function baselineTags(
  images: readonly FoundImage[],
  owner: string,
  digests: ReadonlySet<string>,
  mayDrop: (digest: string) => boolean,
): BaselineTags {
  const tagOf = ({ digest }: FoundImage) => baselineTag(owner, digest);
  const ofOwner = (image: FoundImage) => image.tags.includes(tagOf(image));
  const named = ({ digest }: FoundImage) => digests.has(digest);
  return {
    add: images.filter((image) => named(image) && !ofOwner(image)).map((image) => ({ image, tag: tagOf(image) })),
    drop: images
      .filter((image) => !named(image) && ofOwner(image) && mayDrop(image.digest))
      .map((image) => ({ image, tag: tagOf(image) })),
  };
}
