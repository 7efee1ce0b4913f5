import { randomBytes } from 'node:crypto';
import type { InstanceEvent, StartReason } from '../domain/deployment.ts';
import { createAutoscaler } from './autoscaler.ts';
import { type Decision, REJECTION, type ScalingEvent, type ScalingTarget, type StopCause } from './autoscaler-model.ts';
import { preciseNowMs } from './instance-log.ts';
import { livenessLine, watchLiveness } from './liveness-probe.ts';
import type { EmulatorSettings, Instance, InstanceEnd, InstanceLog, InstanceRuntime, RevisionSpec } from './model.ts';
import type { Upstream } from './proxy-model.ts';
import { createH2cUpstream } from './proxy-upstream-h2c.ts';
import { createHttp1Upstream } from './proxy-upstream-http1.ts';
import { sigtermLine } from './sigterm-marker.ts';
import { type StartupOutcome, watchStartup } from './startup-probe.ts';

/** An instance that requests can be sent to. */
export interface LiveInstance {
  readonly id: string;
  readonly port: number;
  readonly upstream: Upstream;
}

/** A request that waits for its instance; exactly one of the two is called first, `reject` possibly after `assign`. */
export interface AdmittedRequest {
  /** Unique in this process. */
  readonly number: number;
  assign(instance: LiveInstance): void;
  reject(status: number, text: string): void;
}

/** One revision at work: carries out what its autoscaler decides. */
export interface RevisionRunner {
  readonly spec: RevisionSpec;
  admit(request: AdmittedRequest): void;
  /** Gives the request's slot back, or takes it out of the queue. */
  release(request: number): void;
  /** Resolves when the instances that had to stop for it have gone. */
  retarget(target: ScalingTarget): Promise<void>;
  checkHealth(): Promise<StartupOutcome>;
  /** Stops everything; nothing starts afterwards. */
  retire(): Promise<void>;
}

/** One instance from the decision to start it until nothing of it is left. */
interface Entry {
  readonly id: string;
  readonly number: number;
  readonly outcome: PromiseWithResolvers<StartupOutcome>;
  readonly gone: PromiseWithResolvers<void>;
  instance?: Instance;
  live?: LiveInstance;
  cancelProbe?: () => void;
  failed?: boolean;
  /** Its liveness probe has failed: it is being taken down, and the log says so already. */
  unhealthy?: boolean;
  stopping?: { readonly why: StopCause; readonly atMs: number };
}

