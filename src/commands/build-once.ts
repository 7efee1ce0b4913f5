import type { Artifact } from '../domain/deployment.ts';
import type { ImageBuilder } from '../ports/image-builder.ts';

/**
 * Builds the same source once, however many profiles it is deployed with; what failed once is not tried again. At most
 * `atOnce` builds are under way: each keeps a CPU busy.
 */
export function buildOnce(builder: ImageBuilder, atOnce: number): ImageBuilder {
  const built = new Map<string, Promise<Artifact>>();
  const waiting: (() => void)[] = [];
  let free = Math.max(1, atOnce);

  async function inTurn<T>(call: () => Promise<T>): Promise<T> {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await call();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  }

  return {
    unavailable: (implementation) => builder.unavailable(implementation),
    build(request, signal) {
      const key = JSON.stringify(request);
      const known = built.get(key) ?? inTurn(() => builder.build(request, signal));
      built.set(key, known);
      return known;
    },
  };
}
