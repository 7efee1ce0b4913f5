// A JSON import is the only form of the protos that survives bundling into one file.
import protos from '@google-cloud/run/build/protos/protos.json' with { type: 'json' };
import type { ServiceDefinition } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import type { Execution, Job } from '../jobs/messages.ts';
import type { Any, Revision, Service } from './messages.ts';

const definitions = fromJSON(protos, { longs: String, enums: String, defaults: false });

/** The gRPC service of that full name, for a server or a plain client. */
export function serviceDefinition(name: string): ServiceDefinition {
  const found = definitions[name];
  if (found === undefined || 'format' in found)
    throw new Error(`the protos of @google-cloud/run have no service ${name}`);
  return found;
}

function pack(type: string, message: object): Any {
  const found = definitions[type];
  if (found === undefined || !('serialize' in found) || typeof found.serialize !== 'function') {
    throw new Error(`the protos of @google-cloud/run have no message ${type}`);
  }
  return { type_url: `type.googleapis.com/${type}`, value: found.serialize(message) };
}

export const packService = (service: Service) => pack('google.cloud.run.v2.Service', service);
export const packRevision = (revision: Revision) => pack('google.cloud.run.v2.Revision', revision);
export const packJob = (job: Job) => pack('google.cloud.run.v2.Job', job);
export const packExecution = (execution: Execution) => pack('google.cloud.run.v2.Execution', execution);
