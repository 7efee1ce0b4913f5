import type { Config } from '../config/config.ts';
import { DEFAULT_PROFILE } from '../config/profiles.ts';
import type { Implementation, ServiceRepository } from '../domain/implementation.ts';
import type { PlannedItem } from '../domain/job-plan.ts';
import type { Profile } from '../domain/profile.ts';
import { type MeasurementTags, machineOf, type RunMetadata, type ServiceTypeResults } from '../domain/run.ts';
import { findProfile } from './profiles.ts';
import { expectedRuntime } from './results.ts';

export interface Known {
  readonly config: Config;
  /** May be empty: the job that puts a run together has no sources. */
  readonly repositories: readonly ServiceRepository[];
  readonly metadata: RunMetadata;
  /** What was measured beside it. */
  readonly results: readonly ServiceTypeResults[];
}

export interface Discovered {
  readonly repository: ServiceRepository;
  readonly implementation: Implementation;
}

export function discovered(
  { type, implementation: name }: PlannedItem,
  repositories: readonly ServiceRepository[],
): Discovered | undefined {
  for (const repository of repositories) {
    const implementation = repository.manifest.implementations.find(
      (one) => one.name === name && one.serviceType === type,
    );
    if (implementation !== undefined) return { repository, implementation };
  }
  return undefined;
}

/** Tags of an implementation that has no numbers: what they would have been measured as. */
export function expectedTags(item: PlannedItem, contractVersion: string, known: Known): MeasurementTags {
  const { config, metadata, repositories } = known;
  const found = discovered(item, repositories);
  const { language, framework } = found?.implementation ?? {};
  const commit = found?.repository.commit;
  return {
    implementation: item.implementation,
    ...(language === undefined ? {} : { language }),
    ...(framework === undefined ? {} : { framework }),
    profile: expectedProfile(item.profile, known),
    platform: metadata.platform,
    runtime: expectedRuntime(found?.implementation, metadata.platform, config.emulator.runtime),
    region: metadata.region,
    contractVersion,
    toolVersion: metadata.toolVersion,
    ...(commit === undefined ? {} : { commit }),
    driver: machineOf(metadata),
  };
}

/** The job that puts a run together may not have the configuration that the others measured with. */
export function expectedProfile(name: string, { config, results }: Pick<Known, 'config' | 'results'>): Profile {
  const measured = results.flatMap(({ implementations }) => implementations.map(({ tags }) => tags.profile));
  return measured.find((profile) => profile.name === name) ?? findProfile(name, config) ?? { ...DEFAULT_PROFILE, name };
}
