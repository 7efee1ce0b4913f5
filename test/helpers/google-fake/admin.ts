import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import { packExecution, serviceDefinition } from '../../../src/emulator/admin/protos.ts';
import type { Execution } from '../../../src/emulator/jobs/messages.ts';
import type { Certificate } from './certificate.ts';
import { type GoogleState, holderOf } from './state.ts';

export interface FakeAdmin {
  readonly url: string;
  /** Principals of the calls, in order; `nobody` for those that were refused. */
  readonly callers: readonly string[];
  /** Short names of the services that exist, with their labels. */
  readonly services: Map<string, Readonly<Record<string, string>>>;
  /** What happens between two looks at the execution of a job, which ends after the last. */
  readonly looks: (() => void)[];
  close(): Promise<void>;
}

type Call = ServerUnaryCall<{ parent?: string; name?: string }, object>;

/** Google's Admin API over TLS: lists and deletes services, runs jobs, for holders of a token that has not ended. */
export async function startFakeAdmin(state: GoogleState, { key, certificate }: Certificate): Promise<FakeAdmin> {
  const callers: string[] = [];
  const services = new Map<string, Readonly<Record<string, string>>>();
  const looks: (() => void)[] = [];
  const ended = {
    completionTime: { seconds: 1, nanos: 0 },
    conditions: [{ type: 'Completed', state: 'CONDITION_SUCCEEDED' }],
  };
  const checked = (answer: (request: Call['request']) => object) => (call: Call, callback: sendUnaryData<object>) => {
    const header = call.metadata.get('authorization')[0];
    const holder = holderOf(state, header === undefined ? undefined : String(header));
    callers.push(holder ?? 'nobody');
    if (holder === undefined) {
      callback({ code: status.UNAUTHENTICATED, details: `Request had invalid credentials: ${header}` });
    } else callback(null, answer(call.request));
  };
  const server = new Server();
  server.addService(serviceDefinition('google.cloud.run.v2.Services'), {
    ListServices: checked(({ parent }) => ({
      services: [...services].map(([name, labels]) => ({
        name: `${parent}/services/${name}`,
        labels,
        createTime: { seconds: 1, nanos: 0 },
      })),
    })),
    DeleteService: checked(({ name = '' }) => {
      services.delete(name.split('/').at(-1) ?? '');
      return { name: `${name.split('/services/')[0]}/operations/1`, done: true };
    }),
  });
  server.addService(serviceDefinition('google.cloud.run.v2.Jobs'), {
    ListJobs: checked(() => ({})),
    RunJob: checked(({ name = '' }) => ({
      name: `${name.split('/jobs/')[0]}/operations/2`,
      metadata: packExecution({ name: `${name}/executions/load-1` } as Execution),
    })),
  });
  server.addService(serviceDefinition('google.cloud.run.v2.Executions'), {
    ListExecutions: checked(() => ({})),
    GetExecution: checked(({ name }) => {
      const look = looks.shift();
      look?.();
      return { name, template: { timeout: { seconds: 86_400 } }, ...(looks.length === 0 ? ended : {}) };
    }),
  });
  server.addService(serviceDefinition('google.cloud.run.v2.Tasks'), {
    ListTasks: checked(({ parent }) => ({ tasks: [{ name: `${parent}/tasks/0`, ...ended }] })),
  });
  const credentials = ServerCredentials.createSsl(null, [
    { private_key: Buffer.from(key), cert_chain: Buffer.from(certificate) },
  ]);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, found) => (error === null ? resolve(found) : reject(error)));
  });
  return {
    url: `https://127.0.0.1:${port}`,
    callers,
    services,
    looks,
    async close() {
      server.forceShutdown();
    },
  };
}
