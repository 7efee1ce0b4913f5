import type { InstanceEvent } from '../domain/deployment.ts';
import type { FaultsOf } from './faults.ts';

/** What the data plane needs to know of one revision. */
export interface RevisionSpec {
  readonly service: string;
  /** Short name: `<service>-00001-abc` or what the template asked for. */
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Values of the variables that come from Secret Manager in the cloud; absent: none. They are in no message and no log. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Port that a container of its own network listens on; absent: 8080. */
  readonly containerPort?: number;
  /** `h2c`: requests reach the container as HTTP/2 cleartext. */
  readonly portName: 'http1' | 'h2c';
  /** vCPU and bytes; enforced by the container runtime, recorded only by the process runtime. */
  readonly cpu: number;
  readonly memoryBytes: number;
  readonly concurrency: number;
  readonly minInstances: number;
  readonly maxInstances: number;
  readonly timeoutMs: number;
  readonly startupProbe: InstanceProbe;
  /** Absent: nobody looks after an instance once it is ready. */
  readonly livenessProbe?: InstanceProbe;
}

export interface InstanceProbe {
  readonly kind: 'tcp' | 'http' | 'grpc';
  readonly path?: string;
  readonly initialDelayMs: number;
  readonly timeoutMs: number;
  readonly periodMs: number;
  readonly failureThreshold: number;
}

export interface EmulatorSettings {
  /** How long an instance without requests is kept. Cloud Run: at most 900 000. */
  readonly idleTimeoutMs: number;
  /** Cloud Run's start-up limit: 240 000. */
  readonly startupTimeoutMs: number;
  /** SIGTERM to SIGKILL: 10 000. */
  readonly shutdownGraceMs: number;
  /** `auto`: a prepared process image when there is one by that name, else a container. */
  readonly runtime: 'auto' | 'process' | 'container';
  /** Prepared process images: `<64 hex of the digest>.json`, each a ProcessImage. */
  readonly imagesDirectory: string;
  /** Where running instances are recorded, so that `cleanup` finds them after a crash. */
  readonly stateDirectory: string;
  /** Docker-compatible program: `docker` or `podman`. */
  readonly containerCli: string;
  /** What revisions do wrong on purpose; absent: nothing. */
  readonly faultsOf?: FaultsOf;
}

/** A directory and an argument vector that stand for an image: the process runtime's kind of image. */
export interface ProcessImage {
  readonly image: string;
  readonly directory: string;
  readonly run: readonly string[];
}

/** A running instance, whatever runs it. */
export interface Instance {
  readonly id: string;
  /** Port on 127.0.0.1 that the instance was told to listen on. */
  readonly port: number;
  /** Resolves once, when the instance has ended for whatever reason; never rejects. */
  readonly ended: Promise<InstanceEnd>;
  /** SIGTERM, grace period, SIGKILL. Resolves when it is gone. */
  stop(): Promise<void>;
  /** Last lines of its output, bounded. */
  outputTail(): string;
}

export interface InstanceEnd {
  readonly exitCode?: number;
  readonly signal?: string;
}

/** Starts instances of one kind (processes, containers). Throws when the image cannot be started at all. */
export interface InstanceRuntime {
  start(revision: RevisionSpec, instanceId: string): Promise<Instance>;
}

export type Scaling = { readonly mode: 'automatic' } | { readonly mode: 'manual'; readonly instanceCount: number };

/** Chooses the revision for one request; undefined means that nothing serves (404 at the front end). */
export type Route = () => string | undefined;

/** The part behind the Admin API: endpoints, instances, requests. */
export interface DataPlane {
  /** Makes a revision known. Starts nothing by itself, except `minInstances`. */
  addRevision(spec: RevisionSpec): void;
  /** Stops its instances and forgets it. */
  removeRevision(name: string): Promise<void>;
  setScaling(service: string, scaling: Scaling): Promise<void>;
  /** The deploy-time health check: starts one instance (DEPLOYMENT_ROLLOUT) and waits until it is ready or has failed. */
  checkHealth(
    revision: string,
  ): Promise<{ readonly healthy: true } | { readonly healthy: false; readonly reason: string }>;
  /** Opens a listener of its own on 127.0.0.1 and gives its origin. `key` names it for closing; opening a known key replaces its route and keeps its port. */
  openEndpoint(key: string, route: Route): Promise<string>;
  closeEndpoint(key: string): Promise<void>;
  /** Everything that happened to instances and requests, in order. Bounded; oldest entries are dropped first. */
  readonly log: InstanceLog;
  /** Stops all instances and listeners. */
  close(): Promise<void>;
}

export interface InstanceLog {
  append(event: InstanceEvent): void;
  entries(): readonly InstanceEvent[];
}
