import type { StartReason } from '../domain/deployment.ts';
import {
  type AutoscalerLimits,
  type Decision,
  REJECTION,
  type ScalingEvent,
  type ScalingTarget,
  type StopCause,
} from './autoscaler-model.ts';
import { createPendingQueue, pendingLimitMs } from './pending-queue.ts';

/** Pace of restarts of kept instances (minimum, manual count) that failed to start or crashed. */
const RESTART_DELAY_MS = 10_000;

/** The autoscaler of one revision. It has no clock and starts nothing: events with times go in, decisions come out. */
export interface Autoscaler {
  apply(event: ScalingEvent): readonly Decision[];
  /** When `time-passed` must come at the latest; undefined when time alone changes nothing. */
  nextWakeUpMs(): number | undefined;
  /** Instances that are starting or ready. */
  liveInstances(): number;
}

interface TrackedInstance {
  readonly number: number;
  readonly startedAtMs: number;
  state: 'starting' | 'ready' | 'stopping';
  idleSinceMs: number;
  readonly requests: Set<number>;
}

export function createAutoscaler(limits: AutoscalerLimits): Autoscaler {
  const instances = new Map<number, TrackedInstance>();
  const assignments = new Map<number, TrackedInstance>();
  const pending = createPendingQueue();
  let target: ScalingTarget = { mode: 'automatic' };
  let retired = false;
  let nextInstance = 1;
  let restartAtMs = Number.NEGATIVE_INFINITY;
  let startups = 0;
  let startupSumMs = 0;
  let decisions: Decision[] = [];

  const floor = () => (retired ? 0 : target.mode === 'manual' ? target.floor : limits.minInstances);
  const ceiling = () => (retired ? 0 : target.mode === 'manual' ? target.ceiling : limits.maxInstances);
  const limitMs = () => pendingLimitMs(startups === 0 ? undefined : startupSumMs / startups);
  const count = (state: TrackedInstance['state']) => {
    let found = 0;
    for (const instance of instances.values()) if (instance.state === state) found += 1;
    return found;
  };
  const live = () => count('starting') + count('ready');

  function start(atMs: number, reason: StartReason): void {
    const number = nextInstance++;
    instances.set(number, { number, startedAtMs: atMs, state: 'starting', idleSinceMs: atMs, requests: new Set() });
    decisions.push({ kind: 'start', instance: number, reason });
  }

  function stop(instance: TrackedInstance, why: StopCause): void {
    instance.state = 'stopping';
    decisions.push({ kind: 'stop', instance: instance.number, why });
  }

  function reject(requests: Iterable<number>, status: 429 | 503, text: string): void {
    for (const request of requests) decisions.push({ kind: 'reject', request, status, text });
  }

  /** The ready instance with the fewest requests, the oldest of equals; undefined when all are full. */
  function leastLoaded(): TrackedInstance | undefined {
    let best: TrackedInstance | undefined;
    for (const instance of instances.values()) {
      if (instance.state !== 'ready' || instance.requests.size >= limits.concurrency) continue;
      if (best === undefined || instance.requests.size < best.requests.size) best = instance;
    }
    return best;
  }

  function assignPending(): void {
    while (pending.size > 0) {
      const instance = leastLoaded();
      if (instance === undefined) return;
      const request = pending.take();
      if (request === undefined) return;
      instance.requests.add(request);
      assignments.set(request, instance);
      decisions.push({ kind: 'assign', request, instance: instance.number });
    }
  }

  function startForDemand(atMs: number): void {
    const extra = limits.startsTwo === true && nextInstance === 1 && pending.size > 0 ? 1 : 0;
    const wanted = Math.ceil(pending.size / limits.concurrency) + extra - count('starting');
    const allowed = ceiling() - live();
    for (let i = 0; i < Math.min(wanted, allowed); i += 1) start(atMs, 'AUTOSCALING');
  }

  function startToFloor(atMs: number): void {
    if (atMs < restartAtMs) return;
    const reason: StartReason = target.mode === 'manual' ? 'MANUAL_SCALING' : 'MIN_INSTANCES';
    for (let missing = floor() - live(); missing > 0; missing -= 1) start(atMs, reason);
  }

  /** Manual scaling names an exact count, so a surplus goes at once, idle and youngest first. */
  function stopSurplus(): void {
    if (target.mode !== 'manual' && !retired) return;
    const candidates = [...instances.values()]
      .filter((instance) => instance.state !== 'stopping')
      .sort((a, b) => a.requests.size - b.requests.size || b.number - a.number);
    for (const instance of candidates.slice(0, Math.max(0, candidates.length - ceiling()))) {
      stop(instance, retired ? 'deleted' : 'manual scaling');
    }
  }

  function stopIdle(atMs: number): void {
    let spare = live() - floor();
    for (const instance of instances.values()) {
      if (spare <= 0) return;
      if (instance.state !== 'ready' || instance.requests.size > 0) continue;
      if (instance.idleSinceMs + limits.idleTimeoutMs > atMs) continue;
      stop(instance, 'idle');
      spare -= 1;
    }
  }

  function refuseUnservable(atMs: number): void {
    if (pending.size === 0) return;
    if (ceiling() === 0) reject(pending.takeAll(), 503, retired ? REJECTION.deleted : REJECTION.disabled);
    // While an instance is starting its start-up limit rules: Cloud Run serves a request after a 28 s cold start.
    else if (count('starting') === 0) reject(pending.takeExpired(atMs, limitMs()), 429, REJECTION.noInstance);
  }

  function release(request: number, atMs: number): void {
    const instance = assignments.get(request);
    if (instance === undefined) {
      pending.remove(request);
      return;
    }
    assignments.delete(request);
    instance.requests.delete(request);
    if (instance.requests.size === 0) instance.idleSinceMs = atMs;
  }

  function forget(number: number): void {
    const instance = instances.get(number);
    if (instance === undefined) return;
    instances.delete(number);
    for (const request of instance.requests) assignments.delete(request);
    reject(instance.requests, 503, REJECTION.instanceDied);
  }

  function endInstance(number: number): void {
    const instance = instances.get(number);
    // A kept instance that crashes is restarted at this pace at most.
    if (instance?.state === 'ready') restartAtMs = instance.startedAtMs + RESTART_DELAY_MS;
    forget(number);
  }

  function failStart(number: number, atMs: number): void {
    const wasWanted = instances.get(number)?.state === 'starting';
    forget(number);
    if (!wasWanted) return;
    restartAtMs = atMs + RESTART_DELAY_MS;
    // Others may still serve the queue; with none left, waiting longer helps nobody.
    if (live() === 0) reject(pending.takeAll(), 503, REJECTION.startFailed);
  }

  function becomeReady(number: number, atMs: number): void {
    const instance = instances.get(number);
    if (instance?.state !== 'starting') return;
    instance.state = 'ready';
    instance.idleSinceMs = atMs;
    startups += 1;
    startupSumMs += atMs - instance.startedAtMs;
  }

  function take(event: ScalingEvent): void {
    switch (event.kind) {
      case 'request-arrived':
        pending.add(event.request, event.atMs);
        break;
      case 'request-ended':
        release(event.request, event.atMs);
        break;
      case 'instance-ready':
        becomeReady(event.instance, event.atMs);
        break;
      case 'start-failed':
        failStart(event.instance, event.atMs);
        break;
      case 'instance-ended':
        endInstance(event.instance);
        break;
      case 'target-changed':
        target = event.target;
        restartAtMs = Number.NEGATIVE_INFINITY;
        break;
      case 'health-check':
        if (live() < ceiling()) start(event.atMs, 'DEPLOYMENT_ROLLOUT');
        break;
      case 'retired':
        retired = true;
        break;
      case 'time-passed':
    }
  }

  return {
    apply(event) {
      decisions = [];
      take(event);
      stopSurplus();
      assignPending();
      // A failed start must not cause the next one by itself, or a broken image would be restarted without end.
      if (event.kind !== 'start-failed') startForDemand(event.atMs);
      startToFloor(event.atMs);
      refuseUnservable(event.atMs);
      stopIdle(event.atMs);
      return decisions;
    },
    nextWakeUpMs() {
      const due: number[] = [];
      const running = live();
      if (running > floor()) {
        for (const instance of instances.values()) {
          if (instance.state === 'ready' && instance.requests.size === 0) {
            due.push(instance.idleSinceMs + limits.idleTimeoutMs);
          }
        }
      }
      if (running < floor()) due.push(restartAtMs);
      const oldestMs = pending.oldestAtMs();
      if (oldestMs !== undefined && count('starting') === 0) due.push(oldestMs + limitMs());
      return due.length === 0 ? undefined : Math.min(...due);
    },
    liveInstances: live,
  };
}
