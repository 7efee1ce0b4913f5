import { createPubSubMessageBus } from '../../src/adapters/messages/pubsub.ts';
import { createHttpTransport } from '../../src/adapters/transports/http.ts';
import { runConformance } from '../../src/contract/conformance.ts';
import type { Conformance } from '../../src/domain/conformance.ts';
import { shippedContract, shippedProtocol } from './shipped-contract.ts';
import { systemClock } from './webhook-check.ts';

export const workerContract = shippedContract('queue-worker');
const protocol = shippedProtocol('queue-worker');
export const PROJECT = 'worker-check';

export const workerEnvironment = (pubsubHost: string, topic: string): Readonly<Record<string, string>> =>
  protocol.environment({ project: PROJECT, topic, pubsubHost });

export const workerBus = (pubsubHost: string) => createPubSubMessageBus({ emulatorHost: pubsubHost, project: PROJECT });

/** Checks a running queue worker by the engine, over real HTTP and a Pub/Sub on loopback. */
export function checkWorker(
  service: { readonly origin: string; readonly pubsubHost: string; readonly topic: string },
  features: readonly string[],
  onlyVectors: readonly string[] = [],
): Promise<Conformance> {
  const { origin, pubsubHost, topic } = service;
  return runConformance(
    { contract: workerContract, contractVersion: workerContract.version, features, origin, onlyVectors },
    {
      exchange: createHttpTransport().exchange,
      clock: systemClock,
      signer: protocol,
      messageBus: workerBus(pubsubHost),
      topics: { results: topic },
    },
  );
}
