import type { Deployment, InstanceEvent, StartReason } from '../../src/domain/deployment.ts';
import type { MeasureSettings } from '../../src/domain/plan.ts';
import type { MeasuredProtocol, SideDeployment } from '../../src/measure/target.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Logger } from '../../src/ports/logger.ts';
import type { InstanceLogQuery, Platform } from '../../src/ports/platform.ts';
import {
  type HttpConnection,
  type HttpExchange,
  type HttpOutcome,
  type HttpTransport,
  TransportError,
  type TransportFailure,
  type WireRequest,
} from '../../src/ports/transport.ts';

/** How one revision behaves; everything is right by default. */
export interface Behaviour {
  readonly startMs?: number;
  readonly latencyMs?: number;
  readonly startReason?: StartReason;
  /** An instance is there before the first request, started by the deploy. */
  readonly deployTimeInstance?: boolean;
  /** Answers come from this instance id, whatever else runs. */
  readonly instanceId?: string;
  /** Another request (a health check, a link preview) reaches the fresh instance before ours. */
  readonly strangerFirst?: boolean;
  readonly coldFailure?: TransportFailure;
  readonly coldStatus?: number;
  /** Outcome of warm request number n, counted from 0 with the warm-up; `undefined` is a right answer. */
  readonly warm?: (n: number) => number | TransportFailure | 'wrong' | undefined;
  /** A second instance starts at this warm request and answers from then on. */
  readonly changeAt?: number;
  readonly logDelayMs?: number;
  readonly logSilent?: boolean;
  /** Headers about the process; the age is that of a process which was started for the request, where it is not given. */
  readonly marker?: { readonly instance?: string; readonly uptimeMs?: number; readonly requests?: number };
  /** A second instance is started for the cold request, and the log shows that only so much later. */
  readonly lateTwinMs?: number;
}

const EPOCH_MS = 1_800_000_000_000;
const RIGHT = new TextEncoder().encode('right');
const WRONG = new TextEncoder().encode('wrong');

interface LogLine {
  readonly event: InstanceEvent;
  readonly visibleAtMs: number;
}

interface Due {
  readonly atMs: number;
  readonly run: () => void;
}

/** A platform, a transport and a clock over one simulated time: nothing waits, everything takes exactly what it says. */
export class FakeCloud {
  readonly behaviours: ReadonlyMap<string, Behaviour>;
  readonly progress: string[] = [];
  readonly served = new Map<string, number>();
  #nowMs = EPOCH_MS;
  #log: LogLine[] = [];
  #due: Due[] = [];
  #pumping = false;
  #instances = new Map<string, string>();
  #started = 0;

  constructor(behaviours: Readonly<Record<string, Behaviour>> = {}) {
    this.behaviours = new Map(Object.entries(behaviours));
  }

  readonly clock: Clock = {
    epochMs: () => this.#nowMs,
    monotonicMs: () => this.#nowMs - EPOCH_MS,
    sleep: async (durationMs, signal) => {
      signal?.throwIfAborted();
      this.#nowMs += durationMs;
    },
  };

