import type { Config } from '../config/config.ts';
import type { PublishOptions } from '../config/request.ts';
import type { CostBasis } from '../domain/cost.ts';
import { UsageError } from '../domain/errors.ts';
import type { Implementation, Selection, ServiceRepository } from '../domain/implementation.ts';
import { type Job, runUrl } from '../domain/job.ts';
import type { PlannedItem } from '../domain/job-plan.ts';
import type { Plan, PlannedImplementation, PlatformName, Suite } from '../domain/plan.ts';
import type { Profile } from '../domain/profile.ts';
import { type ChangeReference, driverText, type RunMetadata } from '../domain/run.ts';
import { describePlan, loadText } from '../plan/describe.ts';
import { withDefaults } from '../plan/filter.ts';
import { createRunId } from '../plan/naming.ts';
import { createPlan } from '../plan/plan.ts';
import type { SettingsOverrides } from '../plan/settings.ts';
import { type BaselineSource, baseOf } from './baseline-source.ts';
import { costBasis } from './cost-basis.ts';
import { itemOf } from './planned-group.ts';
import type { Ports } from './ports.ts';
import { profileNamed, resolveProfiles } from './profiles.ts';

/** What `validate`, `deploy` and `benchmark` plan with. */
export interface PlanOptions {
  readonly selection: Selection;
  readonly suite: Suite;
  readonly profiles: readonly string[];
  readonly platform: PlatformName;
  readonly overrides: SettingsOverrides;
  /** US dollars that the plan may cost on Cloud Run. */
  readonly maxCost?: number;
  /** Id of the run; absent: a new one. */
  readonly runId?: string;
  /** Only these of the selected ones, as `type/implementation`; absent: all. */
  readonly only?: ReadonlySet<string>;
  /** Exactly these of the selected ones, each with the profile that it names, whatever `profiles` says; absent: all. */
  readonly items?: readonly PlannedItem[];
  /** How far the command goes; absent: to measurements. */
  readonly goal?: 'validate' | 'deploy';
}

export interface PlannedRun {
  readonly plan: Plan;
  readonly cost: CostBasis;
  /** What `--dry-run` prints. */
  readonly description: string;
}

export function planRun(
  options: PlanOptions,
  config: Config,
  repositories: readonly ServiceRepository[],
  baseline: BaselineSource,
  ports: Ports,
): PlannedRun {
  const local = options.platform === 'local';
  const project = config.gcp.projectId ?? (local ? 'local' : undefined);
  if (project === undefined) {
    throw new UsageError('project-missing', 'platform cloudrun needs a Google Cloud project, found none', {
      hint: 'name it with --project, project-id or gcp.project_id; or use --platform local',
    });
  }
  const { items } = options;
  const profiles = resolveProfiles(items?.map(({ profile }) => profile) ?? options.profiles, config);
  const only = items === undefined ? options.only : new Set(items.map(implementationKey));
  const created = createPlan({
    repositories,
    selection: withDefaults(options.selection, config.benchmark.filter),
    suite: options.suite,
    profiles,
    // Several profiles are asked for in order to be compared with each other, on every implementation.
    ...(items !== undefined || profiles.length > 1 ? {} : { profileOf: ownProfiles(config) }),
    platform: options.platform,
    region: local ? 'local' : config.gcp.region,
    project,
    runId: options.runId ?? createRunId(ports.clock.epochMs(), ports.randomText()),
    ...(only === undefined ? {} : { only }),
    owner: ports.tool.owner,
    startedAtMs: ports.clock.epochMs(),
    settings: local ? withLocalWatch(options.overrides, config) : options.overrides,
    baselineAvailable: (repository: ServiceRepository, { name }: Implementation) =>
      baseOf(baseline, repository.root, name) !== undefined,
  });
  const wanted = items === undefined ? undefined : new Set(items.map(itemKey));
  const plan: Plan = {
    ...created,
    implementations: created.implementations
      .filter((planned) => wanted?.has(itemKey(itemOf(planned))) ?? true)
      .map((planned) => withRepository(planned, repositories)),
  };
  const cost = costBasis(plan, options, config, ports);
  const description = describePlan(plan, cost.prices, {
    runtime: config.emulator.runtime,
    ...(options.goal === undefined ? {} : { goal: options.goal }),
    ...(config.gcp.artifactRegistry === undefined ? {} : { artifactRegistry: config.gcp.artifactRegistry }),
  });
  return { plan, cost, description };
}

