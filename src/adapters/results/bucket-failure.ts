import { InfrastructureError, PerfError } from '../../domain/errors.ts';
import { withoutTokens } from '../google/secrets.ts';

/** What was tried: the permissions that it needs. */
const PERMISSIONS = {
  read: ['storage.objects.get'],
  list: ['storage.objects.list'],
  // Replacing an object counts as deleting the old one.
  write: ['storage.objects.create', 'storage.objects.delete'],
  remove: ['storage.objects.delete'],
} as const;
export type BucketCall = keyof typeof PERMISSIONS;

interface Place {
  readonly bucket: string;
  /** `gs://bucket/object` */
  readonly what: string;
}

/** HTTP status of what a client threw; undefined: there was no answer. */
export function statusOf(error: unknown): number | undefined {
  const { code, status, response } = fieldsOf(error);
  const found = [code, status, fieldsOf(response).status].map(Number).find((value) => value >= 100 && value < 600);
  return found;
}

/**
 * The failure in our words. The client's error is not kept as cause: it holds the request with its authorization header.
 */
export function bucketFailure(call: BucketCall, { bucket, what }: Place, error: unknown): PerfError {
  if (error instanceof PerfError) return error;
  const words = withoutTokens(error instanceof Error ? error.message : String(error), []);
  const message = `cannot ${call} ${what}: ${words}`;
  const status = statusOf(error);
  switch (status) {
    case 404:
      return new InfrastructureError('bucket-missing', `cannot ${call} ${what}: there is no bucket ${bucket}`, {
        hint: `check storage.results_bucket, or make it: gcloud storage buckets create gs://${bucket} --project PROJECT`,
      });
    case 401:
      return unauthenticated(message);
    case 403: {
      const needed = new Set<string>([/storage\.[A-Za-z.]+[A-Za-z]/.exec(words)?.[0] ?? '', ...PERMISSIONS[call]]);
      const names = [...needed].filter((name) => name.startsWith('storage.')).join(', ');
      return new InfrastructureError('bucket-forbidden', message, {
        hint: `grant ${names} on gs://${bucket} to the account of this job (roles/storage.objectUser has them); a bucket of that name may also be of another project`,
      });
    }
  }
  if (/could not load the default credentials|invalid_grant|invalid_client/i.test(words))
    return unauthenticated(message);
  if (status === undefined) {
    return new InfrastructureError('bucket-unreachable', message, {
      hint: 'check the network and the proxy; nothing of the run is lost that was stored before',
    });
  }
  return new InfrastructureError('bucket-failed', message, {
    hint:
      status === 400 && /project/i.test(words)
        ? 'check gcp.project_id: the bucket may ask for a project that pays'
        : 'run it again; https://status.cloud.google.com names outages of Cloud Storage',
  });
}

function unauthenticated(message: string): InfrastructureError {
  return new InfrastructureError('bucket-unauthenticated', message, {
    hint: 'sign in to Google Cloud: workload-identity-provider in a workflow, "gcloud auth application-default login" elsewhere',
  });
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
