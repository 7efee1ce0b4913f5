import type { Artifact, Deployment, ServiceSpec } from '../domain/deployment.ts';
import { PerfError } from '../domain/errors.ts';
import type { PlannedImplementation, PlannedService } from '../domain/plan.ts';
import { NOT_OURS, type Platform } from '../ports/platform.ts';

/** The service to deploy for one side: its check revision first, then one revision per sample. */
export function serviceSpec(
  planned: PlannedImplementation,
  service: PlannedService,
  artifact: Artifact,
  env: Readonly<Record<string, string>>,
): ServiceSpec {
  return {
    name: service.name,
    image: artifact.image,
    profile: planned.profile,
    env,
    labels: planned.labels,
    tags: [...(service.checkTag === undefined ? [] : [service.checkTag]), ...service.sampleTags],
  };
}

/** What became of a service whose deployment failed. `not made`: the name is somebody else's, whose service it stays. */
export type HalfMade =
  | { readonly state: 'removed' | 'not made' }
  | { readonly state: 'left' /** Why it could not be removed. */; readonly error: unknown };

/**
 * Deploys a service and removes what is left of it when that fails: a half-deployed service would hold a quota and
 * a name that nobody cleans up. `onHalfMade` is told what became of it, then the error of the deployment is thrown.
 */
export async function rollOut(
  platform: Platform,
  spec: ServiceSpec,
  signal: AbortSignal,
  onHalfMade: (end: HalfMade) => Promise<void>,
): Promise<Deployment> {
  try {
    return await platform.deploy(spec, signal);
  } catch (error) {
    const isForeign = error instanceof PerfError && error.code === NOT_OURS;
    await onHalfMade(isForeign ? { state: 'not made' } : await removeHalfMade(platform, spec.name));
    throw error;
  }
}

/** Without the signal: what an abort has left half-made has to go as well. */
async function removeHalfMade(platform: Platform, service: string): Promise<HalfMade> {
  try {
    await platform.remove(service);
    return { state: 'removed' };
  } catch (error) {
    return { state: 'left', error };
  }
}

/** Origin of a tagged revision. */
export function tagUrl(deployment: Deployment, tag: string): string {
  const revision = deployment.revisions.find((candidate) => candidate.tag === tag);
  if (revision === undefined)
    throw new Error(`the platform deployed no revision for tag ${tag} of ${deployment.service}`);
  return revision.url;
}