const implementationKey = ({ type, implementation }: PlannedItem) => `${type}/${implementation}`;
const itemKey = (item: PlannedItem) => `${implementationKey(item)}@${item.profile}`;

function ownProfiles(config: Config): Readonly<Record<string, Profile>> {
  const own = Object.entries(config.implementations).flatMap(([name, { profile }]) =>
    profile === undefined ? [] : [[name, profileNamed(profile, config)] as const],
  );
  return Object.fromEntries(own);
}

function withRepository(
  planned: PlannedImplementation,
  repositories: readonly ServiceRepository[],
): PlannedImplementation {
  const found = repositories.find(({ root }) => root === planned.repositoryRoot);
  if (found === undefined) return planned;
  const { source, commit } = found;
  return { ...planned, repository: { source, ...(commit === undefined ? {} : { commit }) } };
}

/**
 * On this machine the idle time-out is a setting, so the end of an idle instance is worth watching for exactly when it
 * is short; Cloud Run's quarter of an hour is not waited for unless the configuration asks.
 */
function withLocalWatch(overrides: SettingsOverrides, config: Config): SettingsOverrides {
  const { idleTimeoutMs } = config.emulator;
  const worthIt = idleTimeoutMs <= LONGEST_LOCAL_WATCH_MS;
  return {
    ...overrides,
    scaleToZeroTimeoutMs: overrides.scaleToZeroTimeoutMs ?? (worthIt ? idleTimeoutMs + STOP_MARGIN_MS : 0),
  };
}

const LONGEST_LOCAL_WATCH_MS = 60_000;
const STOP_MARGIN_MS = 5_000;

/** Metadata of a run that starts now. */
export async function runMetadata(
  plan: Plan,
  repositories: readonly ServiceRepository[],
  baseline: BaselineSource,
  ports: Ports,
  signal: AbortSignal,
  given: GivenChange = {},
): Promise<RunMetadata> {
  const [first] = repositories;
  const change = changeOf(ports.job, given);
  const commit = first === undefined ? undefined : (first.commit ?? (await ports.sources.describe(first.root, signal)));
  return {
    format: 'run/1',
    runId: plan.runId,
    state: 'running',
    startedAt: new Date(ports.clock.epochMs()).toISOString(),
    toolVersion: ports.tool.version,
    platform: plan.platform,
    region: plan.region,
    project: plan.project,
    suite: plan.suite,
    seed: plan.seed,
    ...(commit === undefined ? {} : { commit }),
    driver: driverOf(plan, ports),
    serviceTypes: [...new Set(plan.implementations.map(({ implementation }) => implementation.serviceType))],
    ...(baseline.reference === undefined ? {} : { baseline: baseline.reference }),
    baselineReason: baseline.reason,
    ...(given.selection !== undefined && isPartial(given.selection) ? { partial: true as const } : {}),
    ...(change === undefined ? {} : { change }),
    ...(given.cost === undefined ? {} : { cost: given.cost }),
    failures: [],
  };
}

/** What sends the requests: figures of another load are not compared. */
function driverOf(plan: Plan, { tool }: Pick<Ports, 'tool'>): string {
  return driverText(tool.driver, plan.settings.load?.from === 'job' ? loadText(plan) : undefined);
}

type GivenChange = Pick<PublishOptions, 'pullRequest' | 'headSha'> & {
  readonly selection?: Selection;
  readonly cost?: CostBasis;
};

/** Whether a request names implementations, or kinds of them: the others are not looked at. Types have their own reports. */
export function isPartial({ implementations, languages, frameworks }: Selection): boolean {
  return implementations.length > 0 || languages.length > 0 || frameworks.length > 0;
}

/** The change that is measured, as CI tells it; what the request names goes before what the event says. */
export function changeOf(job: Job | undefined, given: GivenChange): ChangeReference | undefined {
  if (job === undefined) return undefined;
  const pullRequest = given.pullRequest ?? job.pullRequest?.number;
  const known = pullRequest === job.pullRequest?.number ? job.pullRequest : undefined;
  const pushed = job.event === 'workflow_run' ? job.workflowRun?.headSha : job.sha;
  // A commit of the event is none of a pull request that the event is not about.
  const headSha = given.headSha ?? (pullRequest === undefined ? pushed : known?.headSha);
  return {
    repository: job.repository,
    ...(pullRequest === undefined ? {} : { pullRequest }),
    ...(headSha === undefined ? {} : { headSha }),
    runUrl: runUrl(job),
  };
}
