import type { protos } from '@google-cloud/run';
import type { ServiceSpec } from '../../../domain/deployment.ts';
import { revisionOf, revisionTemplate } from './template.ts';

type ICreateServiceRequest = protos.google.cloud.run.v2.ICreateServiceRequest;
type IUpdateServiceRequest = protos.google.cloud.run.v2.IUpdateServiceRequest;
type ITrafficTarget = protos.google.cloud.run.v2.ITrafficTarget;

export interface Place {
  readonly project: string;
  readonly region: string;
}

export const parentOf = ({ project, region }: Place) => `projects/${project}/locations/${region}`;
export const nameOf = (place: Place, service: string) => `${parentOf(place)}/services/${service}`;
export const jobNameOf = (place: Place, job: string) => `${parentOf(place)}/jobs/${job}`;

/** Creates the service with the revision of its first tag: private where an audience is given, else for everybody. */
export function createRequest(
  place: Place,
  spec: ServiceSpec,
  tag: string,
  privateAudience?: string,
): ICreateServiceRequest {
  return {
    parent: parentOf(place),
    serviceId: spec.name,
    service: {
      labels: { ...spec.labels },
      ingress: 'INGRESS_TRAFFIC_ALL',
      scaling: { scalingMode: 'AUTOMATIC' },
      // Throw-away services: no IAM check in the measured path, and no extra write for an allUsers binding.
      ...(privateAudience === undefined
        ? { invokerIamDisabled: true }
        : { invokerIamDisabled: false, customAudiences: [privateAudience] }),
      template: revisionTemplate(spec, tag),
      traffic: trafficOf(spec.name, [tag]),
    },
  };
}

/** Adds the revision of the last of `tags`; the earlier ones have to be listed again. */
export function addRevisionRequest(place: Place, spec: ServiceSpec, tags: readonly string[]): IUpdateServiceRequest {
  const tag = tags.at(-1) ?? '';
  return {
    service: {
      name: nameOf(place, spec.name),
      template: revisionTemplate(spec, tag),
      traffic: trafficOf(spec.name, tags),
    },
    updateMask: { paths: ['template', 'traffic'] },
  };
}

/**
 * 100 % to the first tag's revision, 0 % to the others. The newest is addressed as LATEST, because a revision of this
 * very request cannot be referred to by its name yet.
 */
export function trafficOf(service: string, tags: readonly string[]): ITrafficTarget[] {
  return tags.map((tag, index) => {
    const share = { percent: index === 0 ? 100 : 0, tag };
    return index === tags.length - 1
      ? { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', ...share }
      : { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION', revision: revisionOf(service, tag), ...share };
  });
}

/** Scaling by hand to a number of instances, or back to automatic. Makes no new revision. */
export function scalingRequest(
  place: Place,
  service: string,
  instanceCount: number | undefined,
): IUpdateServiceRequest {
  return {
    service: {
      name: nameOf(place, service),
      scaling:
        instanceCount === undefined
          ? { scalingMode: 'AUTOMATIC' }
          : { scalingMode: 'MANUAL', manualInstanceCount: instanceCount },
    },
    updateMask: { paths: ['scaling'] },
  };
}
