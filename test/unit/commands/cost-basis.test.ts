import assert from 'node:assert/strict';
import { test } from 'node:test';
import { costBasis } from '../../../src/commands/cost-basis.ts';
import { UsageError } from '../../../src/domain/errors.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import { estimatePlan } from '../../../src/plan/estimate.ts';
import { createPlan } from '../../../src/plan/plan.ts';
import { pricesOf } from '../../../src/plan/prices.ts';
import { EXAMPLE_PROFILE } from '../../helpers/example-run.ts';
import { PRICE_TABLE } from '../../helpers/price-table.ts';
import { testConfig } from '../../helpers/run-ports.ts';

const plan = (platform: Plan['platform']) =>
  createPlan({
    repositories: [
      {
        source: 'r',
        root: '/r',
        manifestPath: 'manifest.yaml',
        manifest: {
          serviceType: 'discord-webhook',
          contractVersion: '1.0.0',
          implementations: [
            {
              name: 'go-gin',
              serviceType: 'discord-webhook',
              path: 'go-gin',
              dockerfile: 'Dockerfile',
              buildArgs: {},
              supportedFeatures: [],
            },
          ],
        },
      },
    ],
    selection: { types: [], languages: [], frameworks: [], implementations: [] },
    suite: 'quick',
    profiles: [EXAMPLE_PROFILE],
    platform,
    region: 'us-central1',
    project: 'my-project',
    runId: 'run-1',
    owner: 'org/r',
    startedAtMs: 0,
    baselineAvailable: () => true,
  });
const ports = { priceTable: PRICE_TABLE };
const dollars = estimatePlan(plan('cloudrun'), pricesOf('us-central1', PRICE_TABLE)).dollars;

test('what is estimated above the cap is refused, with the estimate; what is at the cap is not', () => {
  const config = testConfig();
  const refused = (error: unknown) =>
    error instanceof UsageError &&
    error.code === 'cost-over-limit' &&
    error.message.includes(`estimated at ${dollars.toFixed(3)} US dollars, wanted at most 0.001`);
  assert.throws(() => costBasis(plan('cloudrun'), { maxCost: 0.001 }, config, ports), refused);
  assert.throws(() => costBasis(plan('cloudrun'), { maxCost: dollars * 0.999 }, config, ports), UsageError);
  const basis = costBasis(plan('cloudrun'), { maxCost: dollars }, config, ports);
  assert.deepEqual([basis.estimatedDollars, basis.maxDollars, basis.hypothetical], [dollars, dollars, undefined]);
});

test('a local plan costs nothing: no cap, and its prices are hypothetical', () => {
  const basis = costBasis(plan('local'), { maxCost: 0 }, { ...testConfig(), monthlyRequests: 7 }, ports);
  assert.deepEqual([basis.hypothetical, basis.monthlyRequests, basis.prices.region], [true, 7, 'us-central1']);
});

test('the prices are those of the configured region, as the configuration changes them', () => {
  const config = {
    ...testConfig(),
    gcp: { region: 'australia-southeast1' },
    prices: { request_based: { million_requests: 1 } },
  };
  const { prices } = costBasis(plan('cloudrun'), {}, config, ports);
  assert.deepEqual([prices.tier, prices.requestBased.perMillionRequests, prices.overridden], [2, 1, true]);
});
