import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LEAST_SAMPLES } from '../../../src/compare/options.ts';
import { idleJobId, idleShare } from '../../../src/plan/idle.ts';

for (const { title, heads, bases, instances, expected } of [
  {
    title: 'nineteen on the quota of a new project: one of each head',
    heads: 19,
    bases: 19,
    instances: 20,
    expected: { bothSides: false, samples: 1, revisions: 1, atOnce: 19 },
  },
  {
    title: 'more heads than instances: several windows',
    heads: 50,
    bases: 50,
    instances: 20,
    expected: { bothSides: false, samples: 1, revisions: 1, atOnce: 20 },
  },
  {
    title: 'two places for a head: one is a spare',
    heads: 10,
    bases: 0,
    instances: 20,
    expected: { bothSides: false, samples: 1, revisions: 2, atOnce: 10 },
  },
  {
    title: 'two implementations: heads by themselves, as eight of both sides do not fit',
    heads: 2,
    bases: 2,
    instances: 20,
    expected: { bothSides: false, samples: 8, revisions: 10, atOnce: 2 },
  },
  {
    title: 'a quota of 200 for nineteen: both sides would have four, heads have eight',
    heads: 19,
    bases: 19,
    instances: 200,
    expected: { bothSides: false, samples: 8, revisions: 10, atOnce: 19 },
  },
  {
    title: 'a quota of 400: both sides, enough to be judged',
    heads: 19,
    bases: 19,
    instances: 400,
    expected: { bothSides: true, samples: 8, revisions: 10, atOnce: 19 },
  },
  {
    title: 'a quota of 4000: ten are enough',
    heads: 19,
    bases: 19,
    instances: 4000,
    expected: { bothSides: true, samples: 10, revisions: 13, atOnce: 19 },
  },
]) {
  test(`what waits for idleness: ${title}`, () => assert.deepEqual(idleShare(heads, bases, instances), expected));
}

test('what waits never exceeds the room, has at least one sample, and a base only where it can be judged', () => {
  for (let heads = 1; heads <= 40; heads += 1)
    for (const bases of [0, 1, heads])
      for (const instances of [1, 2, 3, 7, 20, 64, 200, 1000]) {
        const { bothSides, samples, revisions, atOnce } = idleShare(heads, bases, instances);
        const alive = Math.min(heads, atOnce) * revisions + (bothSides ? bases * revisions : 0);
        const given = `${heads} heads, ${bases} bases, ${instances} instances`;
        assert.ok(alive <= instances, `${alive} alive: ${given}`);
        assert.ok(samples >= 1 && revisions >= samples && samples <= 10 && atOnce >= 1, given);
        assert.ok(!bothSides || samples >= LEAST_SAMPLES, given);
      }
});

test('the job after the others has an id that none of them has', () => {
  const ids = (count: number, width: number) =>
    Array.from({ length: count }, (_, index) => ({ id: String(index + 1).padStart(width, '0') }));
  assert.equal(idleJobId(ids(2, 2)), '03');
  assert.equal(idleJobId(ids(99, 2)), '100');
  assert.equal(idleJobId(ids(256, 3)), '257');
});
