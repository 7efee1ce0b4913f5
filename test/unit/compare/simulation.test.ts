import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareSideBySide } from '../../../src/compare/side-by-side.ts';
import { simulatedFleet } from '../../helpers/simulated-fleet.ts';

// Small seeded versions of the long simulation in bench/: the bounds leave room for their few repetitions.
function verdictShares(pullRequests: number, services: number, ratio: number, perRound = 10) {
  const counts = { regression: 0, improvement: 0, 'no change': 0, inconclusive: 0 };
  let falseAlarms = 0;
  let total = 0;
  for (let seed = 0; seed < pullRequests; seed += 1) {
    const { implementations, verdict } = compareSideBySide(simulatedFleet({ services, ratio, seed, perRound }));
    if (verdict === 'regression') falseAlarms += 1;
    for (const row of implementations.flatMap(({ metrics }) => metrics.filter(({ gate }) => gate))) {
      counts[row.verdict] += 1;
      total += 1;
    }
  }
  return { share: (verdict: keyof typeof counts) => counts[verdict] / total, alarming: falseAlarms / pullRequests };
}

test('unchanged fleets: hardly a pull request with a false regression', () => {
  const { alarming, share } = verdictShares(20, 8, 1);
  assert.ok(alarming <= 0.05, `${alarming}`);
  assert.ok(share('improvement') <= 0.01 && share('no change') >= 0.6, `${share('no change')}`);
});

test('+50 % is found nearly always', () => {
  const { share } = verdictShares(4, 8, 1.5);
  assert.ok(share('regression') >= 0.85, `${share('regression')}`);
  assert.equal(share('improvement'), 0);
  assert.equal(share('no change'), 0);
});

test('+20 % is called "no change" hardly ever', () => {
  const { share } = verdictShares(8, 8, 1.2);
  assert.ok(share('no change') <= 0.02, `${share('no change')}`);
  assert.ok(share('regression') >= 0.4, `${share('regression')}`);
});

test('eight instances a side are enough: +50 % is found among 19 implementations, and nothing where nothing is', () => {
  const unchanged = verdictShares(40, 19, 1, 4);
  assert.ok(unchanged.alarming <= 0.05, `${unchanged.alarming}`);
  assert.ok(unchanged.share('improvement') <= 0.01);
  const changed = verdictShares(4, 19, 1.5, 4);
  assert.ok(changed.share('regression') >= 0.85, `${changed.share('regression')}`);
  assert.equal(changed.share('no change'), 0);
});
