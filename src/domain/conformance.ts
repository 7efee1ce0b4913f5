/** What became of one test vector. Only `passed` counts as passed. */
export type VectorState = 'passed' | 'failed' | 'skipped' | 'not-checked';

export interface VectorFailure {
  /** Step index from 0, or -1 for the vector as a whole. */
  readonly step: number;
  /** What was checked: `status`, `body /type`, `header content-type`, `effect interactions`, `document`. */
  readonly check: string;
  readonly expected: string;
  readonly actual: string;
}

export interface VectorResult {
  readonly id: string;
  readonly title: string;
  /** Vector file, relative to the contract's directory. */
  readonly file: string;
  readonly state: VectorState;
  /** Why it was skipped or not checked. */
  readonly reason?: string;
  readonly failures: readonly VectorFailure[];
  readonly durationMs: number;
}

export interface Conformance {
  readonly serviceType: string;
  readonly contractVersion: string;
  readonly vectors: readonly VectorResult[];
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly notChecked: number;
  /** Required features that the implementation does not declare: each is a failure by itself. */
  readonly missingFeatures: readonly string[];
  /** The service could not be reached at all: one error, not one per vector. */
  readonly unreachable?: string;
  readonly durationMs: number;
}

/** True when nothing failed. Skipped and not-checked vectors do not fail, and do not pass either. */
export function conforms(conformance: Conformance): boolean {
  return conformance.failed === 0 && conformance.missingFeatures.length === 0 && conformance.unreachable === undefined;
}
