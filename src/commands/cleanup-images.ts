import { imageName, sortImages } from '../plan/leftovers.ts';
import { loadBaseline } from '../results/runs.ts';
import type { CleanupWork } from './cleanup.ts';
import type { Ports } from './ports.ts';

/** Removes pushed images by digest, their tags first, except those that a stored baseline names. */
export async function cleanupImages(work: CleanupWork): Promise<void> {
  const { scope, ports, signal, dryRun } = work;
  const registry = await ports.imageRegistry?.();
  if (registry === undefined) return;
  const digests = await baselineDigests(ports);
  const { remove, left } = sortImages(await registry.list(signal), ports.tool.owner, scope, digests);
  for (const one of left) work.left(one);
  for (const { image, tags, whole } of remove) {
    const resource = { kind: 'image', name: imageName(image) } as const;
    try {
      if (!dryRun) {
        // A registry refuses to remove what a tag still names.
        await registry.untag(image.repository, tags, signal);
        if (whole) await registry.remove(image.repository, image.digest, signal);
      }
      if (whole) work.removed(resource);
    } catch (error) {
      work.failed(resource, error);
    }
  }
}

/** Undefined when the store has no baseline: then nobody knows which images one would name. */
async function baselineDigests({ store, schemas }: Ports): Promise<ReadonlySet<string> | undefined> {
  const baseline = await loadBaseline(store, schemas);
  if (baseline === undefined) return undefined;
  const entries = Object.values(baseline.serviceTypes).flat();
  return new Set(entries.flatMap(({ artifact, runs }) => [artifact.digest, ...runs.map(({ digest }) => digest)]));
}
