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
  /** Features that it is about; absent: every service must pass it. */
  readonly requires?: readonly string[];
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

/** What became of the vectors of one feature. */
export interface FeatureConformance {
  readonly feature: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly notChecked: number;
}

/** Stands for the vectors that need no feature. No feature has such a name. */
export const EVERY_SERVICE = '(every service)';

/** Results by feature, in the order in which vectors name them; a vector of several features counts for each. */
export function featuresOf({ vectors }: Pick<Conformance, 'vectors'>): readonly FeatureConformance[] {
  const byFeature = new Map<string, VectorState[]>();
  for (const { requires = [], state } of vectors) {
    for (const feature of requires.length === 0 ? [EVERY_SERVICE] : requires) {
      byFeature.set(feature, [...(byFeature.get(feature) ?? []), state]);
    }
  }
  return [...byFeature].map(([feature, states]) => {
    const count = (wanted: VectorState) => states.filter((state) => state === wanted).length;
    return {
      feature,
      passed: count('passed'),
      failed: count('failed'),
      skipped: count('skipped'),
      notChecked: count('not-checked'),
    };
  });
}

/** True when nothing failed. Skipped and not-checked vectors do not fail, and do not pass either. */
export function conforms(conformance: Conformance): boolean {
  return conformance.failed === 0 && conformance.missingFeatures.length === 0 && conformance.unreachable === undefined;
}
