import type { Artifact } from '../domain/deployment.ts';
import type { ImageBuilder } from '../ports/image-builder.ts';

/** Builds the same source once, however many profiles it is deployed with; what failed once is not tried again. */
export function buildOnce(builder: ImageBuilder): ImageBuilder {
  const built = new Map<string, Promise<Artifact>>();
  return {
    unavailable: (implementation) => builder.unavailable(implementation),
    build(request, signal) {
      const key = JSON.stringify(request);
      const known = built.get(key) ?? builder.build(request, signal);
      built.set(key, known);
      return known;
    },
  };
}
