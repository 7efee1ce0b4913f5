import type { InstanceEvent } from '../domain/deployment.ts';
import type { ScaleToZero } from '../domain/measurement.ts';
import { awaitLog, type LogPatience, type LogPorts } from './log-wait.ts';
import type { SampleTarget } from './target.ts';

export interface IdleInstance {
  readonly target: SampleTarget;
  readonly instanceId: string;
  /** Epoch milliseconds of its last request. */
  readonly lastRequestAtMs: number;
}

/** SIGTERM to SIGKILL. */
const GRACE_MS = 10_000;

/**
 * What the log says about the end of an idle instance. `log`: it shows the stop, or the service's word that it was told to
 * end, after which the platform gives it ten seconds. `bounded`: it shows a later start of another instance for want of
 * capacity, so ours was gone by then. `unknown`: neither; the interval then says only how long was watched, and that no
 * end was seen is no proof of life.
 */
export function findEnd(events: readonly InstanceEvent[], idle: IdleInstance, watchedMs: number): ScaleToZero {
  const { side, revision } = idle.target;
  const after = events.filter((event) => event.revision === revision && event.atMs >= idle.lastRequestAtMs);
  const sinceLast = (event: InstanceEvent) => event.atMs - idle.lastRequestAtMs;
  const stop = after.find((event) => event.kind === 'stop' && event.instanceId === idle.instanceId);
  if (stop !== undefined) {
    return { side, lastSeenAliveMs: sinceLast(stop), firstSeenGoneMs: sinceLast(stop), observed: 'log' };
  }
  const told = after.find((event) => event.kind === 'sigterm' && event.instanceId === idle.instanceId);
  if (told !== undefined) {
    const reason = 'no stop in the log; the service says when it was told to end';
    const fromMs = sinceLast(told);
    return { side, lastSeenAliveMs: fromMs, firstSeenGoneMs: fromMs + GRACE_MS, observed: 'log', reason };
  }
  const next = after.find(
    (event) => event.kind === 'start' && event.instanceId !== idle.instanceId && event.reason === 'AUTOSCALING',
  );
  if (next !== undefined) {
    const reason = 'no stop in the log; another instance had to be started';
    return { side, lastSeenAliveMs: 0, firstSeenGoneMs: sinceLast(next), observed: 'bounded', reason };
  }
  const reason = `no stop in the log within ${Math.round(watchedMs)} ms`;
  return { side, lastSeenAliveMs: 0, firstSeenGoneMs: watchedMs, observed: 'unknown', reason };
}

/** Watches the log without sending anything: a request, even a health check, would start the idle time anew. */
export async function measureScaleToZero(
  idle: IdleInstance,
  patience: LogPatience,
  ports: LogPorts,
  signal?: AbortSignal,
): Promise<ScaleToZero> {
  const watchedMs = () => ports.clock.epochMs() - idle.lastRequestAtMs;
  const events = await awaitLog(
    { service: idle.target.service, revision: idle.target.revision, sinceMs: idle.target.deployedSinceMs },
    (read) => findEnd(read, idle, watchedMs()).observed !== 'unknown',
    patience,
    ports,
    signal,
  );
  return findEnd(events, idle, watchedMs());
}
