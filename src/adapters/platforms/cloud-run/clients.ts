import { ExecutionsClient, JobsClient, RevisionsClient, ServicesClient, TasksClient } from '@google-cloud/run';
import { credentials } from '@grpc/grpc-js';
import type { Identity } from '../../../ports/identity.ts';
import { googleAuth } from '../../google/auth-client.ts';

export interface CloudRunClients {
  readonly services: ServicesClient;
  readonly revisions: RevisionsClient;
  /** Opened on the first call: few runs have jobs, and each client costs start-up time. */
  readonly jobs: () => Promise<JobClients>;
  close(): Promise<void>;
}

export interface JobClients {
  readonly jobs: JobsClient;
  readonly executions: ExecutionsClient;
  readonly tasks: TasksClient;
}

/** An emulator's Admin API, in clear text and without credentials. */
export interface EmulatorApi {
  readonly host: string;
  readonly port: number;
}

/** Google's Admin API over TLS, every call with a token of its own asking. */
export interface GoogleApi {
  readonly identity: Identity;
  /** Origin in place of the public one. */
  readonly url?: string;
}

/** Said here, since the metadata server of Google Cloud is asked otherwise, which takes seconds elsewhere. */
const UNIVERSE = { universeDomain: 'googleapis.com' };

/** The official clients, for Google or for an emulator. */
export async function openClients(api: EmulatorApi | GoogleApi): Promise<CloudRunClients> {
  const options = 'identity' in api ? googleOptions(api) : emulatorOptions(api);
  const services = new ServicesClient(options);
  const revisions = new RevisionsClient(options);
  await Promise.all([services.initialize(), revisions.initialize()]);
  let jobs: Promise<JobClients> | undefined;
  return {
    services,
    revisions,
    jobs: () => (jobs ??= openJobClients(options)),
    async close() {
      const opened = await jobs?.catch(() => undefined);
      await Promise.all([services, revisions, ...Object.values(opened ?? {})].map((client) => client.close()));
    },
  };
}

async function openJobClients(options: ReturnType<typeof googleOptions | typeof emulatorOptions>): Promise<JobClients> {
  const clients = {
    jobs: new JobsClient(options),
    executions: new ExecutionsClient(options),
    tasks: new TasksClient(options),
  };
  await Promise.all(Object.values(clients).map((client) => client.initialize()));
  return clients;
}

const emulatorOptions = ({ host, port }: EmulatorApi) => ({
  apiEndpoint: host,
  port,
  sslCreds: credentials.createInsecure(),
  clientOptions: UNIVERSE,
});

function googleOptions({ identity, url }: GoogleApi) {
  const auth = googleAuth(identity);
  if (url === undefined) return { auth };
  const { hostname, port } = new URL(url);
  return { auth, apiEndpoint: hostname, port: port === '' ? 443 : Number(port) };
}
