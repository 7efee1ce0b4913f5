import { dirname, resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import type { EnvRequest, GlobalOptions } from '../config/request.ts';
import { protocolFor } from './contracts.ts';
import { NOTHING, type Outcome } from './outcome.ts';
import type { Ports } from './ports.ts';

/** Where the Pub/Sub emulator of Google's SDK listens unless told otherwise. */
export const DEFAULT_PUBSUB_HOST = '127.0.0.1:8085';
/** Names used with services that somebody else started; `env` and `validate --url` must agree on them. */
export const EXTERNAL_PROJECT = 'cloudrun-perf';
export const externalTopic = (serviceType: string) => `${serviceType}-vectors`;

/** Where a contract of an own type is looked for: beside the manifest that is named, else here. */
export function rootOf({ manifest }: Pick<GlobalOptions, 'manifest'>, { workingDirectory }: Ports): string {
  if (manifest === undefined) return workingDirectory;
  return resolve(workingDirectory, /\.ya?ml$/.test(manifest) ? dirname(manifest) : manifest);
}

/** A major alone is its first version: it is there to choose by. */
export function versionNamed({ contractVersion }: { readonly contractVersion?: string }) {
  if (contractVersion === undefined) return {};
  return { contractVersion: contractVersion.includes('.') ? contractVersion : `${contractVersion}.0.0` };
}

/** Prints, as KEY=VALUE lines, what a service must be started with so that `validate --url` can check it. */
export async function env(request: EnvRequest, config: Config, ports: Ports): Promise<Outcome> {
  const name = { serviceType: request.type, repositoryRoot: rootOf(request, ports), ...versionNamed(request) };
  const protocol = await protocolFor(name, ports);
  const values = protocol.environment({
    project: config.gcp.projectId ?? EXTERNAL_PROJECT,
    topic: externalTopic(request.type),
    pubsubHost: request.pubsubEmulator ?? DEFAULT_PUBSUB_HOST,
  });
  ports.print(
    `${Object.entries(values)
      .map(([key, value]) => `${key}=${value}`)
      .join('\n')}\n`,
  );
  return NOTHING;
}
