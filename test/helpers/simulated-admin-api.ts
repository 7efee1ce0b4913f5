import type { CloudRunClients } from '../../src/adapters/platforms/cloud-run/clients.ts';
import { StatusError } from '../../src/adapters/platforms/cloud-run/status-code.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { type SeededRandom, seededRandom } from '../../src/stats/random.ts';

export interface SimulatedAdminApi {
  readonly clients: CloudRunClients;
  /** When each write reached the server, in order. */
  readonly arrivalsMs: readonly number[];
  /** Answers 429. */
  readonly refused: () => number;
}

/** Assumptions of the simulation, in milliseconds. */
export const LATENCY_MS = { from: 40, to: 900 } as const;
export const DEPLOY_MS = { from: 3_000, to: 15_000 } as const;

interface Stored {
  readonly request: { readonly labels?: object; readonly annotations?: object };
  traffic: readonly { readonly tag?: string }[];
  readyAtMs: number;
}

/** An Admin API on simulated time: every call takes its way, every change its while, and `quota` writes fit a minute. */
export function simulatedAdminApi(clock: Clock, seed: number, quota: number): SimulatedAdminApi {
  const random: SeededRandom = seededRandom(seed);
  const services = new Map<string, Stored>();
  const arrivalsMs: number[] = [];
  let refused = 0;
  const way = () => clock.sleep(random.integer(LATENCY_MS.from, LATENCY_MS.to));
  const shortName = (name = '') => name.replace(/^.*\//, '');

  async function write<T>(change: () => T): Promise<T> {
    await way();
    const nowMs = clock.monotonicMs();
    arrivalsMs.push(nowMs);
    const full = arrivalsMs.filter((atMs) => atMs > nowMs - 60_000).length > quota;
    if (full) refused += 1;
    const answer = full ? undefined : change();
    await way();
    if (answer === undefined) throw new StatusError(8, 'Quota exceeded');
    return answer;
  }
  function found(name: string): Stored {
    const service = services.get(shortName(name));
    if (service === undefined) throw new StatusError(5, `${name} does not exist`);
    return service;
  }
  const started = (name: string) => [{ latestResponse: { name, done: false } }];
  const busyUntil = () => clock.monotonicMs() + random.integer(DEPLOY_MS.from, DEPLOY_MS.to);

  const api = {
    createService: ({
      serviceId,
      service,
    }: {
      serviceId: string;
      service: Stored['request'] & Pick<Stored, 'traffic'>;
    }) =>
      write(() => {
        services.set(serviceId, { request: service, traffic: service.traffic, readyAtMs: busyUntil() });
        return started(serviceId);
      }),
    updateService: ({ service }: { service: { name: string } & Pick<Stored, 'traffic'> }) =>
      write(() => {
        const stored = found(service.name);
        stored.traffic = service.traffic;
        stored.readyAtMs = busyUntil();
        return started(shortName(service.name));
      }),
    deleteService: ({ name }: { name: string }) =>
      write(() => {
        services.delete(shortName(name));
        return started(shortName(name));
      }),
    async checkUpdateServiceProgress(name: string) {
      await way();
      const done = (services.get(name)?.readyAtMs ?? 0) <= clock.monotonicMs();
      return { latestResponse: { name, done } };
    },
    async getService({ name }: { name: string }) {
      await way();
      const { request, traffic } = found(name);
      const trafficStatuses = traffic.map(({ tag }) => ({ tag, uri: `https://${tag}---${shortName(name)}.example` }));
      return [{ ...request, traffic, trafficStatuses, uri: `https://${shortName(name)}.example` }];
    },
  };
  return { clients: { services: api } as unknown as CloudRunClients, arrivalsMs, refused: () => refused };
}

/** Most arrivals that any span of `spanMs` has seen. */
export function mostWithin(timesMs: readonly number[], spanMs: number): number {
  const sorted = [...timesMs].sort((a, b) => a - b);
  let first = 0;
  let most = 0;
  for (const [index, atMs] of sorted.entries()) {
    while ((sorted[first] ?? 0) <= atMs - spanMs) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}
