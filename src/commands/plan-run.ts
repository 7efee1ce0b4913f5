import type { Config } from '../config/config.ts';
import { nearest } from '../documents/nearest.ts';
import { UsageError } from '../domain/errors.ts';
import type { Implementation, Selection, ServiceRepository } from '../domain/implementation.ts';
import type { Plan, PlatformName, Suite } from '../domain/plan.ts';
import type { Profile } from '../domain/profile.ts';
import type { RunMetadata } from '../domain/run.ts';
import { describePlan } from '../plan/describe.ts';
import { createRunId } from '../plan/naming.ts';
import { createPlan } from '../plan/plan.ts';
import type { SettingsOverrides } from '../plan/settings.ts';
import type { BaselineSource } from './baseline-source.ts';
import type { Ports } from './ports.ts';

/** What `validate`, `deploy` and `benchmark` plan with. */
export interface PlanOptions {
  readonly selection: Selection;
  readonly suite: Suite;
  readonly profiles: readonly string[];
  readonly platform: PlatformName;
  readonly overrides: SettingsOverrides;
  /** Id of the run; absent: a new one. */
  readonly runId?: string;
  /** Only these of the selected ones, as `type/implementation`; absent: all. */
  readonly only?: ReadonlySet<string>;
  /** How far the command goes; absent: to measurements. */
  readonly goal?: 'validate' | 'deploy';
}

export interface PlannedRun {
  readonly plan: Plan;
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
  if (options.profiles.length > 1) {
    // Results, builds and topics are named by implementation: a second profile would overwrite the first.
    throw new UsageError('one-profile', `found the profiles ${options.profiles.join(', ')}, wanted one a run`, {
      hint: 'run the command once for each profile',
    });
  }
  const plan = createPlan({
    repositories,
    selection: merged(options.selection, config.benchmark.filter),
    suite: options.suite,
    profiles: (options.profiles.length === 0 ? ['default'] : options.profiles).map((name) =>
      profileNamed(name, config),
    ),
    profileOf: Object.fromEntries(
      Object.entries(config.implementations).flatMap(([name, own]) =>
        own.profile === undefined ? [] : [[name, profileNamed(own.profile, config)]],
      ),
    ),
    platform: options.platform,
    region: local ? 'local' : config.gcp.region,
    project,
    runId: options.runId ?? createRunId(ports.clock.epochMs(), ports.randomText()),
    ...(options.only === undefined ? {} : { only: options.only }),
    owner: ports.tool.owner,
    settings: local ? withLocalWatch(options.overrides, config) : options.overrides,
    baselineAvailable: (repository: ServiceRepository, implementation: Implementation) =>
      baseline.trees.get(repository.root)?.implementations.has(implementation.name) ?? false,
  });
  const description = describePlan(plan, {
    runtime: config.emulator.runtime,
    ...(options.goal === undefined ? {} : { goal: options.goal }),
    ...(config.gcp.artifactRegistry === undefined ? {} : { artifactRegistry: config.gcp.artifactRegistry }),
  });
  return { plan, description };
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
): Promise<RunMetadata> {
  const [first] = repositories;
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
    driver: ports.tool.driver,
    serviceTypes: [...new Set(plan.implementations.map(({ implementation }) => implementation.serviceType))],
    ...(baseline.reference === undefined ? {} : { baseline: baseline.reference }),
    failures: [],
  };
}

/** What the request names goes before the configuration's filter, criterion by criterion. */
function merged(request: Selection, config: Selection): Selection {
  const either = (key: keyof Selection) => (request[key].length > 0 ? request[key] : config[key]);
  return {
    types: either('types'),
    languages: either('languages'),
    frameworks: either('frameworks'),
    implementations: either('implementations'),
  };
}

function profileNamed(name: string, config: Config): Profile {
  const profile = Object.hasOwn(config.profiles, name) ? config.profiles[name] : undefined;
  if (profile !== undefined) return profile;
  const known = Object.keys(config.profiles);
  const near = nearest(name, known);
  throw new UsageError(
    'unknown-profile',
    `no deployment profile ${JSON.stringify(name)}; found are ${known.join(', ')}`,
    {
      hint: near === undefined ? 'list it under deployment_profiles in the configuration' : `Did you mean ${near}?`,
    },
  );
}
