import type { BlockSettings } from '../domain/load.ts';

/** How much of `total` belongs to part `index` of `count`: parts differ by 1 at most. */
function part(total: number, index: number, count: number): number {
  return Math.floor(total / count) + (index < total % count ? 1 : 0);
}

/**
 * What task `index` of `count` does of a block. Connections are dealt out evenly; requests follow the connections, so
 * that each connection has as much to do wherever it is. All shares together are exactly the whole. A task beyond the
 * connections has an empty share.
 */
export function loadShare(warm: BlockSettings, index: number, count: number): BlockSettings {
  const connections = part(warm.connections, index, count);
  let before = 0;
  for (let other = 0; other < index; other += 1) before += part(warm.connections, other, count);
  const upTo = (total: number, dealt: number) =>
    warm.connections === 0 ? 0 : Math.floor((total * dealt) / warm.connections);
  const ofTotal = (total: number) => upTo(total, before + connections) - upTo(total, before);
  return {
    ...warm,
    connections,
    requests: ofTotal(warm.requests),
    warmupRequests: ofTotal(warm.warmupRequests),
  };
}

/** Tasks beyond the connections have nothing to send. */
export function isEmptyShare({ connections }: Pick<BlockSettings, 'connections'>): boolean {
  return connections === 0;
}
