import type { Config } from '../config/config.ts';
import type { SetupRequest } from '../config/request.ts';
import { UsageError } from '../domain/errors.ts';
import { defaultBucket } from '../plan/gcp-setup.ts';
import { NOTHING, type Outcome } from './outcome.ts';
import type { Ports } from './ports.ts';
import { setupScript } from './setup-script.ts';

/** Names of accounts and buckets hold the project's id, and ids of the old form with a domain have a colon. */
const PROJECT = /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/;
const REGION = /^[a-z]+-[a-z]+[0-9]{1,2}$/;
const LONGEST_BUCKET = 63;

/** Prints the script that prepares a project; runs nothing. */
export async function setup(request: SetupRequest, config: Config, ports: Ports): Promise<Outcome> {
  const project = request.project ?? config.gcp.projectId;
  if (project === undefined)
    throw new UsageError('project-missing', 'setup needs a Google Cloud project, found none', {
      hint: 'give --project ID, or gcp.project_id in the configuration',
    });
  const bucket = request.bucket ?? defaultBucket(project);
  if (!PROJECT.test(project) || bucket.length > LONGEST_BUCKET)
    throw new UsageError(
      'setup-project',
      `found the project ${JSON.stringify(project.slice(0, 100))}, wanted an id of 6 to 30 lower case letters, digits and hyphens`,
      { hint: 'projects that belong to a domain (example.com:name) are not supported: create one without' },
    );
  const { repository, repositoryId, ownerId, defaultBranch, environmentOnly } = request;
  const region = request.region ?? config.gcp.region;
  if (!REGION.test(region))
    throw new UsageError(
      'setup-region',
      `found the region ${JSON.stringify(region.slice(0, 100))}, wanted a Google Cloud region`,
      {
        hint: 'give --region us-central1, or gcp.region in the configuration',
      },
    );
  const wanted = { project, region, repository, repositoryId, bucket, defaultBranch, environmentOnly };
  ports.print(setupScript({ ...wanted, ...(ownerId === undefined ? {} : { ownerId }) }, ports.tool.version));
  return NOTHING;
}
