import type { Baseline } from '../domain/baseline.ts';
import { baselineTags } from '../plan/baseline-tags.ts';
import { imageName } from '../plan/leftovers.ts';
import type { ImageRegistry, RegistryEntry } from '../ports/image-registry.ts';
import { BASELINE_LATEST } from '../results/layout.ts';
import { loadAllBaselines } from '../results/runs.ts';
import type { Ports } from './ports.ts';

/** Digests that the stored baselines name; undefined when the store has none: then nobody knows what one would name. */
export async function baselineDigests({
  store,
  schemas,
  baselinePath = BASELINE_LATEST,
}: Ports): Promise<ReadonlySet<string> | undefined> {
  if ((await store.read(baselinePath)) === undefined) return undefined;
  return digestsOf(await loadAllBaselines(store, schemas));
}

function digestsOf(baselines: readonly Baseline[]): ReadonlySet<string> {
  const entries = baselines.flatMap(({ serviceTypes }) => Object.values(serviceTypes).flat());
  return new Set(entries.flatMap(({ artifact, runs }) => [artifact.digest, ...runs.map(({ digest }) => digest)]));
}

export interface BaselineImages {
  /** Listed before the baselines were read: who stores one tags afterwards, so that no tag of a newer one is among them. */
  readonly images: readonly RegistryEntry[];
  /** That the stored baselines name. */
  readonly digests: ReadonlySet<string>;
  readonly mayDrop: (digest: string) => boolean;
}

/**
 * Tags what a stored baseline names, so that the registry's cleanup policy keeps it, and takes the tag from what none
 * names any more. What fails is a warning.
 */
export async function tagBaselineImages(
  registry: ImageRegistry,
  { images, digests, mayDrop }: BaselineImages,
  { logger, tool }: Ports,
  signal?: AbortSignal,
): Promise<void> {
  const { add, drop } = baselineTags(images, tool.owner, digests, mayDrop);
  const attempt = async (failure: string, image: RegistryEntry, act: () => Promise<void>) => {
    await act().catch((error: unknown) => {
      signal?.throwIfAborted();
      logger.warn(`${failure} ${imageName(image)}: ${messageOf(error)}`);
    });
  };
  for (const { image, tag } of add) {
    await attempt('the image of the baseline was not tagged', image, () =>
      registry.tag(image.repository, image.digest, tag, signal),
    );
  }
  for (const { image, tag } of drop) {
    await attempt('the tag of an earlier baseline was not removed from', image, () =>
      registry.untag(image.repository, [tag], signal),
    );
  }
}

/** After a baseline was stored in place of `previous`. Where the registry cannot be reached, cleanup does it. */
export async function keepBaselineImages(previous: Baseline | undefined, ports: Ports): Promise<void> {
  try {
    const registry = await ports.imageRegistry?.();
    if (registry === undefined) return;
    const images = await registry.list();
    const digests = await baselineDigests(ports);
    if (digests === undefined) return;
    const before = digestsOf(previous === undefined ? [] : [previous]);
    await tagBaselineImages(registry, { images, digests, mayDrop: (digest) => before.has(digest) }, ports);
  } catch (error) {
    ports.logger.info(`images of the baseline were not tagged, cleanup will do it: ${messageOf(error)}`);
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
