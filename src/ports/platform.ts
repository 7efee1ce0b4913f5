import type { Deployment, InstanceEvent, ServiceSpec } from '../domain/deployment.ts';

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

/** Where services run: deploys them, tells what their instances did, removes them. */
export interface Platform {
  readonly name: 'cloudrun' | 'local';
  /** Creates the service and one revision per tag; resolves when the platform has accepted all of them. */
  deploy(spec: ServiceSpec, signal?: AbortSignal): Promise<Deployment>;
  /** Instance events in order of time. An empty answer means "nothing known yet", never "no instances". */
  instanceLog(query: InstanceLogQuery, signal?: AbortSignal): Promise<readonly InstanceEvent[]>;
  /** Stops all instances of the service now (manual scaling 0) and returns to automatic scaling. */
  scaleToZero(service: string, signal?: AbortSignal): Promise<void>;
  /** Services whose labels include all of `labels`. */
  list(labels: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<readonly DeployedService[]>;
  /** Deletes a service with all revisions and instances; succeeds when it does not exist. */
  remove(service: string, signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
