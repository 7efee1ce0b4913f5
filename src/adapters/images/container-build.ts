import type { Clock } from '../../ports/clock.ts';
import type { BuildRequest } from '../../ports/image-builder.ts';
import type { Logger } from '../../ports/logger.ts';

export interface DockerBuilderOptions {
  /** Docker-compatible program: `docker` or `podman`. */
  readonly containerCli: string;
  readonly clock: Clock;
  /** Images are pushed there, as Cloud Run needs it; absent: they stay on this machine. */
  readonly registry?: string;
  /** Where layers are kept between runs; `registry` unless told otherwise. */
  readonly cache?: 'registry' | 'gha' | 'none';
  /** Access token for Google's registries, asked for right before each use; undefined: the user's own login counts. */
  readonly registryToken?: () => Promise<string | undefined>;
  /** Which hosts may see that token; Google's registries unless told otherwise. */
  readonly tokenHosts?: (host: string) => boolean;
  /** Values that no error may contain. */
  readonly secrets?: readonly string[];
  readonly logger?: Pick<Logger, 'info' | 'warn'>;
  /** Scratch of builds, logins included, which `cleanup` removes after a crash; else the directory of temporary files. */
  readonly workDirectory?: string;
}

/** One build on its way. */
export interface ContainerBuild {
  readonly request: BuildRequest;
  readonly options: DockerBuilderOptions;
  /** Scratch of this build alone. */
  readonly directory: string;
  readonly signal: AbortSignal | undefined;
}

export interface NamedImage {
  /** What the engine on this machine knows it by; absent: it was not needed here. */
  readonly local?: string;
  /** With its digest, for the revision. */
  readonly image: string;
  /** What the registry transfers of it; absent: no registry was asked. */
  readonly imageBytes?: number;
}
