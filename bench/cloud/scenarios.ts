import type { MeasureSettings, Suite } from '../../src/domain/plan.ts';
import { measureSettings, tagCount } from '../../src/plan/settings.ts';
import type { Scenario } from './model.ts';

export const IMPLEMENTATIONS = 19;
/** The product's own limit, under Google's 60. */
const WRITES_PER_MINUTE = 40;
/** Default of max-parallel in perf.yml. */
const MAX_PARALLEL = 8;

const COMMON = {
  sides: ['base', 'head'],
  writesPerMinute: WRITES_PER_MINUTE,
  cpus: 1,
  // CPUs of GitHub's runners for public repositories; the product prepares one implementation on each.
  preparedAtOnce: 4,
  headChanged: false,
  idleJob: false,
} as const;

/** What the product's settings make of a suite today. */
function present(suite: Suite): Pick<Scenario, 'settings' | 'tags' | 'sidesAtOnce' | 'proofs' | 'instancesAtOnce'> {
  const settings = measureSettings(suite, 'cloudrun', {});
  const { instancesAtOnce } = settings;
  const atOnce = instancesAtOnce === undefined ? {} : { instancesAtOnce };
  return { settings, tags: tagCount(settings, 'cloudrun'), sidesAtOnce: false, proofs: 'each', ...atOnce };
}

/** Without strata that wait, on `perRound` x 2 fresh instances a side. */
const fresh = (settings: MeasureSettings, perRound: number): MeasureSettings => ({
  ...settings,
  samplesPerRound: perRound,
  rounds: 2,
  scaleToZeroTimeoutMs: 0,
  forcedZeroStarts: 0,
  afterIdleSamples: 0,
});

const PULL_REQUEST = { ...COMMON, implementations: 1, jobs: 1, parallelJobs: 1, headChanged: true } as const;
const FULL = { ...COMMON, implementations: IMPLEMENTATIONS, jobs: IMPLEMENTATIONS } as const;

/** A pull request with one changed implementation, quick suite, base beside head. */
export const pullRequestToday: Scenario = { ...PULL_REQUEST, ...present('quick') };
export const pullRequestProposed: Scenario = {
  ...pullRequestToday,
  settings: fresh(pullRequestToday.settings, 4),
  tags: 10,
  sidesAtOnce: true,
  proofs: 'together',
  instancesAtOnce: 20,
};

/** Everything, base beside head, one job for each implementation. */
export const fullToday: Scenario = { ...FULL, ...present('full'), parallelJobs: MAX_PARALLEL };
/** Without after-idle: ten fresh instances a side. */
export const fullWithoutIdle: Scenario = {
  ...fullToday,
  settings: fresh(fullToday.settings, 5),
  tags: 12,
  parallelJobs: 5,
  sidesAtOnce: true,
  proofs: 'together',
  instancesAtOnce: 4,
};
/** With after-idle: one instance of each head is left alone, all of them in one window, in a job after the others. */
export const fullProposed: Scenario = {
  ...fullWithoutIdle,
  settings: fresh(fullToday.settings, 4),
  tags: 10,
  idleJob: true,
};

/** 20 implementations with 20 revisions each: in one job, and in twenty. */
export const writesOfOneJob: Scenario = {
  ...fullWithoutIdle,
  sides: ['head'],
  implementations: 20,
  jobs: 1,
  parallelJobs: 1,
  tags: 19,
  instancesAtOnce: 20,
};
export const writesOfTwentyJobs: Scenario = { ...writesOfOneJob, jobs: 20, parallelJobs: 20, instancesAtOnce: 1 };
