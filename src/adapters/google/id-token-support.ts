import { UsageError } from '../../domain/errors.ts';

/** A federated identity has no ID tokens: they are made by service accounts alone. */
export function idTokenNeedsAccount(): UsageError {
  return new UsageError('id-token-needs-account', 'private services need ID tokens, and these credentials give none', {
    hint: 'name a service account with service-account, which may invoke the services (roles/run.invoker)',
  });
}
