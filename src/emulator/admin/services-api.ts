import { unimplemented } from './admin-error.ts';
import type { Service } from './messages.ts';
import { type Location, parseLocation, parseServiceName } from './names.ts';
import { pageOf } from './paging.ts';
import type { ServiceStore } from './service-store.ts';
import { unary } from './unary.ts';

interface CreateServiceRequest {
  readonly parent?: string;
  readonly service?: Service;
  readonly serviceId?: string;
  readonly validateOnly?: boolean;
}

interface UpdateServiceRequest {
  readonly service?: Service;
  readonly updateMask?: { readonly paths?: readonly string[] };
  readonly validateOnly?: boolean;
  readonly allowMissing?: boolean;
}

interface NamedRequest {
  readonly name?: string;
  readonly etag?: string;
  readonly validateOnly?: boolean;
}

interface ListServicesRequest {
  readonly parent?: string;
  readonly pageSize?: number;
  readonly pageToken?: string;
}

/** Methods of `google.cloud.run.v2.Services`. */
export function servicesApi(location: Location, store: ServiceStore) {
  const idOf = (request: NamedRequest) => parseServiceName('name', request.name, location);
  return {
    CreateService: unary(({ parent, service, serviceId, validateOnly }: CreateServiceRequest) => {
      parseLocation('parent', parent, location);
      return store.create(serviceId ?? '', service ?? {}, validateOnly === true);
    }),
    GetService: unary((request: NamedRequest) => store.service(idOf(request))),
    ListServices: unary(({ parent, pageSize, pageToken }: ListServicesRequest) => {
      parseLocation('parent', parent, location);
      const page = pageOf(store.services(), 'services', pageSize, pageToken);
      return { services: page.items, nextPageToken: page.nextPageToken };
    }),
    UpdateService: unary(({ service = {}, updateMask, validateOnly, allowMissing }: UpdateServiceRequest) => {
      const id = parseServiceName('service.name', service.name, location);
      if (allowMissing === true && !store.has(id)) {
        const { name: _name, ...unnamed } = service;
        return store.create(id, unnamed, validateOnly === true);
      }
      return store.update(id, service, updateMask?.paths ?? [], validateOnly === true);
    }),
    DeleteService: unary((request: NamedRequest) =>
      store.delete(idOf(request), request.etag, request.validateOnly === true),
    ),
    ...Object.fromEntries(
      ['GetIamPolicy', 'SetIamPolicy', 'TestIamPermissions'].map((method) => [method, noIam(method)]),
    ),
  };
}

function noIam(method: string) {
  return unary(() => {
    throw unimplemented(
      `${method} is not implemented by this emulator, which has no IAM: set Service.invoker_iam_disabled, every caller on the loopback interface may invoke.`,
    );
  });
}
