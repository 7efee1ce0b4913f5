import type { InstanceEvent } from '../domain/deployment.ts';

/** A warm block as our side saw it. Times are epoch milliseconds, warm-up included. */
export interface BlockWindow {
  readonly revision: string;
  readonly instanceId: string;
  readonly fromMs: number;
  readonly toMs: number;
}

const CHANGES: Readonly<Partial<Record<InstanceEvent['kind'], string>>> = {
  start: 'was started',
  sigterm: 'was told to end',
  stop: 'was stopped',
  'start-failed': 'failed to start',
};

// A request's line carries the platform's time of arrival; clocks of driver and platform may differ by a little.
const CLOCK_MARGIN_MS = 1_000;

/** Requests of the block that the log shows. The cold request may be among them; a block always sends more. */
export function loggedRequests(events: readonly InstanceEvent[], block: BlockWindow): readonly InstanceEvent[] {
  return events.filter(
    (event) =>
      event.kind === 'request' &&
      event.revision === block.revision &&
      event.atMs >= block.fromMs - CLOCK_MARGIN_MS &&
      event.atMs <= block.toMs + CLOCK_MARGIN_MS,
  );
}

/** Why the block was not served by the one instance, or undefined when the log shows that it was. */
export function instanceChange(events: readonly InstanceEvent[], block: BlockWindow): string | undefined {
  for (const event of events) {
    const word = CHANGES[event.kind];
    if (word === undefined || event.revision !== block.revision) continue;
    if (event.atMs >= block.fromMs && event.atMs <= block.toMs) {
      return `instance ${event.instanceId} ${word} inside the block`;
    }
  }
  const requests = loggedRequests(events, block);
  if (requests.length === 0) return 'the log does not show the requests of the block: unknown instance';
  const other = requests.find(({ instanceId }) => instanceId !== block.instanceId);
  return other === undefined ? undefined : `instance ${other.instanceId} answered inside the block`;
}