  readonly logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
    progress: (message) => this.progress.push(message),
  };

  readonly platform: Platform = {
    name: 'local',
    deploy: () => Promise.reject(new Error('not part of measuring')),
    instanceLog: async ({ service, revision, sinceMs }: InstanceLogQuery) =>
      this.#log
        .filter(
          ({ event, visibleAtMs }) => visibleAtMs <= this.#nowMs && event.atMs >= sinceMs && event.service === service,
        )
        .map(({ event }) => event)
        .filter((event) => revision === undefined || event.revision === revision)
        .toSorted((a, b) => a.atMs - b.atMs),
    scaleToZero: () => Promise.reject(new Error('strata must not be mixed')),
    list: async () => [],
    remove: async () => undefined,
    close: async () => undefined,
  };

  readonly transport: HttpTransport = {
    exchange: (origin, request, { timeoutMs }) => this.#exchange(origin, request, timeoutMs),
    open: (origin, { timeoutMs }) => this.#open(origin, timeoutMs),
  };

  get ports() {
    const { clock, logger, platform, transport } = this;
    return { clock, logger, platform, transport };
  }

  /** A line of the log, `offsetMs` from now. */
  log(
    tag: string,
    kind: InstanceEvent['kind'],
    instanceId: string,
    more: Partial<InstanceEvent> = {},
    offsetMs = 0,
  ): void {
    const behaviour = this.#of(tag);
    if (behaviour.logSilent === true) return;
    const atMs = this.#nowMs + offsetMs;
    const [service, revision] = [tag.replace(/-.*/, ''), `rev-${tag}`];
    const event = { kind, atMs, service, revision, instanceId, ...more };
    this.#log.push({ event, visibleAtMs: atMs + (behaviour.logDelayMs ?? 0) });
  }

  #of(tag: string): Behaviour {
    return this.behaviours.get(tag) ?? {};
  }

  #start(tag: string): string {
    this.#started += 1;
    const id = this.#of(tag).instanceId ?? `instance-${this.#started}`;
    this.#instances.set(tag, id);
    return id;
  }

  async #exchange(origin: string, request: WireRequest, timeoutMs: number): Promise<HttpExchange> {
    const tag = tagOf(origin);
    const behaviour = this.#of(tag);
    const { startMs = 300, latencyMs = 2, startReason = 'AUTOSCALING' } = behaviour;
    if (behaviour.coldFailure !== undefined) {
      this.#nowMs += behaviour.coldFailure === 'timeout' ? timeoutMs : 1;
      this.log(tag, 'start-failed', 'instance-dead', { detail: 'listen EACCES\n\u001b[31mgave up' });
      throw new TransportError(behaviour.coldFailure, 'failed');
    }
    const trace = request.headers.find(([name]) => name === 'traceparent')?.[1].split('-')[1] ?? '';
    const sentAtMs = this.#nowMs;
    let waitMs = latencyMs;
    if (behaviour.deployTimeInstance === true) {
      const id = this.#start(tag);
      this.log(tag, 'start', id, { reason: 'DEPLOYMENT_ROLLOUT' }, -4000);
      this.log(tag, 'ready', id, {}, -3700);
    } else {
      const id = this.#start(tag);
      this.log(tag, 'start', id, { reason: startReason }, 5);
      this.log(tag, 'ready', id, {}, 5 + startMs);
      waitMs += 5 + startMs;
    }
    const id = this.#instances.get(tag) ?? '';
    if (behaviour.strangerFirst === true) this.log(tag, 'request', id, { trace: 'f'.repeat(32), status: 200 }, -1);
    this.log(tag, 'request', id, { trace, status: behaviour.coldStatus ?? 200 });
    if (behaviour.lateTwinMs !== undefined) {
      this.log(tag, 'start', `twin-${tag}`, { reason: 'AUTOSCALING' }, 6);
      const twin = this.#log.pop();
      if (twin !== undefined) this.#log.push({ ...twin, visibleAtMs: this.#nowMs + behaviour.lateTwinMs });
    }
    this.#nowMs += waitMs;
    const status = behaviour.coldStatus ?? 200;
    const headers = markerHeaders(behaviour, this.#started, waitMs);
    return { status, headers, body: RIGHT, sentAtMs, connectMs: 1, firstByteMs: waitMs, totalMs: waitMs };
  }

  #open(origin: string, timeoutMs: number): HttpConnection {
    const tag = tagOf(origin);
    const { latencyMs = 2, warm, changeAt } = this.#of(tag);
    return {
      send: (_request, done) => {
        const n = this.served.get(tag) ?? 0;
        this.served.set(tag, n + 1);
        if (n === changeAt) this.log(tag, 'start', this.#start(tag), { reason: 'AUTOSCALING' });
        this.log(tag, 'request', this.#instances.get(tag) ?? '', { status: 200 });
        const result = warm?.(n);
        const takesMs = result === 'timeout' ? timeoutMs : latencyMs;
        this.#after(takesMs, () => done(outcomeOf(result, takesMs)));
      },
      close: async () => undefined,
    };
  }

  #after(delayMs: number, run: () => void): void {
    this.#due.push({ atMs: this.#nowMs + delayMs, run });
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      for (;;) {
        this.#due.sort((a, b) => a.atMs - b.atMs);
        const next = this.#due.shift();
        if (next === undefined) break;
        this.#nowMs = Math.max(this.#nowMs, next.atMs);
        next.run();
      }
      this.#pumping = false;
    });
  }
}

function markerHeaders({ marker }: Behaviour, number: number, waitMs: number): HttpExchange['headers'] {
  if (marker === undefined) return [];
  const { instance = `process-number-${String(number).padStart(4, '0')}`, uptimeMs = waitMs - 5, requests } = marker;
  return [
    ['x-perf-instance', instance],
    ['x-perf-uptime-ms', String(uptimeMs)],
    ...(requests === undefined ? [] : [['x-perf-requests', String(requests)] as const]),
  ];
}

const tagOf = (origin: string) => origin.replace('http://', '');

function outcomeOf(result: ReturnType<NonNullable<Behaviour['warm']>>, latencyMs: number): HttpOutcome {
  if (typeof result === 'string' && result !== 'wrong') return { ok: false, failure: result, latencyMs };
  const status = typeof result === 'number' ? result : 200;
  return { ok: true, status, latencyMs, body: result === 'wrong' ? WRONG : RIGHT, contentType: 'text/plain' };
}

export const fakeProtocol: MeasuredProtocol = {
  coldRequest: () => ({ method: 'GET', path: '/health', headers: [['accept', '*/*']] }),
  warmCall: () => ({
    request: { method: 'POST', path: '/', headers: [] },
    isCorrect: ({ status, contentType, body }) =>
      status === 200 && contentType === 'text/plain' && Buffer.from(body).toString() === 'right',
  }),
};

export const fakeSettings: MeasureSettings = {
  samplesPerRound: 2,
  rounds: 2,
  warm: { warmupRequests: 4, requests: 20, connections: 2 },
  coldTimeoutMs: 10_000,
  requestTimeoutMs: 1_000,
  scaleToZeroTimeoutMs: 0,
};

/** A deployment with one revision per tag; tags start with the side's name. */
export function fakeDeployment(side: SideDeployment['side'], tags: readonly string[]): SideDeployment {
  const revisions = tags.map((tag) => ({ tag, revision: `rev-${tag}`, url: `http://${tag}` }));
  const deployment: Deployment = {
    service: side,
    image: 'image',
    url: `http://${side}`,
    revisions,
    deployedAtMs: EPOCH_MS - 1000,
    deployMs: 500,
  };
  return { side, deployment };
}
