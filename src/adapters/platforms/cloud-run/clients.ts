import { RevisionsClient, ServicesClient } from '@google-cloud/run';
import { credentials } from '@grpc/grpc-js';
import type { Identity } from '../../../ports/identity.ts';
import { googleAuth } from '../../google/auth-client.ts';

export interface CloudRunClients {
  readonly services: ServicesClient;
  readonly revisions: RevisionsClient;
  close(): Promise<void>;
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
  return {
    services,
    revisions,
    async close() {
      await Promise.all([services.close(), revisions.close()]);
    },
  };
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
