import { type LeftResource, type Resource, withLeft, withRemoved } from '../domain/resources.ts';
import { metadataPath } from '../results/layout.ts';
import { loadRun, saveMetadata } from '../results/runs.ts';
import type { Ports } from './ports.ts';

/** Writes down in a stored run what a later cleanup did about its resources; a run that is not in the store has none. */
export async function updateRecord(
  runId: string,
  removed: readonly Resource[],
  left: readonly LeftResource[],
  { store, schemas }: Pick<Ports, 'store' | 'schemas'>,
): Promise<void> {
  if ((await store.read(metadataPath(runId))) === undefined) return;
  const { metadata } = await loadRun(store, runId, schemas);
  if (metadata.resources === undefined) return;
  const without = removed.reduce(withRemoved, metadata.resources);
  const known = left.filter((one) => without.created.some(({ kind, name }) => kind === one.kind && name === one.name));
  await saveMetadata(store, { ...metadata, resources: known.reduce(withLeft, without) }, schemas);
}
