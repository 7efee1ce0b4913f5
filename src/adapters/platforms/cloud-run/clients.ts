import { RevisionsClient, ServicesClient } from '@google-cloud/run';
import { credentials } from '@grpc/grpc-js';

export interface CloudRunClients {
  readonly services: ServicesClient;
  readonly revisions: RevisionsClient;
  close(): Promise<void>;
}

/** The official clients: for Google with the default credentials, for an emulator in clear text and without any. */
export async function openClients(admin: { readonly host: string; readonly port: number } | undefined) {
  const options =
    admin === undefined
      ? {}
      : {
          apiEndpoint: admin.host,
          port: admin.port,
          sslCreds: credentials.createInsecure(),
          // Otherwise the client asks the metadata server of Google Cloud for it, which takes seconds elsewhere.
          clientOptions: { universeDomain: 'googleapis.com' },
        };
  const services = new ServicesClient(options);
  const revisions = new RevisionsClient(options);
  await Promise.all([services.initialize(), revisions.initialize()]);
  return {
    services,
    revisions,
    async close() {
      await Promise.all([services.close(), revisions.close()]);
    },
  } satisfies CloudRunClients;
}
