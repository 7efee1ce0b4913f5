import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  createWriteLimiter,
  writesBefore,
  writesPerMinute,
} from '../../../src/adapters/platforms/cloud-run/write-limiter.ts';
import { mostWithin } from '../../helpers/simulated-admin-api.ts';
import { simulateDeployment } from '../../helpers/simulated-deployment.ts';
import { virtualClock } from '../../helpers/virtual-clock.ts';

const write = fc.record({
  askedAtMs: fc.integer({ min: 0, max: 150_000 }),
  /** Way to the server. */
  wayMs: fc.integer({ min: 0, max: 1_000 }),
});

test('whoever asks when, and however long the way is: no minute at the server sees more, and nobody waits for nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 12 }), fc.array(write, { maxLength: 60 }), async (perMinute, writes) => {
      const clock = virtualClock();
      const limiter = createWriteLimiter(clock, perMinute);
      const arrivals = await clock.run(
        Promise.all(
          writes.map(async ({ askedAtMs, wayMs }) => {
            await clock.sleep(askedAtMs);
            await limiter.take();
            await clock.sleep(wayMs);
            return clock.monotonicMs();
          }),
        ),
      );
      assert.ok(mostWithin(arrivals, 60_000) <= perMinute, `${mostWithin(arrivals, 60_000)} of ${perMinute}`);
      const lastAskedMs = Math.max(0, ...writes.map(({ askedAtMs }) => askedAtMs));
      const minutes = Math.ceil(writes.length / perMinute);
      assert.ok(clock.monotonicMs() <= lastAskedMs + minutes * 61_000 + 1_000, 'writes wait longer than they must');
    }),
    { numRuns: 200 },
  );
});

test('an aborted wait ends at once and does not let others go early', async () => {
  const clock = virtualClock();
  const limiter = createWriteLimiter(clock, 1);
  const controller = new AbortController();
  const times = await clock.run(
    (async () => {
      await limiter.take();
      const aborted = limiter.take(controller.signal);
      controller.abort(new Error('enough'));
      await assert.rejects(aborted, /enough/);
      await limiter.take();
      return clock.monotonicMs();
    })(),
  );
  assert.ok(times >= 61_000);
});

test('jobs at the same time share the writes', () => {
  assert.deepEqual(
    [undefined, 0, 1, 3, 20, 256].map((jobs) => writesPerMinute(jobs)),
    [40, 40, 40, 13, 2, 1],
  );
});

test('20 implementations x 20 revisions x 2 sides: never more than 40 writes a minute reach the server', async () => {
  for (const jobs of [1, 5]) {
    const run = { implementations: 20, revisions: 20, sides: 2, jobs, quota: 60, seed: 7 };
    const { writes, revisions, mostInAMinute, refused, minutes } = await simulateDeployment(run);
    assert.equal(revisions, 800);
    assert.equal(writes, 840, 'one write per revision and one per removal');
    assert.ok(mostInAMinute <= 40, `${mostInAMinute} with ${jobs} jobs`);
    assert.equal(refused, 0);
    assert.ok(minutes < 22, `${minutes} minutes`);
  }
});

test('when others use up the quota, refused writes are tried again until all is deployed', async () => {
  for (let seed = 1; seed <= 5; seed += 1) {
    const run = { implementations: 4, revisions: 10, sides: 1, jobs: 1, quota: 15, seed };
    const { writes, revisions, refused } = await simulateDeployment(run);
    assert.equal(revisions, 40);
    assert.ok(refused > 0);
    assert.equal(writes, 44 + refused);
  }
});

test('the count of a minute finds what exceeds it', () => {
  assert.equal(mostWithin([], 60), 0);
  assert.equal(mostWithin([0, 59, 60, 61], 60), 3);
  assert.equal(mostWithin([100, 0, 1, 2, 61], 60), 3);
});

test('what the job before on the same place has written at its end counts, where there is one', async () => {
  assert.deepEqual(
    [undefined, 1, 2, 5, 20, 256].map((jobs) => writesBefore(jobs)),
    [0, 0, 2, 2, 1, 0],
  );
  const clock = virtualClock();
  const times = await clock.run(
    (async () => {
      const limiter = createWriteLimiter(clock, 4, writesBefore(5));
      await clock.sleep(20_000);
      const taken: number[] = [];
      for (let write = 0; write < 5; write += 1) {
        await limiter.take();
        taken.push(clock.monotonicMs());
      }
      return taken;
    })(),
  );
  assert.deepEqual(times, [20_000, 20_000, 61_000, 61_000, 81_000]);
});
