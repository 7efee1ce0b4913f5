import type { InstanceEvent } from '../../../domain/deployment.ts';
import type { ZeroProof } from '../../../ports/platform.ts';

const ENDS: ReadonlySet<InstanceEvent['kind']> = new Set(['stop', 'start-failed', 'sigterm']);

/** Instances that have started and of which no end has been logged. */
export function runningInstances(events: readonly InstanceEvent[]): ReadonlySet<string> {
  const running = new Set<string>();
  for (const { kind, instanceId } of events) {
    if (kind === 'start') running.add(instanceId);
    if (ENDS.has(kind)) running.delete(instanceId);
  }
  return running;
}

/**
 * Whether the log shows the end of each of `known`, and of every other instance whose start it shows. One that says that
 * it was told to end has ended: it is given no request any more. A log without a
 * word about instances is no proof of anything: it may be late, or lost.
 */
export function provenGone(events: readonly InstanceEvent[], known: readonly string[]): ZeroProof {
  const ended = new Set<string>();
  for (const { kind, instanceId } of events) {
    if (ENDS.has(kind)) ended.add(instanceId);
    if (kind === 'start') ended.delete(instanceId);
  }
  if (ended.size === 0 && runningInstances(events).size === 0) {
    return { proven: false, reason: 'the log says nothing about instances: unknown' };
  }
  const open = new Set([...runningInstances(events), ...known.filter((instance) => !ended.has(instance))]);
  return open.size === 0
    ? { proven: true }
    : { proven: false, reason: `the log does not show the end of ${open.size} instances` };
}
