import type { InstanceEvent } from '../../../domain/deployment.ts';

/** Instances that have started and of which no end has been logged. */
export function runningInstances(events: readonly InstanceEvent[]): ReadonlySet<string> {
  const running = new Set<string>();
  for (const { kind, instanceId } of events) {
    if (kind === 'start') running.add(instanceId);
    if (kind === 'stop' || kind === 'start-failed') running.delete(instanceId);
  }
  return running;
}
