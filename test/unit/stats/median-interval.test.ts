import assert from 'node:assert/strict';
import { test } from 'node:test';
import { medianInterval } from '../../../src/stats/median-interval.ts';

test("a median's interval comes from order statistics", () => {
  const values = Array.from({ length: 20 }, (_, index) => index + 1);
  assert.deepEqual(medianInterval(values, 0.95), { low: 5, high: 16 });
  assert.deepEqual(medianInterval([3, 1, 2], 0.95), { low: 1, high: 3 });
});

test('no value, no interval', () => {
  assert.equal(medianInterval([], 0.95), undefined);
});
