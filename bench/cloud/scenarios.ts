import type { Suite } from '../../src/domain/plan.ts';
import type { SettingsOverrides } from '../../src/plan/settings.ts';
import type { Scenario } from './model.ts';
import { jobSettings } from './settings.ts';

export const IMPLEMENTATIONS = 19;
/** Default of max-parallel in perf.yml. */
export const MAX_PARALLEL = 5;

const BOTH = ['head', 'base'] as const;

/** A pull request with one changed implementation, quick suite, base beside head. `toldJobs`: what its job is told. */
export function pullRequest(overrides: SettingsOverrides = {}, toldJobs = 1): Scenario {
  const settings = jobSettings('quick', 1, { ...overrides, parallelJobs: toldJobs });
  return { implementations: 1, sides: BOTH, jobs: 1, parallelJobs: 1, toldJobs, settings, headChanged: true };
}

/** Everything, base beside head, one job for each implementation, then the job that waits for idleness. */
export function fullSuite(
  overrides: SettingsOverrides = {},
  maxParallel = MAX_PARALLEL,
  suite: Suite = 'full',
): Scenario {
  const parallelJobs = Math.min(IMPLEMENTATIONS, maxParallel);
  const shared = { ...overrides, parallelJobs };
  return {
    implementations: IMPLEMENTATIONS,
    sides: BOTH,
    jobs: IMPLEMENTATIONS,
    parallelJobs,
    toldJobs: parallelJobs,
    settings: jobSettings(suite, 1, { ...shared, idleElsewhere: suite === 'full' }),
    headChanged: false,
    ...(suite === 'full' ? { idle: jobSettings(suite, IMPLEMENTATIONS, overrides) } : {}),
  };
}

/** Each job waits for idleness by itself, as a suite of one job does. */
export function ownWindows(maxParallel = MAX_PARALLEL): Scenario {
  const { idle: _, ...scenario } = fullSuite({}, maxParallel);
  const settings = jobSettings('full', 1, { parallelJobs: scenario.parallelJobs });
  return { ...scenario, settings };
}

/** 20 implementations with 20 revisions each: in one job, or in as many as are given. */
export function writes(jobs: number): Scenario {
  const settings = { ...jobSettings('quick', 1, { parallelJobs: jobs }), tags: 19 };
  const counts = { implementations: 20, jobs, parallelJobs: jobs, toldJobs: jobs };
  return { ...counts, sides: ['head'], settings, headChanged: false };
}
