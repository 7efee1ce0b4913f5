import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assembleAll } from '../../../src/compare/assemble.ts';
import { compareSideBySide, testSideBySide } from '../../../src/compare/side-by-side.ts';
import { testStored } from '../../../src/compare/stored.ts';
import type { ImplementationResult } from '../../../src/domain/run.ts';
import { seededRandom } from '../../../src/stats/random.ts';
import { resultOf, roundsOf } from '../../helpers/measured-results.ts';

function measured(name: string, factor: number, seed: number, sigma = 0.05): ImplementationResult {
  const random = seededRandom(seed);
  const noise = () => Math.exp(sigma * random.normal());
  const samples = roundsOf(2, 8, (side) => ({
    coldMs: 800 * (side === 'head' ? factor : 1) * noise(),
    p50Ms: 20 * noise(),
    rps: 400 * noise(),
  }));
  return resultOf(name, samples);
}

const first = [measured('a', 1.3, 1), measured('b', 1, 2)];
const second = [measured('c', 1, 3)];
const gates = (outcome: ReturnType<typeof compareSideBySide> | undefined) =>
  (outcome?.implementations ?? []).flatMap(({ metrics }) => metrics.filter(({ gate }) => gate));

test('all gate tests of a run are one family: the smallest p is counted as often as there are tests in all groups', () => {
  const outcomes = assembleAll([testSideBySide(first, {}), testSideBySide(second, {})], {});
  const all = outcomes.flatMap(gates);
  assert.equal(all.length, 9);
  const smallest = all.toSorted((x, y) => (x.p ?? 1) - (y.p ?? 1))[0];
  assert.equal(smallest?.adjustedP, Math.min(1, 9 * (smallest?.p ?? 1)));
  const alone = gates(compareSideBySide(first)).toSorted((x, y) => (x.p ?? 1) - (y.p ?? 1))[0];
  assert.equal(alone?.p, smallest?.p);
  assert.equal(alone?.adjustedP, Math.min(1, 6 * (alone?.p ?? 1)));
  // More tests, a smaller level for each: less can be seen.
  const noisy = [measured('d', 1, 4, 0.3)];
  const [, among] = assembleAll([testSideBySide(first, {}), testSideBySide(noisy, {})], {});
  const [here, there] = [gates(among)[0]?.detectable, gates(compareSideBySide(noisy))[0]?.detectable];
  assert.ok((here ?? 0) > (there ?? 1), `${here} ${there}`);
});

test('groups keep their order, mode and implementations; a group without tests has no verdict', () => {
  const carried: ImplementationResult = { ...resultOf('kept', []), state: 'carried', reason: 'unchanged' };
  const outcomes = assembleAll(
    [testSideBySide(second, {}), testStored([carried], [], {}), testSideBySide(first, {})],
    {},
  );
  assert.deepEqual(
    outcomes.map(({ mode, implementations }) => [mode, implementations.map(({ implementation }) => implementation)]),
    [
      ['side-by-side', ['c']],
      ['stored', ['kept']],
      ['side-by-side', ['a', 'b']],
    ],
  );
  assert.equal(outcomes[1]?.verdict, 'none');
  assert.deepEqual(outcomes[1]?.implementations, [
    { implementation: 'kept', state: 'carried', reason: 'unchanged', metrics: [] },
  ]);
});

test('a base that is there and was not measured leaves the question open; none at all is new', () => {
  const alone = (name: string) =>
    resultOf(
      name,
      roundsOf(2, 8, () => ({ coldMs: 800, p50Ms: 20, rps: 400 }), ['head']),
    );
  const group = testSideBySide([...first, alone('lost'), alone('fresh')], {}, new Map([['lost', 'its base is gone']]));
  const [outcome] = assembleAll([group], {});
  const judged = outcome?.implementations.slice(2).map(({ verdict, state, reason }) => [verdict, state, reason]);
  assert.deepEqual(judged, [
    ['inconclusive', undefined, 'its base is gone'],
    [undefined, 'new', 'there is no such implementation in the baseline'],
  ]);
});
