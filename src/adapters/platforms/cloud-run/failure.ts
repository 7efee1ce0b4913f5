import { InfrastructureError, PerfError } from '../../../domain/errors.ts';
import { CODE, codeOf } from './status-code.ts';

const MAX_MESSAGE_CHARS = 2000;

const REASON_HINTS: Readonly<Record<string, string>> = {
  CONTAINER_MISSING: 'The image does not exist at that name and digest: push it first, or check the registry path.',
  CONTAINER_PERMISSION_DENIED: 'Grant the Cloud Run service agent read access to the image repository.',
  HEALTH_CHECK_CONTAINER_ERROR: 'The container must listen on 0.0.0.0 at the port in PORT; its last output is above.',
  SECRETS_ACCESS_CHECK_FAILED:
    'Grant roles/secretmanager.secretAccessor on the secret to the account that the service runs as.',
  MIN_INSTANCES_NOT_PROVISIONED: 'Lower minInstances of the profile, or ask for more CPU quota in this region.',
  ACTIVE_REVISION_LIMIT_REACHED: 'Remove services of earlier runs: the region has too many active revisions.',
};
const CODE_HINTS: Readonly<Record<number, string>> = {
  [CODE.invalidArgument]: 'The platform refuses what was described: see the field that it names.',
  [CODE.permissionDenied]: 'Check the project and region, and that the account has roles/run.admin there.',
  [CODE.unauthenticated]: 'Log in with Google Cloud credentials (Workload Identity Federation in CI).',
  [CODE.alreadyExists]: 'Remove what the earlier run left with cleanup, then try again.',
  [CODE.resourceExhausted]: 'A quota of the project is used up: wait, run fewer at a time, or ask for more.',
  [CODE.unavailable]: 'Check that the platform can be reached, then try again.',
};

export interface Failed {
  /** What was tried, as a verb phrase: "deploying". */
  readonly action: string;
  readonly service: string;
  /** Of the platform's condition, when there is one: HEALTH_CHECK_CONTAINER_ERROR. */
  readonly reason?: string | undefined;
}

/** The error of a failed call in our own words; errors that are ours already stay as they are. */
export function failureOf(error: unknown, { action, service, reason }: Failed): PerfError {
  if (error instanceof PerfError) return error;
  const code = codeOf(error);
  const text = error instanceof Error ? error.message : String(error);
  const hint =
    REASON_HINTS[reason ?? ''] ?? CODE_HINTS[code ?? (/credentials/i.test(text) ? CODE.unauthenticated : -1)];
  const because = reason === undefined ? '' : ` (${reason})`;
  return new InfrastructureError(
    code === CODE.invalidArgument ? 'platform-refused' : 'platform-failed',
    `${action} ${service} failed${because}: ${text.slice(0, MAX_MESSAGE_CHARS)}`,
    { cause: error, ...(hint === undefined ? {} : { hint }) },
  );
}
