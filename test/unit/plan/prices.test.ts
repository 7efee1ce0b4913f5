import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { schemaValidator } from '../../../src/documents/schema-check.ts';
import { billedMs, dollarsPerSecond, memoryGib } from '../../../src/domain/cost.ts';
import { priceSentence, pricesOf } from '../../../src/plan/prices.ts';
import { EXAMPLE_PROFILE } from '../../helpers/example-run.ts';
import { PRICE_TABLE } from '../../helpers/price-table.ts';

const CONTRACTS = join(import.meta.dirname, '../../../contracts');
const json = (path: string) => JSON.parse(readFileSync(join(CONTRACTS, path), 'utf8'));

test('every shipped price table fits its schema and is named by its month', () => {
  const validate = schemaValidator(json('schemas/prices.schema.json'));
  const names = readdirSync(join(CONTRACTS, 'prices'));
  assert.ok(names.includes('2026-11.json'));
  for (const name of names) {
    const table = json(`prices/${name}`);
    assert.equal(validate(table), true, `${name}: ${JSON.stringify(validate.errors)}`);
    assert.equal(name, `${table.asOf}.json`);
    assert.equal(validate({ ...table, tiers: { 1: table.tiers[1] } }), false);
    assert.equal(validate({ ...table, source: '' }), false);
  }
});

test('tiers by region; an unknown region is the dearer one', () => {
  const [first, second] = ['us-central1', 'mars-north1'].map((region) => pricesOf(region, PRICE_TABLE));
  assert.deepEqual([first?.tier, second?.tier], [1, 2]);
  assert.deepEqual(first?.requestBased, { perVcpuSecond: 0.000024, perGibSecond: 0.0000025, perMillionRequests: 0.4 });
  assert.deepEqual(first?.instanceBased, { perVcpuSecond: 0.000018, perGibSecond: 0.000002, perMillionRequests: 0 });
  assert.deepEqual(second?.instanceBased, { perVcpuSecond: 0.0000216, perGibSecond: 0.0000024, perMillionRequests: 0 });
  // A table that knows none by instance: those by request, which are not lower.
  const { request_based } = PRICE_TABLE.tiers[2];
  const without = { ...PRICE_TABLE, tiers: { ...PRICE_TABLE.tiers, 2: { request_based } } };
  assert.deepEqual(pricesOf('mars-north1', without).instanceBased, {
    perVcpuSecond: 0.0000336,
    perGibSecond: 0.0000035,
    perMillionRequests: 0,
  });
});

test('the configuration overrides single prices, and the reports say so', () => {
  const prices = pricesOf('us-central1', PRICE_TABLE, { request_based: { million_requests: 0.3 } });
  assert.deepEqual(prices.requestBased, { perVcpuSecond: 0.000024, perGibSecond: 0.0000025, perMillionRequests: 0.3 });
  assert.match(priceSentence(prices), /changed by the configuration; free tier not deducted$/);
  assert.doesNotMatch(priceSentence(pricesOf('us-central1', PRICE_TABLE)), /changed/);
});

test('what is billed', () => {
  const cases: [number, number][] = [
    [0, 0],
    [-5, 0],
    [1, 100],
    [100, 100],
    [100.0000001, 100],
    [101, 200],
    [3050, 3100],
  ];
  for (const [span, billed] of cases) assert.equal(billedMs(span), billed, String(span));
  assert.deepEqual([memoryGib('512Mi'), memoryGib('2Gi')], [0.5, 2]);
  const prices = pricesOf('us-central1', PRICE_TABLE);
  assert.ok(Math.abs(dollarsPerSecond(EXAMPLE_PROFILE, prices) - (0.000024 + 0.5 * 0.0000025)) < 1e-12);
  const always = { ...EXAMPLE_PROFILE, cpuIdle: false };
  assert.ok(Math.abs(dollarsPerSecond(always, prices) - (0.000018 + 0.5 * 0.000002)) < 1e-12);
});
