import { type ImageDecision, imageName, sortImages, tagsInScope } from '../plan/leftovers.ts';
import type { ImageRegistry } from '../ports/image-registry.ts';
import { baselineDigests, tagBaselineImages } from './baseline-images.ts';
import type { CleanupWork } from './cleanup.ts';

/**
 * Removes pushed images by digest, their tags first, except those that a stored baseline names: these are tagged as such.
 * The list comes before the baselines, see `BaselineImages`.
 */
export async function cleanupImages(work: CleanupWork): Promise<void> {
  const { scope, ports, signal, dryRun } = work;
  const registry = await ports.imageRegistry?.();
  if (registry === undefined) return;
  const images = await registry.list(signal);
  const digests = await baselineDigests(ports);
  if (digests !== undefined && !dryRun) {
    // The cleanup of one run may know the baseline of its beginning only, and leaves images of others as they are.
    const isSweep = scope.kind !== 'run';
    const known = images.filter((image) => isSweep || tagsInScope(image, ports.tool.owner, scope).length > 0);
    await tagBaselineImages(registry, { images: known, digests, mayDrop: () => isSweep }, ports, signal);
  }
  const { remove, left } = sortImages(images, ports.tool.owner, scope, digests);
  for (const one of left) work.left(one);
  for (const decision of remove) await removeImage(decision, registry, work);
}

/** By tag first: a registry refuses to remove what a tag still names, and what others have tagged meanwhile is theirs. */
async function removeImage({ image, tags, whole }: ImageDecision, registry: ImageRegistry, work: CleanupWork) {
  const { dryRun, signal } = work;
  const { repository, digest } = image;
  const resource = { kind: 'image', name: imageName(image) } as const;
  try {
    if (!dryRun) await registry.untag(repository, tags, signal);
    if (!whole) return;
    if (!dryRun) {
      const others = (await registry.tags(repository, digest, signal)).filter((tag) => !tags.includes(tag));
      if (others.length > 0) {
        work.left({ ...resource, reason: 'it has been tagged by others meanwhile, only tags of the run are removed' });
        return;
      }
      await registry.remove(repository, digest, signal);
    }
    work.removed(resource);
  } catch (error) {
    work.failed(resource, error);
  }
}
