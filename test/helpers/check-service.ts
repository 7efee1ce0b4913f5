import { createHttpTransport } from '../../src/adapters/transports/http.ts';
import { runConformance } from '../../src/contract/conformance.ts';
import type { LoadedContract } from '../../src/contract/contract.ts';
import type { Conformance } from '../../src/domain/conformance.ts';
import { protocolOf } from '../../src/protocols/contract-protocol.ts';
import { systemClock } from './webhook-check.ts';

/** Checks a running service that speaks HTTP and publishes nothing. */
export function checkService(
  contract: LoadedContract,
  origin: string,
  options: { readonly features?: readonly string[]; readonly onlyVectors?: readonly string[] } = {},
): Promise<Conformance> {
  const { features = Object.keys(contract.features), onlyVectors = [] } = options;
  return runConformance(
    { contract, contractVersion: contract.version, features, origin, onlyVectors },
    { exchange: createHttpTransport().exchange, clock: systemClock, signer: protocolOf(contract) },
  );
}
