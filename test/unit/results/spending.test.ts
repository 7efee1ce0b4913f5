import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunMetadata } from '../../../src/domain/run.ts';
import { pricesOf } from '../../../src/plan/prices.ts';
import { mergeShards } from '../../../src/results/merge.ts';
import { examplePlan } from '../../helpers/example-plan.ts';
import { exampleMetadata, exampleTags } from '../../helpers/example-run.ts';
import { PRICE_TABLE } from '../../helpers/price-table.ts';

const plan = examplePlan();
const { commit: _, ...uncommitted } = plan;

function merged(parts: readonly Partial<RunMetadata>[]): RunMetadata {
  const metadata = (changes: Partial<RunMetadata>) =>
    exampleMetadata({ runId: plan.runId, suite: plan.suite, platform: plan.platform, ...changes });
  return mergeShards({
    plan: uncommitted,
    parts: parts.map((changes, index) => ({ id: `0${index + 1}`, run: { metadata: metadata(changes), results: [] } })),
    otherwise: metadata({}),
    contractVersionOf: () => '1.0.0',
    tagsOf: ({ implementation }) => exampleTags({ implementation }),
  }).metadata;
}

const service = (name: string) => ({ kind: 'service', name }) as const;
const prices = pricesOf('us-central1', PRICE_TABLE);

test('what the jobs of a run made, and were estimated at, adds up', () => {
  const found = merged([
    {
      resources: { created: [service('a')], removed: [service('a')], left: [] },
      cost: { prices, estimatedDollars: 0.1, monthlyRequests: 5 },
    },
    {
      resources: { created: [service('b')], removed: [], left: [{ ...service('b'), reason: 'stuck' }] },
      cost: { prices, estimatedDollars: 0.2, monthlyRequests: 5 },
    },
  ]);
  assert.deepEqual(found.resources, {
    created: [service('a'), service('b')],
    removed: [service('a')],
    left: [{ ...service('b'), reason: 'stuck' }],
  });
  assert.ok(Math.abs((found.cost?.estimatedDollars ?? 0) - 0.3) < 1e-12);
  assert.equal(found.cost?.monthlyRequests, 5);
});

test('runs of a time without such records stay without', () => {
  const found = merged([{}, {}]);
  assert.deepEqual([found.resources, found.cost], [undefined, undefined]);
});
