import { type Location, parseRevisionName, parseServiceName } from './names.ts';
import { pageOf } from './paging.ts';
import type { ServiceStore } from './service-store.ts';
import { unary } from './unary.ts';

interface NamedRequest {
  readonly name?: string;
  readonly etag?: string;
  readonly validateOnly?: boolean;
}

interface ListRevisionsRequest {
  readonly parent?: string;
  readonly pageSize?: number;
  readonly pageToken?: string;
}

/** Methods of `google.cloud.run.v2.Revisions`. */
export function revisionsApi(location: Location, store: ServiceStore) {
  return {
    GetRevision: unary(({ name }: NamedRequest) => {
      const { service, revision } = parseRevisionName('name', name, location);
      return store.revision(service, revision);
    }),
    ListRevisions: unary(({ parent, pageSize, pageToken }: ListRevisionsRequest) => {
      const service = parseServiceName('parent', parent, location);
      const revisions = store.revisions(service === '-' ? undefined : service);
      const page = pageOf(revisions, `revisions of ${service}`, pageSize, pageToken);
      return { revisions: page.items, nextPageToken: page.nextPageToken };
    }),
    DeleteRevision: unary(({ name, etag, validateOnly }: NamedRequest) => {
      const { service, revision } = parseRevisionName('name', name, location);
      return store.deleteRevision(service, revision, etag, validateOnly === true);
    }),
  };
}
