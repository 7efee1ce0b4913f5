import { carryOut } from './change.ts';
import { nameOf } from './requests.ts';
import type { Session } from './session.ts';
import { servicesOf } from './target.ts';

/** Deletes a service with all its revisions; it not being there is success. */
export function removeService(session: Session, service: string, signal?: AbortSignal): Promise<void> {
  const name = nameOf(session.place, service);
  const change = {
    action: 'removing',
    target: servicesOf(session),
    name: service,
    send: () => session.clients.services.deleteService({ name }),
    accepted: (found: unknown) => found === undefined,
  };
  return carryOut(session, change, signal);
}
