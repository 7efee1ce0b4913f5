import type { Step } from '../vector.ts';
import { deliverStep } from './deliver.ts';
import { graphqlStep } from './graphql.ts';
import { grpcStep } from './grpc.ts';
import { httpStep } from './http.ts';
import type { StepKind, StepKindName } from './step-kind.ts';
import { websocketStep } from './websocket.ts';

/** Kinds of steps, by the member of a step that names its kind. */
export const STEP_KINDS: { readonly [Name in StepKindName]?: StepKind<Name> } = {
  http: httpStep,
  graphql: graphqlStep,
  websocket: websocketStep,
  grpc: grpcStep,
  deliver: deliverStep,
};

export const STEP_KIND_NAMES: readonly StepKindName[] = ['http', 'graphql', 'grpc', 'deliver', 'websocket'];

/** The kind of a step that the schema has accepted. */
export function kindOf(step: Step): StepKind {
  const name = STEP_KIND_NAMES.find((known) => known in step) ?? 'http';
  const kind = STEP_KINDS[name];
  if (kind === undefined) throw new TypeError(`steps of kind ${name} are not known`);
  // Each kind is called with steps of its own name only.
  return kind as unknown as StepKind;
}
