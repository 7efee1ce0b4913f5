// How many writes of a run reach the Admin API in a minute, and how long deploying takes under that limit. The adapter's
// own code deploys and removes everything on simulated time. Assumed: a call takes 40 to 900 ms each way, a revision 3 to
// 15 s, polls come every second, all implementations start at once. Usage: node bench/write-limiter-simulation.ts
import { simulateDeployment } from '../test/helpers/simulated-deployment.ts';

const QUOTA = 60;

async function main(): Promise<void> {
  console.log('implementations x revisions x sides | jobs | writes | most in a minute | refused | minutes');
  for (const jobs of [1, 4, 20]) {
    for (const [implementations, revisions, sides] of [
      [20, 20, 2],
      [20, 20, 1],
      [1, 21, 2],
    ] as const) {
      if (jobs > implementations) continue;
      const run = { implementations, revisions, sides, jobs, quota: QUOTA, seed: 1 };
      const { writes, mostInAMinute, refused, minutes } = await simulateDeployment(run);
      const size = `${implementations} x ${revisions} x ${sides}`;
      console.log([size, jobs, writes, mostInAMinute, refused, minutes.toFixed(1)].join(' | '));
    }
  }
}

await main();
