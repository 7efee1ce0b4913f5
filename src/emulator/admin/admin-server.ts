import { Server, ServerCredentials } from '@grpc/grpc-js';
import { InfrastructureError } from '../../domain/errors.ts';
import { JobStore } from '../jobs/job-store.ts';
import { executionsApi, jobsApi, tasksApi } from '../jobs/jobs-api.ts';
import type { TaskLog } from '../jobs/task-log.ts';
import type { DataPlane } from '../model.ts';
import type { WorkloadRuntime } from '../workload.ts';
import { faultInjector } from './fault-injection.ts';
import type { FaultPlan } from './faults.ts';
import { localSecrets } from './local-secrets.ts';
import type { Location } from './names.ts';
import { Operations } from './operations.ts';
import { operationsApi } from './operations-api.ts';
import { serviceDefinition } from './protos.ts';
import { revisionsApi } from './revisions-api.ts';
import { ServiceStore } from './service-store.ts';
import { servicesApi } from './services-api.ts';

export interface AdminServer {
  readonly host: string;
  readonly port: number;
  /** Ends the tasks of all jobs, too. */
  close(): Promise<void>;
}

export interface AdminServerOptions {
  readonly location: Location;
  readonly dataPlane: DataPlane;
  /** 0 chooses a free one. */
  readonly port: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Where PERF_SECRET_* are looked up; absent: this process's own environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Faults to inject, for tests. */
  readonly faults?: FaultPlan;
  /** What runs the tasks of jobs, and where their output goes; absent: jobs are not served. */
  readonly tasks?: { readonly runtime: WorkloadRuntime; readonly log: TaskLog };
}

const HOST = '127.0.0.1';

/** Serves the Admin API v2 over gRPC without TLS, on the loopback interface only. */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const { location, dataPlane, port, now, tasks } = options;
  const secret = localSecrets(options.env ?? process.env);
  const operations = new Operations(location);
  let closed = false;
  const store = new ServiceStore({ location, dataPlane, now, closed: () => closed, secret }, operations);
  const faulty = faultInjector(options.faults ?? { seed: 0, rules: [] }, location, now);
  const server = new Server();
  server.addService(serviceDefinition('google.cloud.run.v2.Services'), faulty(servicesApi(location, store)));
  server.addService(serviceDefinition('google.cloud.run.v2.Revisions'), faulty(revisionsApi(location, store)));
  server.addService(
    serviceDefinition('google.longrunning.Operations'),
    faulty(operationsApi(location, operations, now)),
  );
  const jobs = tasks === undefined ? undefined : new JobStore(location, { ...tasks, now, secret }, operations);
  if (jobs !== undefined) {
    server.addService(serviceDefinition('google.cloud.run.v2.Jobs'), faulty(jobsApi(location, jobs)));
    server.addService(serviceDefinition('google.cloud.run.v2.Executions'), faulty(executionsApi(location, jobs)));
    server.addService(serviceDefinition('google.cloud.run.v2.Tasks'), faulty(tasksApi(location, jobs)));
  }
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${HOST}:${port}`, ServerCredentials.createInsecure(), (error, found) =>
      error === null ? resolve(found) : reject(portUnavailable(port, error)),
    );
  });
  return {
    host: HOST,
    port: bound,
    async close() {
      closed = true;
      server.forceShutdown();
      await jobs?.close();
    },
  };
}

function portUnavailable(port: number, cause: Error): InfrastructureError {
  const message = `cannot listen on ${HOST}:${port} for the Admin API: ${cause.message}`;
  return new InfrastructureError('admin-port-unavailable', message, { cause, hint: 'choose another port' });
}
