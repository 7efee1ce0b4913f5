import type { protos } from '@google-cloud/run';
import type { Deployment, ServiceSpec, TaggedRevision } from '../../../domain/deployment.ts';
import { InfrastructureError } from '../../../domain/errors.ts';
import type { DeployedService } from '../../../ports/platform.ts';
import { revisionOf } from './template.ts';

type IService = protos.google.cloud.run.v2.IService;

const origin = (uri: string) => uri.replace(/\/+$/, '');

/** What has been deployed, by the platform's own account: URLs are taken from it and never built. */
export function deploymentOf(
  spec: ServiceSpec,
  service: IService,
  times: Pick<Deployment, 'deployedAtMs' | 'deployMs'>,
): Deployment {
  const statuses = new Map((service.trafficStatuses ?? []).map((status) => [status.tag ?? '', status]));
  const revisions = spec.tags.map((tag): TaggedRevision => {
    const { uri, revision } = statuses.get(tag) ?? {};
    const wanted = revisionOf(spec.name, tag);
    const found = revision?.replace(/^.*\//, '');
    if (found && found !== wanted) {
      const text = `${spec.name}: the tag ${tag} points to the revision ${found}, wanted ${wanted}.`;
      throw new InfrastructureError('tag-on-other-revision', text, { hint: 'Somebody else changes this service.' });
    }
    if (!uri) {
      throw new InfrastructureError('tag-without-url', `${spec.name}: the platform gave no URL for the tag ${tag}.`, {
        hint: 'A project-region keeps at most 2000 tags and drops the oldest; remove services that are no longer needed.',
      });
    }
    return { tag, revision: wanted, url: origin(uri) };
  });
  return { service: spec.name, image: spec.image, url: origin(service.uri ?? ''), revisions, ...times };
}

/** Of a service or of a job: both tell it in the same fields. */
export function deployedServiceOf(service: Pick<IService, 'name' | 'labels' | 'createTime'>): DeployedService {
  const { seconds, nanos } = service.createTime ?? {};
  return {
    name: (service.name ?? '').replace(/^.*\//, ''),
    labels: { ...service.labels },
    createdAtMs: Number(seconds ?? 0) * 1000 + (nanos ?? 0) / 1e6,
  };
}
