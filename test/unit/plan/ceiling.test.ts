import assert from 'node:assert/strict';
import { test } from 'node:test';
import { costCapReached } from '../../../src/commands/cost-cap.ts';
import type { CostBasis } from '../../../src/domain/cost.ts';
import type { DroppedSample, Measurement, Sample } from '../../../src/domain/measurement.ts';
import type { MeasureSettings, Plan, PlannedImplementation, Suite } from '../../../src/domain/plan.ts';
import type { Profile } from '../../../src/domain/profile.ts';
import type { Run } from '../../../src/domain/run.ts';
import { CEILINGS, mostDollars } from '../../../src/plan/ceiling.ts';
import { pricesOf } from '../../../src/plan/prices.ts';
import { measureSettings, tagCount } from '../../../src/plan/settings.ts';
import { runCost } from '../../../src/report/cost.ts';
import { EXAMPLE_PROFILE, exampleImplementation, exampleResults, exampleRun } from '../../helpers/example-run.ts';
import { PRICE_TABLE } from '../../helpers/price-table.ts';

const LOAD = { from: 'job', tasks: 4, cpu: '2', memory: '1Gi' } as const;

interface Case {
  readonly suite?: Suite;
  readonly profile?: Partial<Profile>;
  readonly settings?: Partial<MeasureSettings>;
  readonly implementations?: number;
}

function planOf({ suite = 'quick', profile = {}, settings = {}, implementations = 1 }: Case): Plan {
  const basic = { ...measureSettings(suite, 'cloudrun', {}), forcedZeroStarts: 4, ...settings };
  const sampleTags = Array.from({ length: tagCount(basic, 'cloudrun') }, (_, index) => `c${index}`);
  const planned = (_: unknown, index: number) =>
    ({
      implementation: { name: `i${index}`, serviceType: 'discord-webhook' },
      profile: { ...EXAMPLE_PROFILE, ...profile },
      services: (['head', 'base'] as const).map((side) => ({ side, name: side, sampleTags, checkTag: 'check' })),
    }) as unknown as PlannedImplementation;
  return {
    suite,
    platform: 'cloudrun',
    settings: basic,
    implementations: Array.from({ length: implementations }, planned),
  } as unknown as Plan;
}

/** What a run of the plan records when every instance starts and answers as said and every spare is needed. */
function runOf(
  plan: Plan,
  { coldMs, requestMs }: { readonly coldMs: number; readonly requestMs: number },
  cost: CostBasis,
): Run {
  const { warm, load, rounds, forcedZeroStarts = 0 } = plan.settings;
  const perRequestMs = requestMs / warm.connections;
  const chunks = Math.max(1, Math.ceil((warm.warmupMs ?? 0) / (warm.warmupRequests * perRequestMs)));
  const block = {
    connections: warm.connections,
    warmupRequests: chunks * warm.warmupRequests,
    requests: warm.requests,
    durationMs: warm.requests * perRequestMs,
    meanMs: requestMs,
  } as NonNullable<Sample['warm']>;
  const results = plan.implementations.map(({ implementation, profile, services }) => {
    const samples: Sample[] = [];
    const dropped: DroppedSample[] = [];
    let nowMs = 0;
    const kept = plan.settings.samplesPerRound * rounds;
    const take = (side: 'head' | 'base', order: number, isWarm: boolean) => {
      const sample = {
        side,
        round: order % rounds,
        startedAt: new Date(nowMs).toISOString(),
        cold: { totalMs: coldMs },
        ...(isWarm ? { warm: block } : {}),
      } as unknown as Sample;
      if (isWarm && order >= kept) dropped.push({ side, round: order % rounds, tag: 'x', reason: 'not cold' });
      else samples.push(sample);
      nowMs += coldMs + 1000 + (isWarm ? (block.warmupRequests + block.requests) * perRequestMs : 0);
    };
    for (const { side, sampleTags } of services) {
      for (let order = 0; order < sampleTags.length; order += 1) take(side, order, true);
      for (let order = 0; order < forcedZeroStarts; order += 1) take(side, order, false);
    }
    const measurement = {
      samples,
      dropped,
      startedAt: new Date(0).toISOString(),
      durationMs: nowMs,
      ...(load === undefined ? {} : { load }),
    } as unknown as Measurement;
    const one = exampleImplementation(implementation.name, {
      base: { coldMs: 1, warmMs: 1 },
      head: { coldMs: 1, warmMs: 1 },
    });
    return { ...one, tags: { ...one.tags, profile }, measurement };
  });
  return exampleRun([exampleResults(results)], { cost });
}

