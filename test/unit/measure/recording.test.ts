import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClosedLoad } from '../../../src/measure/closed-load.ts';
import { mergeRecordings, recordLoad } from '../../../src/measure/recording.ts';
import { describeRecording } from '../../../src/measure/warm-block.ts';
import { seededRandom } from '../../../src/stats/random.ts';

const WHEN = { fromMs: 1_000_000, timedFromMs: 1_000_500 };

function loadOf(latenciesMs: readonly number[], errors: ClosedLoad['errors'] = {}): ClosedLoad {
  const failed = Object.values(errors).reduce((sum, count) => sum + count, 0);
  return {
    sent: latenciesMs.length + failed,
    durationMs: 4_000,
    latenciesMs: Float64Array.from(latenciesMs),
    errors,
    waitedUs: latenciesMs.reduce((sum, latencyMs) => sum + Math.round(latencyMs * 1000), 0),
  };
}

/** From microseconds to a minute, as slow and fast services give them. */
function latencies(count: number, seed: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => 10 ** (random.uniform() * 8 - 3));
}

for (const tasks of [1, 2, 4, 16]) {
  test(`parts of ${tasks} tasks merge to what one process would have recorded`, () => {
    const all = latencies(3_000 + tasks, 7 * tasks);
    const one = recordLoad(loadOf(all, { timeout: 32, 'status 500': 16 }), {
      connections: 32,
      warmupRequests: 64,
      ...WHEN,
    });
    const parts = Array.from({ length: tasks }, (_, task) =>
      recordLoad(
        loadOf(
          all.filter((_, index) => index % tasks === task),
          { timeout: 32 / tasks, 'status 500': 16 / tasks },
        ),
        { connections: 32 / tasks, warmupRequests: 64 / tasks, ...WHEN },
      ),
    );
    const merged = mergeRecordings(parts.toReversed());
    assert.deepEqual(merged, one);
    assert.equal(JSON.stringify(merged), JSON.stringify(one));
    assert.deepEqual(describeRecording(merged), describeRecording(one));
  });
}

test('a part that recorded nothing right changes no extreme', () => {
  const when = { connections: 1, warmupRequests: 1, ...WHEN };
  const merged = mergeRecordings([recordLoad(loadOf([3, 5]), when), recordLoad(loadOf([], { reset: 2 }), when)]);
  assert.deepEqual([merged.leastUs, merged.mostUs, merged.sent], [3000, 5000, 4]);
  assert.deepEqual(merged.errors, { reset: 2 });
});

test('the whole lasts from the first beginning to the last end, and tells that a part ended early', () => {
  const part = recordLoad(loadOf([3]), { connections: 1, warmupRequests: 1, ...WHEN });
  const late = { ...part, fromMs: 999_000, timedFromMs: 1_000_900, toMs: 1_009_000, endedEarly: 'died' };
  const merged = mergeRecordings([part, late]);
  assert.deepEqual([merged.fromMs, merged.timedFromMs, merged.toMs], [999_000, 1_000_500, 1_009_000]);
  assert.equal(merged.endedEarly, 'died');
  assert.equal(describeRecording(merged).durationMs, 8_500);
});

test('mean and deviation are exact where sums of doubles are not', () => {
  const block = describeRecording(
    recordLoad(loadOf([3_000_000.001, 3_000_000.002, 3_000_000.003]), {
      connections: 1,
      warmupRequests: 1,
      ...WHEN,
    }),
  );
  assert.equal(block.meanMs, 3_000_000.002);
  assert.ok(Math.abs(block.stddevMs - 0.001) < 1e-12, String(block.stddevMs));
});

test('percentiles stay inside what was recorded', () => {
  const block = describeRecording(recordLoad(loadOf([100.001]), { connections: 1, warmupRequests: 1, ...WHEN }));
  assert.deepEqual([block.p50Ms, block.p99Ms, block.maxMs, block.stddevMs], [100.001, 100.001, 100.001, 0]);
});

test('nothing cannot be merged, and damage is no recording', () => {
  const part = recordLoad(loadOf([3]), { connections: 1, warmupRequests: 1, ...WHEN });
  assert.throws(() => mergeRecordings([]), RangeError);
  assert.throws(() => mergeRecordings([part, { ...part, histogram: 'HISTFAAAAA' }]));
});
