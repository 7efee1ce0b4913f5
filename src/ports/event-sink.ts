import type { RunEvent } from '../domain/event.ts';

/** Where events of a run go. Delivering is retried and never throws: what cannot be delivered is logged. */
export interface EventSink {
  send(event: RunEvent): Promise<void>;
}

/** For runs that nobody wants to hear of. */
export const SILENT: EventSink = { send: async () => undefined };
