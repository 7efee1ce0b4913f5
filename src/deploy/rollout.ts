import type { Artifact, Deployment, ServiceSpec } from '../domain/deployment.ts';
import type { PlannedImplementation, PlannedService } from '../domain/plan.ts';
import type { Platform } from '../ports/platform.ts';

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

/**
 * Deploys a service and removes what is left of it when that fails: a half-deployed service would hold a quota and
 * a name that nobody cleans up.
 */
export async function rollOut(platform: Platform, spec: ServiceSpec, signal: AbortSignal): Promise<Deployment> {
  try {
    return await platform.deploy(spec, signal);
  } catch (error) {
    await platform.remove(spec.name).catch(() => undefined);
    throw error;
  }
}

/** Origin of a tagged revision. */
export function tagUrl(deployment: Deployment, tag: string): string {
  const revision = deployment.revisions.find((candidate) => candidate.tag === tag);
  if (revision === undefined)
    throw new Error(`the platform deployed no revision for tag ${tag} of ${deployment.service}`);
  return revision.url;
}
