import type { Deployment, InstanceEvent, ServiceSpec } from '../domain/deployment.ts';
import type { JobRunner } from './job-runner.ts';

export interface InstanceLogQuery {
  readonly service: string;
  readonly revision?: string;
  /** Epoch milliseconds, inclusive. */
  readonly sinceMs: number;
}

export interface DeployedService {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAtMs: number;
}

/** Whether the log has shown the end of every instance. What the log does not say is unknown, and unknown is not proven. */
export type ZeroProof = { readonly proven: true } | { readonly proven: false; readonly reason: string };

/** Code of the error that `deploy` throws when the service's name is taken by a service of another run or owner. */
export const NOT_OURS = 'service-not-ours';

/** Where services run: deploys them, tells what their instances did, removes them. */
export interface Platform {
  readonly name: 'cloudrun' | 'local';
  /** Creates the service and one revision per tag; resolves when the platform has accepted all of them. */
  deploy(spec: ServiceSpec, signal?: AbortSignal): Promise<Deployment>;
  /** Instance events in order of time. An empty answer means "nothing known yet", never "no instances". */
  instanceLog(query: InstanceLogQuery, signal?: AbortSignal): Promise<readonly InstanceEvent[]>;
  /**
   * Stops all instances of the service now (manual scaling 0), waits for the log to tell of their ends, and returns to
   * automatic scaling. `instances` are those that the caller knows to have run.
   */
  scaleToZero(service: string, instances: readonly string[], signal?: AbortSignal): Promise<ZeroProof>;
  /** Services whose labels include all of `labels`. */
  list(labels: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<readonly DeployedService[]>;
  /** Deletes a service with all revisions and instances; succeeds when it does not exist. */
  remove(service: string, signal?: AbortSignal): Promise<void>;
  /** Absent: the platform has no jobs. */
  readonly jobs?: JobRunner;
  close(): Promise<void>;
}