const spentOf = (run: Run) => {
  const { compute, requests } = runCost(run)?.dollars ?? assert.fail('no prices');
  return compute + requests;
};
const basisOf = (plan: Plan, region = 'us-central1', maxDollars?: number): CostBasis => {
  const prices = pricesOf(region, PRICE_TABLE);
  const { load } = plan.settings;
  return {
    prices,
    estimatedDollars: mostDollars(plan, prices),
    ...(load === undefined ? {} : { load }),
    ...(maxDollars === undefined ? {} : { maxDollars }),
  };
};

const CASES: Readonly<Record<string, Case>> = {
  'a quick suite': {},
  'a full suite': { suite: 'full', settings: { forcedZeroStarts: 4, scaleToZeroTimeoutMs: 960_000 } },
  'billing by instance': { profile: { cpuIdle: false } },
  'several implementations, large instances': { profile: { cpu: '4', memory: '8Gi' }, implementations: 3 },
  'load from a job': { settings: { load: LOAD } },
  'load from a job in small batches': { settings: { load: LOAD, instancesAtOnce: 5 } },
};

for (const [title, given] of Object.entries(CASES)) {
  for (const region of ['us-central1', 'australia-southeast1']) {
    test(`${title} in ${region}: what was spent is at most what was estimated`, () => {
      const plan = planOf(given);
      const { coldMs, warmRequestMs, fastestRequestMs } = CEILINGS.cloudrun;
      const basis = basisOf(plan, region);
      const paces = [
        { coldMs, requestMs: warmRequestMs },
        { coldMs, requestMs: fastestRequestMs },
        { coldMs: 1500, requestMs: 20 },
      ];
      const spent = paces.map((pace) => spentOf(runOf(plan, pace, basis)));
      for (const dollars of spent)
        assert.ok(dollars <= basis.estimatedDollars, `${dollars} of ${basis.estimatedDollars}`);
      // An upper figure that is far from every run would cap nothing.
      assert.ok(Math.max(...spent) > basis.estimatedDollars / 3, `${spent} of ${basis.estimatedDollars}`);
    });
  }
}

test('a service that is slower than the ceiling can cost more: the estimate is no promise without the cap', () => {
  const plan = planOf({});
  const basis = basisOf(plan);
  assert.ok(spentOf(runOf(plan, { coldMs: 60_000, requestMs: 100 }, basis)) > basis.estimatedDollars);
});

test('nothing more is measured once the next one might take the run above its cap', () => {
  const two = planOf({ implementations: 2 });
  const one = planOf({ implementations: 1 });
  const [, next] = two.implementations;
  assert.ok(next !== undefined);
  const { estimatedDollars } = basisOf(two);
  const after = (coldMs: number, basis: CostBasis) =>
    costCapReached(next, two, runOf(one, { coldMs, requestMs: 50 }, basis));
  assert.equal(after(10_000, basisOf(two, 'us-central1', estimatedDollars)), undefined);
  const reached = after(60_000, basisOf(two, 'us-central1', estimatedDollars));
  assert.equal(reached?.code, 'cost-cap-reached');
  assert.match(
    reached.message,
    /^about 0\.\d+ US dollars are spent and this one may cost 0\.\d+ US dollars, wanted at most 0\.\d+/,
  );
  assert.equal(after(60_000, basisOf(two)), undefined, 'without a cap');
  assert.equal(after(60_000, { ...basisOf(two, 'us-central1', 0), hypothetical: true }), undefined, 'on this machine');
  const begun = exampleRun([], { cost: basisOf(two, 'us-central1', estimatedDollars) });
  assert.equal(costCapReached(next, two, begun), undefined);
});
