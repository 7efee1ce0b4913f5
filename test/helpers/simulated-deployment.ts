import { deployService } from '../../src/adapters/platforms/cloud-run/deploy.ts';
import { removeService } from '../../src/adapters/platforms/cloud-run/remove.ts';
import type { Session } from '../../src/adapters/platforms/cloud-run/session.ts';
import { createWriteLimiter, writesPerMinute } from '../../src/adapters/platforms/cloud-run/write-limiter.ts';
import { DEFAULT_PROFILE } from '../../src/config/profiles.ts';
import type { Logger } from '../../src/ports/logger.ts';
import { seededRandom } from '../../src/stats/random.ts';
import { mostWithin, simulatedAdminApi } from './simulated-admin-api.ts';
import { virtualClock } from './virtual-clock.ts';

export interface SimulatedRun {
  readonly implementations: number;
  readonly revisions: number;
  readonly sides: number;
  /** Processes that deploy at the same time without seeing each other. */
  readonly jobs: number;
  /** Writes that the region allows in a minute. */
  readonly quota: number;
  readonly seed: number;
}

const silent = () => undefined;
const logger: Logger = { debug: silent, info: silent, warn: silent, error: silent, progress: silent };

/** Deploys and removes all services of a run with the adapter's own code, on simulated time. */
export async function simulateDeployment({ implementations, revisions, sides, jobs, quota, seed }: SimulatedRun) {
  const clock = virtualClock();
  const api = simulatedAdminApi(clock, seed, quota);
  const random = seededRandom(seed + 1);
  const sessions = Array.from({ length: jobs }, (): Session => {
    const limiter = createWriteLimiter(clock, writesPerMinute(jobs));
    return {
      place: { project: 'p', region: 'r' },
      clients: api.clients,
      clock,
      logger,
      pollMs: 1_000,
      retry: { attempts: 6, baseMs: 1_000, capMs: 30_000, random: () => random.uniform() },
      accessToken: async () => undefined,
      admitWrite: (signal) => limiter.take(signal),
    };
  });
  const tags = Array.from({ length: revisions }, (_, index) => `c${index + 1}`);
  const names = Array.from({ length: implementations * sides }, (_, index) => `svc-${index + 1}`);
  const deployments = names.map(async (name, index) => {
    const session = sessions[index % jobs] as Session;
    const spec = { name, image: 'i', profile: DEFAULT_PROFILE, env: {}, labels: {}, tags };
    const { revisions: made } = await deployService(session, spec);
    await removeService(session, name);
    return made.length;
  });
  const made = await clock.run(Promise.all(deployments));
  return {
    writes: api.arrivalsMs.length,
    revisions: made.reduce((sum, count) => sum + count, 0),
    /** At the server, in any minute. */
    mostInAMinute: mostWithin(api.arrivalsMs, 60_000),
    refused: api.refused(),
    minutes: clock.monotonicMs() / 60_000,
  };
}
