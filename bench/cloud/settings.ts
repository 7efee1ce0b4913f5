import type { MeasureSettings, PlannedImplementation, Suite } from '../../src/domain/plan.ts';
import { measureSettings, type SettingsOverrides, tagCount } from '../../src/plan/settings.ts';
import { withStrata } from '../../src/plan/strata.ts';

/** What one job of a run measures with. */
export interface JobSettings {
  readonly settings: MeasureSettings;
  /** Measured revisions of one side, spares included; one more is for the contract. */
  readonly tags: number;
  readonly instancesAtOnce: number;
  /** vCPU of one instance. */
  readonly cpus: number;
  /** Implementations that are built and deployed at the same time: one on each CPU of the runner. */
  readonly preparedAtOnce: number;
}

/** CPUs of GitHub's runners for public repositories. */
const RUNNER_CPUS = 4;

/** What the product makes of a suite on Cloud Run, for jobs of so many implementations with a base beside the head. */
export function jobSettings(suite: Suite, implementations: number, overrides: SettingsOverrides = {}): JobSettings {
  const basic = measureSettings(suite, 'cloudrun', overrides);
  const one = { profile: { cpu: '1', memory: '512Mi' }, services: [{}, {}] } as unknown as PlannedImplementation;
  const planned = Array.from({ length: implementations }, () => one);
  const settings = withStrata(basic, suite, 'cloudrun', planned, overrides);
  const { instancesAtOnce = Number.POSITIVE_INFINITY } = settings;
  return { settings, tags: tagCount(basic, 'cloudrun'), instancesAtOnce, cpus: 1, preparedAtOnce: RUNNER_CPUS };
}
