import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReadPacer, readIntervalMs } from '../../../src/adapters/platforms/cloud-run/read-pacer.ts';
import { mostWithin } from '../../helpers/simulated-admin-api.ts';
import { virtualClock } from '../../helpers/virtual-clock.ts';

for (const jobs of [1, 5, 20]) {
  test(`half of ${jobs} jobs that poll as often as they can stay within the readings of a project, none is blind for long`, async () => {
    const clock = virtualClock();
    const readings: number[][] = [];
    const poll = async () => {
      const pacer = createReadPacer(clock, readIntervalMs(jobs));
      const own: number[] = [];
      readings.push(own);
      while (clock.monotonicMs() < 300_000) {
        await pacer.take();
        own.push(clock.monotonicMs());
      }
    };
    await clock.run(Promise.all(Array.from({ length: Math.max(1, Math.floor(jobs / 2)) }, poll)));
    const all = readings.flat().toSorted((a, b) => a - b);
    assert.ok(mostWithin(all, 60_000) <= 60, `${mostWithin(all, 60_000)} readings a minute`);
    const [first = []] = readings;
    const gaps = first.slice(1).map((time, index) => time - (first[index] ?? 0));
    assert.ok(first.length > 10 && gaps.every((gap) => gap === readIntervalMs(jobs)), gaps.join());
  });
}

test('who has not read for a while reads at once', async () => {
  const clock = virtualClock();
  const pacer = createReadPacer(clock, readIntervalMs());
  const waited = await clock.run(
    (async () => {
      await pacer.take();
      await clock.sleep(5_000);
      const from = clock.monotonicMs();
      await pacer.take();
      return clock.monotonicMs() - from;
    })(),
  );
  assert.equal(waited, 0);
});
