import { nearest } from '../documents/nearest.ts';
import { printable } from '../documents/show.ts';
import { UsageError } from '../domain/errors.ts';
import type { LoadedContract } from './contract.ts';
import type { RequestSigner } from './signing.ts';
import type { Vector } from './vector.ts';
import { compareVersions } from './version.ts';

/** What to do with a vector, decided before anything is sent. */
export type VectorPlan =
  | { readonly kind: 'run' }
  | { readonly kind: 'skip'; readonly reason: string; readonly undeclared: boolean }
  | { readonly kind: 'not-checked'; readonly reason: string };

export interface SelectionInput {
  readonly contractVersion: string;
  readonly features: readonly string[];
  /** Channels that messages can be received from. */
  readonly channels: ReadonlySet<string>;
  /** Whether WebSockets can be opened. */
  readonly sockets?: boolean;
}

/** Skipped is never passed: it says which feature is missing. Not checked: the runner lacks something. */
export function planVector(vector: Vector, input: SelectionInput): VectorPlan {
  if (vector.since !== undefined && compareVersions(vector.since, input.contractVersion) > 0) {
    const reason = `since contract ${vector.since}, the service is checked against ${input.contractVersion}`;
    return { kind: 'skip', reason, undeclared: false };
  }
  const unbound = vector.steps
    .flatMap((step) => step.effects ?? [])
    .find(({ channel }) => !input.channels.has(channel));
  const missing = vector.requires.filter((feature) => !input.features.includes(feature));
  if (missing.length > 0) {
    const reason = `feature ${missing.join(', ')} is not declared`;
    return { kind: 'skip', reason, undeclared: unbound === undefined };
  }
  if (unbound !== undefined) {
    return {
      kind: 'not-checked',
      reason: `channel ${unbound.channel} cannot be watched: no message bus or topic given`,
    };
  }
  if (input.sockets !== true && vector.steps.some((step) => 'websocket' in step)) {
    return { kind: 'not-checked', reason: 'no WebSocket can be opened here' };
  }
  return { kind: 'run' };
}

/** Vectors to look at, in the contract's order. Throws UsageError for an id that does not exist. */
export function chosenVectors(contract: LoadedContract, only: readonly string[]): readonly Vector[] {
  if (only.length === 0) return contract.vectors;
  const ids = contract.vectors.map(({ id }) => id);
  const unknown = only.find((id) => !ids.includes(id));
  if (unknown === undefined) return contract.vectors.filter(({ id }) => only.includes(id));
  const near = nearest(unknown, ids);
  throw new UsageError(
    'vector-unknown',
    `contract ${contract.type} has no vector ${printable(JSON.stringify(unknown))}`,
    {
      hint: near === undefined ? `There are ${ids.length}; the vector files list them.` : `Did you mean "${near}"?`,
    },
  );
}

/** Vectors are written for a protocol; one that names another way to sign could never be sent. */
export function checkSigning(contract: LoadedContract, signer: RequestSigner): void {
  for (const vector of contract.vectors) {
    for (const step of vector.steps) {
      const { scheme, key } = ('http' in step ? step.http.sign : undefined) ?? {};
      if (scheme !== undefined && !signer.schemes.includes(scheme)) {
        const message = `vector "${vector.id}": unknown scheme ${printable(scheme)}, wanted ${signer.schemes.join(' or ')}`;
        throw new UsageError('sign-scheme-unknown', message, { at: vector.at });
      }
      if (key !== undefined && !signer.keys.includes(key)) {
        const message = `vector "${vector.id}": unknown key ${printable(key)}, wanted ${signer.keys.join(' or ')}`;
        throw new UsageError('sign-key-unknown', message, { at: vector.at });
      }
    }
  }
}
