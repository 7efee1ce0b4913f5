import { SIDES } from '../domain/deployment.ts';
import { UsageError } from '../domain/errors.ts';
import type { Implementation, Selection, ServiceRepository } from '../domain/implementation.ts';
import type { Plan, PlannedImplementation, PlannedService, PlatformName, Suite } from '../domain/plan.ts';
import type { Profile } from '../domain/profile.ts';
import { type SelectedImplementation, selectImplementations } from './filter.ts';
import {
  CHECK_TAG,
  EXPIRY_LABEL,
  expiryLabel,
  labelValue,
  ownedLabels,
  RUN_LABEL,
  runSeed,
  sampleTags,
  serviceName,
} from './naming.ts';
import { profileProblems } from './profile-rules.ts';
import { measureSettings, type SettingsOverrides, tagCount } from './settings.ts';
import { withStrata } from './strata.ts';

export interface PlanInput {
  readonly repositories: readonly ServiceRepository[];
  readonly selection: Selection;
  /** Only these of the selected ones, as `type/implementation`; absent: all. */
  readonly only?: ReadonlySet<string>;
  readonly suite: Suite;
  /** At least one; every implementation is measured with each of them. */
  readonly profiles: readonly Profile[];
  /** In place of `profiles`, by name of the implementation. */
  readonly profileOf?: Readonly<Record<string, Profile>>;
  readonly platform: PlatformName;
  readonly region: string;
  readonly project: string;
  readonly runId: string;
  /** Who runs it (user, repository), for the label `perf-owner`. */
  readonly owner: string;
  /** Now; what is deployed may be swept a day later. */
  readonly startedAtMs: number;
  readonly settings?: SettingsOverrides;
  /** Whether there is a base to deploy beside the head. */
  readonly baselineAvailable: (repository: ServiceRepository, implementation: Implementation) => boolean;
}

/** What a run will do, in full, before anything is done. Throws UsageError. */
export function createPlan(input: PlanInput): Plan {
  const { suite, platform, region, project, runId } = input;
  const basic = measureSettings(suite, platform, input.settings ?? {});
  const selected = selectImplementations(input.repositories, input.selection).filter(
    ({ implementation: { serviceType, name } }) => input.only?.has(`${serviceType}/${name}`) ?? true,
  );
  const tags = sampleTags(tagCount(basic, platform));
  const implementations = selected.flatMap((one) =>
    profilesOf(one, input).map((profile) => planImplementation(one, withPort(profile, one.repository), tags, input)),
  );
  if (platform === 'cloudrun') implementations.forEach(refuseProfile);
  const settings = withStrata(basic, suite, platform, implementations, input.settings);
  return { runId, seed: runSeed(runId), suite, platform, region, project, settings, implementations };
}

function profilesOf({ implementation }: SelectedImplementation, input: PlanInput): readonly Profile[] {
  const own = input.profileOf;
  const special = own !== undefined && Object.hasOwn(own, implementation.name) ? own[implementation.name] : undefined;
  return special === undefined ? input.profiles : [special];
}

/** The protocol of the contract goes before that of the profile: services of the type would not understand another. */
function withPort(profile: Profile, { portProtocol }: ServiceRepository): Profile {
  if (portProtocol === undefined) return profile;
  return { ...profile, port: { protocol: portProtocol, number: profile.port?.number ?? 8080 } };
}

function planImplementation(
  { repository, implementation }: SelectedImplementation,
  profile: Profile,
  tags: readonly string[],
  input: PlanInput,
): PlannedImplementation {
  const sides = input.baselineAvailable(repository, implementation) ? SIDES : (['head'] as const);
  const services = sides.map((side): PlannedService => {
    const name = serviceName({
      repository: repository.source,
      implementation: implementation.name,
      profile: profile.name,
      side,
      runId: input.runId,
    });
    return { side, name, sampleTags: tags, checkTag: CHECK_TAG };
  });
  return {
    implementation,
    repositoryRoot: repository.root,
    contractVersion: repository.manifest.contractVersion,
    profile,
    labels: {
      ...ownedLabels(input.owner),
      [RUN_LABEL]: labelValue(input.runId),
      [EXPIRY_LABEL]: expiryLabel(input.startedAtMs),
      'perf-service-type': labelValue(implementation.serviceType),
      'perf-implementation': labelValue(implementation.name),
      'perf-profile': labelValue(profile.name),
    },
    services,
  };
}

function refuseProfile({ profile }: PlannedImplementation): void {
  const [problem] = profileProblems(profile);
  if (problem === undefined) return;
  throw new UsageError('profile-refused', `profile ${profile.name}: ${problem}`, {
    hint: `Correct deployment_profiles.${profile.name} in the configuration, or use --platform local.`,
  });
}
