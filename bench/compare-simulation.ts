// What the verdicts are worth: whole pull requests over a simulated fleet, with the noise that Cloud Run was seen to
// have. Usage: node bench/compare-simulation.ts [unchanged pull requests, 300] [changed ones, 60]
import { compareSideBySide } from '../src/compare/side-by-side.ts';
import { simulatedFleet } from '../test/helpers/simulated-fleet.ts';

const SERVICES = 19;
/** Fresh instances a side in each of two rounds. */
const SIZES = [4, 5, 6, 10, 20];
const VERDICTS = ['regression', 'improvement', 'no change', 'inconclusive'] as const;

function simulate(ratio: number, perRound: number, pullRequests: number): string {
  const counts = { regression: 0, improvement: 0, 'no change': 0, inconclusive: 0 };
  const alarming = { regression: 0, improvement: 0 };
  let elapsedMs = 0;
  for (let seed = 0; seed < pullRequests; seed += 1) {
    const fleet = simulatedFleet({ services: SERVICES, ratio, seed, perRound });
    const startedAtMs = performance.now();
    const rows = compareSideBySide(fleet).implementations.flatMap(({ metrics }) => metrics.filter(({ gate }) => gate));
    elapsedMs += performance.now() - startedAtMs;
    for (const row of rows) counts[row.verdict] += 1;
    if (rows.some(({ verdict }) => verdict === 'regression')) alarming.regression += 1;
    if (rows.some(({ verdict }) => verdict === 'improvement')) alarming.improvement += 1;
  }
  const total = VERDICTS.reduce((sum, verdict) => sum + counts[verdict], 0);
  const percent = (count: number, of: number) => `${((100 * count) / of).toFixed(1)} %`;
  return [
    `x${ratio}`,
    `${perRound * 2}+${perRound * 2}`,
    ...VERDICTS.map((verdict) => percent(counts[verdict], total)),
    percent(alarming.regression, pullRequests),
    percent(alarming.improvement, pullRequests),
    `${(elapsedMs / pullRequests).toFixed(0)} ms`,
  ].join(' | ');
}

function main(): void {
  const [unchanged = 300, changed = 60] = process.argv.slice(2).map(Number);
  console.log(`${SERVICES} services x 3 gate metrics a pull request; every service changed alike`);
  console.log(
    `change | samples | ${VERDICTS.join(' | ')} | PRs with a regression | with an improvement | time of a comparison`,
  );
  for (const perRound of SIZES) console.log(simulate(1, perRound, unchanged));
  for (const ratio of [1.2, 1.5, 2]) for (const perRound of SIZES) console.log(simulate(ratio, perRound, changed));
}

main();
