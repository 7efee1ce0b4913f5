import type { ServiceType } from './service-type.ts';

/** How to build and start one implementation as plain processes, without a container. */
export interface LocalRuntime {
  /** Shell command, run once in the implementation's directory before the first start. */
  readonly build?: string;
  /** Argument vector of the server, started once per instance, without a shell so that signals reach it. */
  readonly run: readonly string[];
  /** Programs that must be on PATH; a missing one makes the implementation `not measured`, not a failure of the run. */
  readonly requires: readonly string[];
}

/** One Dockerfile of a service repository. */
export interface Implementation {
  readonly name: string;
  readonly serviceType: ServiceType;
  /** Directory relative to the service repository's root, with forward slashes, never leaving the root. */
  readonly path: string;
  /** Dockerfile relative to `path`. */
  readonly dockerfile: string;
  readonly buildArgs: Readonly<Record<string, string>>;
  /** Stage of the Dockerfile to build; absent: its last one. */
  readonly target?: string;
  readonly language?: string;
  readonly framework?: string;
  readonly supportedFeatures: readonly string[];
  readonly local?: LocalRuntime;
  /** A pre-built image to use in place of a build. */
  readonly image?: string;
}

/** What one `manifest.yaml` says. */
export interface Manifest {
  readonly serviceType: ServiceType;
  /** MAJOR.MINOR.PATCH of the contract that the implementations honour. */
  readonly contractVersion: string;
  readonly implementations: readonly Implementation[];
}

/** One service repository as discovered. */
export interface ServiceRepository {
  /** As the user wrote it: a directory or a Git URL, without credentials. */
  readonly source: string;
  readonly ref?: string;
  /** Commit that `root` holds, when it is a Git checkout. */
  readonly commit?: string;
  /** Absolute directory that holds `manifest.yaml`. */
  readonly root: string;
  /** Path of the manifest relative to `root`. */
  readonly manifestPath: string;
  readonly manifest: Manifest;
  /** What requests must reach the containers as, where the contract can be spoken in no other way. Absent: HTTP/1.1. */
  readonly portProtocol?: 'h2c';
  /** Set when the remote was unreachable and an older copy was used. */
  readonly cachedAgeMs?: number;
}

/** Which implementations a command works on. Empty lists mean all. */
export interface Selection {
  readonly types: readonly string[];
  readonly languages: readonly string[];
  readonly frameworks: readonly string[];
  readonly implementations: readonly string[];
}
