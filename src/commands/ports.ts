import type { Schemas } from '../config/schemas.ts';
import type { Artifact } from '../domain/deployment.ts';
import type { Job } from '../domain/job.ts';
import type { PriceTable } from '../plan/prices.ts';
import type { Clock } from '../ports/clock.ts';
import type { CloudProject } from '../ports/cloud-project.ts';
import type { CodeHost } from '../ports/code-host.ts';
import type { EventSink } from '../ports/event-sink.ts';
import type { FileTree } from '../ports/file-tree.ts';
import type { Folders } from '../ports/folders.ts';
import type { ImageBuilder } from '../ports/image-builder.ts';
import type { ImageRegistry } from '../ports/image-registry.ts';
import type { Logger } from '../ports/logger.ts';
import type { MessageBus } from '../ports/message-bus.ts';
import type { Platform } from '../ports/platform.ts';
import type { ResultStore } from '../ports/result-store.ts';
import type { SocketTransport } from '../ports/sockets.ts';
import type { SourceRepository } from '../ports/source.ts';
import type { HttpTransport } from '../ports/transport.ts';
import type { Retention } from '../results/retention.ts';
import type { LoadTask } from './load-task.ts';

/** A local Cloud Run and Pub/Sub that other programs may use, until it is closed. */
export interface RunningEmulator {
  readonly adminHost: string;
  readonly loggingUrl: string;
  readonly pubsubHost: string;
  /** Where process images are looked up, `<64 hex of the digest>.json` each. */
  readonly imagesDirectory: string;
}

export interface LoadImageRequest {
  /** Pre-built image to take; absent: built from cloudrun-perf's own Dockerfile. */
  readonly image?: string;
  /** Separates builds of one run. */
  readonly label: string;
}

/** Everything that a use case may touch. Built once, in context.ts; tests build it from fakes. */
export interface Ports {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly transport: HttpTransport;
  /** WebSockets for vectors; absent: those vectors are not checked. */
  readonly sockets?: SocketTransport;
  readonly store: ResultStore;
  /** Where tasks of load jobs find their plan; absent: in `store`. */
  readonly loadStore?: ResultStore;
  /** Blanks out secrets in texts that come from services; absent: there are none. The logger does so by itself. */
  readonly hide?: (text: string) => string;
  /** Path of the latest baseline in the store; absent: the layout's own. */
  readonly baselinePath?: string;
  /** Which old runs a job of the default branch leaves in the store. */
  readonly retention?: Retention;
  readonly sources: SourceRepository;
  readonly builder: ImageBuilder;
  /** Where images are pushed to; absent or undefined: they stay on this machine. */
  readonly imageRegistry?: () => Promise<ImageRegistry | undefined>;
  readonly schemas: Schemas;
  /** What Cloud Run costs, as shipped. */
  readonly priceTable: PriceTable;
  /** Absolute directory that relative paths of the user start from. */
  readonly workingDirectory: string;
  readonly tool: {
    readonly version: string;
    /** Where requests come from: operating system, architecture, CPU count. */
    readonly driver: string;
    readonly cpus: number;
    /** Jobs of this run that work at the same time and share the project's quotas; absent: one. */
    readonly parallelJobs?: number;
    /** Repository or user on whose behalf services are deployed; scopes names, labels and cleanup. */
    readonly owner: string;
  };
  /** Files of a contract that ships with cloudrun-perf, by path relative to its directory; the newest without a major. */
  contractFiles(serviceType: string, major?: number): Promise<ReadonlyMap<string, string>>;
  /** Major versions of a contract that ship, newest first; empty for a type that does not ship. */
  contractMajors(serviceType: string): Promise<readonly number[]>;
  fileTree(root: string): FileTree;
  /** Whole folders, and new directories. */
  readonly folders: Folders;
  /** Starts the emulator on the local platform; the same object on each call. */
  platform(): Promise<Platform>;
  /** What can be asked about the Google Cloud project of the configuration. */
  cloudProject(): Promise<CloudProject>;
  /** What a program on this machine says of its version; undefined when it cannot be run. */
  programVersion(program: string, args: readonly string[], signal: AbortSignal): Promise<string | undefined>;
  messageBus(): Promise<MessageBus | undefined>;
  /** A message bus on an emulator that somebody else runs, or, when nothing listens there, on one that we run there. */
  messageBusAt(host: string, project: string): Promise<MessageBus>;
  emulator(): Promise<RunningEmulator>;
  /** The CI job that this process is a step of. */
  readonly job?: Job;
  /** Where the job's repository lives; undefined outside CI and without a token. */
  codeHost(): Promise<CodeHost | undefined>;
  readonly events: EventSink;
  /** Ends what earlier, killed runs of this user left on this machine; one line each. */
  stopLeftovers(): Promise<readonly string[]>;
  /** Of `worker`: which task of which plan this process is. */
  readonly loadTask?: LoadTask;
  /** Of the ID tokens that services of this run want; absent: they accept everybody's calls. */
  readonly privateAudience?: string;
  /** Calls these origins with ID tokens for `audience`, of which one is there when this resolves. Throws PerfError. */
  callPrivate(audience: string, origins: readonly string[]): Promise<HttpTransport>;
  /** cloudrun-perf itself, as an image that a job of this platform can run. */
  loadImage(request: LoadImageRequest, signal?: AbortSignal): Promise<Artifact>;
  /** Remembers the run for the action's post step. */
  rememberRun(runId: string): void;
  randomText(): string;
  /** What standard output is able to show; empty when it is no terminal. */
  readonly terminal: { readonly width?: number; readonly colour?: boolean };
  /** Standard output, for what the user asked to see. */
  print(text: string): void;
  writeFile(path: string, text: string): Promise<void>;
}
