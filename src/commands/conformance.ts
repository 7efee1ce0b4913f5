import { runConformance } from '../contract/conformance.ts';
import type { Conformance } from '../domain/conformance.ts';
import type { ServiceType } from '../domain/service-type.ts';
import type { MessageBus } from '../ports/message-bus.ts';
import { contractFor, protocolFor } from './contracts.ts';
import type { Ports } from './ports.ts';

export interface ConformanceTarget {
  readonly serviceType: ServiceType;
  /** Absent: the contract's own version. */
  readonly contractVersion?: string;
  /** Root of the service repository, for a type that does not ship. */
  readonly repositoryRoot?: string;
  readonly features: readonly string[];
  readonly url: string;
  /** Topic that the service publishes to, and the bus that has it; without them effects are not checked. */
  readonly topic?: string;
  readonly bus?: MessageBus;
  readonly vectors?: readonly string[];
  readonly probeUndeclared?: boolean;
}

/** Runs a contract's vectors against a service that answers at `url`. */
export async function checkConformance(
  target: ConformanceTarget,
  ports: Ports,
  signal: AbortSignal,
): Promise<Conformance> {
  const contract = await contractFor(target, ports);
  const protocol = await protocolFor(target, ports);
  const { vectors = [], topic, bus } = target;
  return runConformance(
    {
      contract,
      contractVersion: target.contractVersion ?? contract.version,
      features: target.features,
      origin: target.url,
      onlyVectors: vectors,
      probeUndeclared: target.probeUndeclared ?? false,
    },
    {
      exchange: (origin, request, options) => ports.transport.exchange(origin, request, options),
      ...(ports.sockets && { sockets: ports.sockets }),
      clock: ports.clock,
      signer: protocol,
      signal,
      ...(ports.hide && { hide: ports.hide }),
      ...(bus === undefined ? {} : { messageBus: bus }),
      ...(topic === undefined || bus === undefined
        ? {}
        : { topics: Object.fromEntries(Object.keys(protocol.channels).map((channel) => [channel, topic])) }),
    },
  );
}
