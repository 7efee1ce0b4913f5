import { carryOut } from './change.ts';
import { nameOf } from './requests.ts';
import type { Session } from './session.ts';

/** Deletes a service with all its revisions; it not being there is success. */
export function removeService(session: Session, service: string, signal?: AbortSignal): Promise<void> {
  const name = nameOf(session.place, service);
  const change = {
    action: 'removing',
    service,
    send: () => session.clients.services.deleteService({ name }),
    accepted: (found: unknown) => found === undefined,
  };
  return carryOut(session, change, signal);
}
