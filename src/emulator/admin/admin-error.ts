import { status } from '@grpc/grpc-js';

/** An answer that is an error, with the status code that Google gives in the same case. */
export class AdminError extends Error {
  override readonly name = 'AdminError';
  readonly code: status;

  constructor(code: status, message: string) {
    super(message);
    this.code = code;
  }
}

export const invalidArgument = (message: string) => new AdminError(status.INVALID_ARGUMENT, message);
export const alreadyExists = (id: string, message = `Resource '${id}' already exists.`) =>
  new AdminError(status.ALREADY_EXISTS, message);
export const failedPrecondition = (message: string) => new AdminError(status.FAILED_PRECONDITION, message);
export const unimplemented = (message: string) => new AdminError(status.UNIMPLEMENTED, message);

export function notFound(kind: string, id: string, location: { readonly project: string; readonly region: string }) {
  return new AdminError(
    status.NOT_FOUND,
    `Resource '${id}' of kind '${kind}' in region '${location.region}' in project '${location.project}' does not exist.`,
  );
}

/** The optimistic lock: refuses when the caller's etag is not that of the current version. */
export function requireEtag(id: string, given: string | undefined, current: string | undefined): void {
  if (given === undefined || given === '' || given === current) return;
  throw new AdminError(
    status.ABORTED,
    `Conflict for resource '${id}': version '${given}' was specified but current version is '${current}'.`,
  );
}
