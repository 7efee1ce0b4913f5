import type { Artifact } from '../domain/deployment.ts';
import type { Implementation } from '../domain/implementation.ts';

export interface BuildRequest {
  readonly implementation: Implementation;
  /** Absolute directory of the service repository's tree to build from. */
  readonly repositoryRoot: string;
  readonly sourceCommit?: string;
  /** Separates builds of one run: `<run-id>/<side>`. */
  readonly label: string;
}

/** Turns an implementation's source into something the platform can start. */
export interface ImageBuilder {
  /** Why this implementation cannot be built on this machine (a toolchain is missing), or undefined. */
  unavailable(implementation: Implementation): Promise<string | undefined>;
  build(request: BuildRequest, signal?: AbortSignal): Promise<Artifact>;
}