export function createRevisionRunner(
  spec: RevisionSpec,
  target: ScalingTarget,
  settings: EmulatorSettings,
  runtime: InstanceRuntime,
  log: InstanceLog,
): RevisionRunner {
  const faults = () => settings.faultsOf?.(spec.name) ?? {};
  const autoscaler = createAutoscaler({
    concurrency: spec.concurrency,
    minInstances: spec.minInstances,
    maxInstances: spec.maxInstances,
    // Getters: a fault may be given to a revision that is deployed already.
    get idleTimeoutMs() {
      return faults().idleTimeoutMs ?? settings.idleTimeoutMs;
    },
    get startsTwo() {
      return faults().startsTwo === true;
    },
  });
  const entries = new Map<number, Entry>();
  const requests = new Map<number, AdmittedRequest>();
  let timer: NodeJS.Timeout | undefined;
  let timerDueMs = Number.POSITIVE_INFINITY;

  function record(
    entry: Entry,
    kind: InstanceEvent['kind'],
    more: Partial<Pick<InstanceEvent, 'reason' | 'detail' | 'atMs'>> = {},
  ): void {
    log.append({
      kind,
      atMs: preciseNowMs(),
      service: spec.service,
      revision: spec.name,
      instanceId: entry.id,
      ...more,
    });
  }

  function apply(event: ScalingEvent): void {
    for (const decision of autoscaler.apply(event)) carryOut(decision);
    armTimer();
  }

  function carryOut(decision: Decision): void {
    switch (decision.kind) {
      case 'start':
        start(decision.instance, decision.reason);
        break;
      case 'stop':
        stop(decision.instance, decision.why);
        break;
      case 'assign': {
        const live = entries.get(decision.instance)?.live;
        if (live !== undefined) requests.get(decision.request)?.assign(live);
        break;
      }
      case 'reject':
        requests.get(decision.request)?.reject(decision.status, decision.text);
    }
  }

  /** Wakes up at the earliest due time. A timer that is early merely finds nothing to do, so it is rarely replaced. */
  function armTimer(): void {
    const nextMs = autoscaler.nextWakeUpMs();
    if (nextMs === undefined || nextMs >= timerDueMs) return;
    clearTimeout(timer);
    timerDueMs = nextMs;
    timer = setTimeout(
      () => {
        timerDueMs = Number.POSITIVE_INFINITY;
        apply({ kind: 'time-passed', atMs: preciseNowMs() });
      },
      Math.min(Math.max(1, nextMs - preciseNowMs()), 2 ** 31 - 1),
    );
  }

  function start(number: number, reason: StartReason): void {
    const entry: Entry = {
      id: newInstanceId(),
      number,
      outcome: Promise.withResolvers(),
      gone: Promise.withResolvers(),
    };
    entries.set(number, entry);
    // Recorded when the process exists, not when it was decided on: the time from here to the open port is the
    // service's own, and what the platform needs to start a process counts as scheduling.
    runtime.start(spec, entry.id).then(
      (instance) => {
        record(entry, 'start', { reason });
        watch(entry, instance);
      },
      (error) => {
        record(entry, 'start', { reason });
        failStart(entry, error instanceof Error ? error.message : String(error));
        remove(entry);
      },
    );
  }

  function watch(entry: Entry, instance: Instance): void {
    entry.instance = instance;
    void instance.ended.then((end) => onEnded(entry, instance, end));
    if (entry.stopping !== undefined) {
      void instance.stop();
      return;
    }
    entry.cancelProbe = watchStartup(instance.port, spec.startupProbe, settings.startupTimeoutMs, (outcome) => {
      if (!outcome.ready) {
        failStart(entry, withOutput(outcome.reason, instance));
        void instance.stop();
        return;
      }
      const upstream = spec.portName === 'h2c' ? createH2cUpstream(instance.port) : createHttp1Upstream(instance.port);
      entry.live = { id: entry.id, port: instance.port, upstream };
      record(entry, 'ready');
      const { endsAfterMs } = faults();
      if (endsAfterMs !== undefined) setTimeout(() => void instance.stop(), endsAfterMs).unref();
      apply({ kind: 'instance-ready', atMs: preciseNowMs(), instance: entry.number });
      entry.outcome.resolve({ ready: true });
      watchLife(entry, instance);
    });
  }

  /** What fails its liveness probe is taken down whatever it is doing: its requests end with 503, the next starts another. */
  function watchLife(entry: Entry, instance: Instance): void {
    if (spec.livenessProbe === undefined || entry.stopping !== undefined) return;
    entry.cancelProbe = watchLiveness(instance.port, spec.livenessProbe, (failures) => {
      entry.unhealthy = true;
      record(entry, 'stop', { detail: livenessLine(spec, failures) });
      apply({ kind: 'instance-ended', atMs: preciseNowMs(), instance: entry.number });
      void instance.stop();
    });
  }

  function failStart(entry: Entry, reason: string): void {
    entry.failed = true;
    record(entry, 'start-failed', { detail: reason });
    entry.outcome.resolve({ ready: false, reason });
    apply({ kind: 'start-failed', atMs: preciseNowMs(), instance: entry.number });
  }

  function stop(number: number, why: StopCause): void {
    const entry = entries.get(number);
    if (entry === undefined || entry.stopping !== undefined) return;
    entry.stopping = { why, atMs: preciseNowMs() };
    entry.cancelProbe?.();
    entry.outcome.resolve({ ready: false, reason: `stopped before it was ready (${why})` });
    void entry.instance?.stop();
  }

  function onEnded(entry: Entry, instance: Instance, end: InstanceEnd): void {
    entry.cancelProbe?.();
    if (entry.unhealthy !== true) recordEnd(entry, instance, end);
    apply({ kind: 'instance-ended', atMs: preciseNowMs(), instance: entry.number });
    remove(entry);
  }

  function recordEnd(entry: Entry, instance: Instance, end: InstanceEnd): void {
    const how = end.signal === undefined ? `code ${end.exitCode ?? 'unknown'}` : `signal ${end.signal}`;
    if (entry.stopping !== undefined) {
      const { atMs } = entry.stopping;
      const told = sigtermLine(instance.outputTail());
      if (told !== undefined) record(entry, 'sigterm', { atMs, detail: told });
      const tookMs = (preciseNowMs() - atMs).toFixed(1);
      record(entry, 'stop', { detail: `${entry.stopping.why}: gone ${tookMs} ms after SIGTERM, ${how}` });
    } else if (entry.live !== undefined) {
      record(entry, 'stop', { detail: withOutput(`exited with ${how}`, instance) });
    } else if (!entry.failed) {
      failStart(entry, withOutput(`exited with ${how} before it listened on port ${instance.port}`, instance));
    }
  }

  function remove(entry: Entry): void {
    entries.delete(entry.number);
    entry.gone.resolve();
  }

  const goneOf = (chosen: readonly Entry[]) => Promise.all(chosen.map((entry) => entry.gone.promise)).then(() => {});

  // Starts what is to be kept from the first moment on.
  apply({ kind: 'target-changed', atMs: preciseNowMs(), target });

  return {
    spec,
    admit(request) {
      const { abortsAtZero } = faults();
      if (abortsAtZero !== undefined && autoscaler.liveInstances() === 0) {
        request.reject(abortsAtZero, REJECTION.noInstance);
        return;
      }
      requests.set(request.number, request);
      apply({ kind: 'request-arrived', atMs: preciseNowMs(), request: request.number });
    },
    release(request) {
      requests.delete(request);
      apply({ kind: 'request-ended', atMs: preciseNowMs(), request });
    },
    async retarget(target) {
      apply({ kind: 'target-changed', atMs: preciseNowMs(), target });
      await goneOf([...entries.values()].filter((entry) => entry.stopping?.why === 'manual scaling'));
    },
    async checkHealth() {
      apply({ kind: 'health-check', atMs: preciseNowMs() });
      // Without a new one the limit is reached and one that runs answers for it, or scaling is 0 and nothing is checked.
      const checked = [...entries.values()].findLast((entry) => entry.stopping === undefined && !entry.failed);
      return (await checked?.outcome.promise) ?? { ready: true };
    },
    async retire() {
      apply({ kind: 'retired', atMs: preciseNowMs() });
      await goneOf([...entries.values()]);
      clearTimeout(timer);
      timerDueMs = Number.NEGATIVE_INFINITY;
    },
  };
}

/** 100 hex digits, as Cloud Run's. */
function newInstanceId(): string {
  return randomBytes(50).toString('hex');
}

function withOutput(reason: string, instance: Instance): string {
  const tail = instance.outputTail().trim();
  return tail === '' ? `${reason}, without any output` : `${reason}; its last output: ${tail}`;
}
