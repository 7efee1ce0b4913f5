import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoadSettings, MeasureSettings, Plan } from '../../../src/domain/plan.ts';
import { describePlan, loadText } from '../../../src/plan/describe.ts';
import { estimatePlan } from '../../../src/plan/estimate.ts';
import { pricesOf } from '../../../src/plan/prices.ts';
import { measureSettings } from '../../../src/plan/settings.ts';
import { instancesOfJob } from '../../../src/plan/strata.ts';
import { EXAMPLE_PROFILE } from '../../helpers/example-run.ts';
import { PRICE_TABLE } from '../../helpers/price-table.ts';

const PRICES = pricesOf('us-central1', PRICE_TABLE);
const LOAD: LoadSettings = { from: 'job', tasks: 4, cpu: '2', memory: '1Gi' };

function plan(settings: Partial<MeasureSettings>): Plan {
  const service = { name: 's', sampleTags: ['c01'], checkTag: 'check' };
  const implementation = { name: 'i', serviceType: 'discord-webhook', path: 'i', dockerfile: 'Dockerfile' };
  const basic = { ...measureSettings('quick', 'cloudrun', {}), samplesPerRound: 4, rounds: 2, ...settings };
  return {
    runId: 'run-1',
    seed: 1,
    suite: 'quick',
    platform: 'cloudrun',
    settings: basic,
    implementations: [
      {
        implementation,
        profile: EXAMPLE_PROFILE,
        labels: {},
        services: [
          { ...service, side: 'head' },
          { ...service, side: 'base' },
        ],
      },
    ],
  } as unknown as Plan;
}

const loadDollars = (settings: Partial<MeasureSettings>) => {
  const { load, ...without } = settings;
  return estimatePlan(plan(settings), PRICES).dollars - estimatePlan(plan(without), PRICES).dollars;
};
const near = (found: number, wanted: number) =>
  assert.ok(Math.abs(found - wanted) < 1e-9, `${found}, wanted ${wanted}`);

test('each task of each round is paid for a minute at least, at the prices of instances', () => {
  const perSecond = 2 * 0.000018 + 0.000002;
  // Each of two rounds may lose something, which is another execution.
  const short = { warmupRequests: 20, requests: 100, connections: 4 };
  near(loadDollars({ load: LOAD, warm: short }), 4 * 4 * 60 * perSecond);
  near(loadDollars({ load: { ...LOAD, tasks: 1 }, warm: short }), 4 * 60 * perSecond);
  // 8 blocks of (20 + 12000) / 4 requests of 100 ms, with their meetings, and the start.
  const warm = { warmupRequests: 20, requests: 12_000, connections: 4 };
  near(loadDollars({ load: LOAD, warm }), 4 * 4 * (10 + 8 * (300.5 + 2.5)) * perSecond);
  near(loadDollars({ load: { ...LOAD, from: 'runner' } }), 0);
});

test('a dry run tells where the load comes from', () => {
  assert.match(
    describePlan(plan({ load: LOAD }), PRICES),
    /over 4 connections, from 4 tasks of a job with 2 vCPU and 1Gi$/m,
  );
  assert.match(describePlan(plan({}), PRICES), /over 4 connections, from this machine$/m);
  const one = plan({ load: { ...LOAD, tasks: 1 } });
  assert.equal(loadText(one), 'from 1 task of a job with 2 vCPU and 1Gi');
  assert.equal(loadText({ ...one, platform: 'local' }), 'from 1 task of a job');
});

test('load from the runner is nothing that has to be said', () => {
  assert.equal(measureSettings('quick', 'local', { load: { ...LOAD, from: 'runner' } }).load, undefined);
  assert.deepEqual(measureSettings('quick', 'local', { load: LOAD }).load, LOAD);
});

test('tasks of a load job have a part of the quota', () => {
  const profiles = [{ cpu: '1', memory: '512Mi' }];
  const load = { from: 'job', tasks: 4, cpu: '2', memory: '1Gi' } as const;
  assert.equal(instancesOfJob(profiles, {}), 20);
  assert.equal(instancesOfJob(profiles, {}, load), 12);
  assert.equal(instancesOfJob(profiles, { parallelJobs: 2 }, { ...load, tasks: 1 }), 8);
  assert.equal(instancesOfJob(profiles, {}, { ...load, from: 'runner' }), 20);
  // Memory: 4 tasks of 8 GiB leave 8 of 40 GiB, a GiB each.
  assert.equal(instancesOfJob([{ cpu: '1', memory: '1Gi' }], {}, { ...load, cpu: '1', memory: '8Gi' }), 8);
  assert.equal(instancesOfJob(profiles, { instancesAtOnce: 6 }, load), 6);
  assert.equal(instancesOfJob(profiles, { parallelJobs: 5 }, load), 1);
});
