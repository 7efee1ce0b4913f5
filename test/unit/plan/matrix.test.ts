import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PlannedItem, Shard } from '../../../src/domain/job-plan.ts';
import { type ItemDetails, jobMatrix, jobPlanShards } from '../../../src/plan/matrix.ts';
import { planned } from '../../helpers/example-plan.ts';

const many = (count: number, profile = 'default', type = 'discord-webhook') =>
  Array.from({ length: count }, (_, index) => planned(`i${index}`, profile, type));
const sizes = (shards: readonly Shard[]) => shards.map(({ items }) => items.length);
const textOf = ({ type, implementation, profile }: PlannedItem) => `${type}/${implementation}/${profile}`;

test('one job for each item while they fit', () => {
  assert.deepEqual(jobPlanShards([]), []);
  assert.deepEqual(jobPlanShards([planned('b'), planned('a'), planned('b')]), [
    { id: '01', items: [planned('a')] },
    { id: '02', items: [planned('b')] },
  ]);
  const most = jobPlanShards(many(256));
  assert.equal(most.length, 256);
  assert.deepEqual([most[0]?.id, most[255]?.id], ['001', '256']);
  assert.deepEqual(
    jobPlanShards(many(99))
      .map(({ id }) => id)
      .slice(-1),
    ['99'],
  );
});

const packings: readonly [string, readonly PlannedItem[], number, readonly number[]][] = [
  ['one too many', many(5), 4, [1, 2, 2].toSorted()],
  ['twice as many', many(8), 4, [2, 2, 2, 2]],
  ['a remainder', many(9), 4, [3, 3, 3]],
  ['two profiles that do not mix', [...many(5), ...many(2, 'big')], 4, [2, 2, 2, 1].toSorted()],
  ['two types that do not mix', [...many(7), ...many(1, 'default', 'rest-crud')], 3, [3, 4, 1]],
];
for (const [what, items, jobs, expected] of packings) {
  test(`packing ${what}`, () => {
    const found = sizes(jobPlanShards(items, jobs));
    assert.deepEqual(found.toSorted(), expected.toSorted());
  });
}

test('more profiles than jobs: types still do not mix, and neighbours share a profile', () => {
  const items = ['p1', 'p2', 'p3', 'p4'].flatMap((profile) => [...many(2, profile), ...many(2, profile, 'rest-crud')]);
  const shards = jobPlanShards(items, 3);
  for (const { items: own } of shards) assert.equal(new Set(own.map(({ type }) => type)).size, 1);
  assert.equal(shards.length, 2);
  assert.deepEqual(
    shards[0]?.items.map(({ profile }) => profile),
    ['p1', 'p1', 'p2', 'p2', 'p3', 'p3', 'p4', 'p4'],
  );
  assert.throws(() => jobPlanShards(items, 1), RangeError);
});

const TYPES = ['discord-webhook', 'rest-crud', 'grpc-unary', 'queue-worker', 'websocket', 'graphql'] as const;
const itemsOf = (types: readonly string[], implementations: number, profiles: number) =>
  fc.array(
    fc
      .tuple(fc.constantFrom(...types), fc.nat(implementations), fc.nat(profiles))
      .map(([type, implementation, profile]) => planned(`i${implementation}`, `p${profile}`, type)),
    { maxLength: 2000, size: 'max' },
  );
const items = fc.oneof(itemsOf(TYPES, 400, 9), itemsOf(TYPES.slice(0, 2), 9, 400));

test('whatever the items: nothing lost or twice, at most 256 jobs, one type each, sizes as even as can be', () => {
  let packed = 0;
  fc.assert(
    fc.property(items, (found) => {
      const shards = jobPlanShards(found);
      const all = shards.flatMap((shard) => shard.items).map(textOf);
      assert.deepEqual(all.toSorted(), [...new Set(found.map(textOf))].toSorted());
      assert.ok(shards.length <= 256);
      assert.ok(shards.every((shard) => shard.items.length > 0));
      assert.deepEqual(
        shards.map(({ id }) => id),
        shards.map(({ id }) => id).toSorted(),
      );
      assert.equal(new Set(shards.map(({ id }) => id)).size, shards.length);
      for (const { id, items: own } of shards) {
        assert.match(id, /^[0-9]{2,4}$/);
        assert.equal(new Set(own.map(({ type }) => type)).size, 1);
      }
      if (all.length <= 256) {
        assert.equal(shards.length, all.length);
        return;
      }
      packed += 1;
      const groups = new Set(all.map((text) => text.replace(/\/.*\//, '/')));
      const mixed = groups.size > 256;
      const groupOf = ({ items: [first] }: Shard) => (mixed ? first?.type : `${first?.type}/${first?.profile}`);
      for (const group of Map.groupBy(shards, groupOf).values()) {
        const counts = sizes(group);
        assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, `${counts}`);
        if (!mixed)
          for (const { items: own } of group) assert.equal(new Set(own.map(({ profile }) => profile)).size, 1);
      }
      // One item a job less would need more jobs than there are.
      const largest = Math.max(...sizes(shards));
      const needed = [...Map.groupBy(shards, groupOf).values()].map((group) =>
        Math.ceil(sizes(group).reduce((sum, size) => sum + size, 0) / Math.max(1, largest - 1)),
      );
      if (largest > 1) assert.ok(needed.reduce((sum, count) => sum + count, 0) > 256);
    }),
    { numRuns: 60, endOnFailure: true },
  );
  assert.ok(packed > 5, `${packed} of the cases were packed`);
});

test('the same items give the same jobs, whatever their order', () => {
  const shuffled = items.chain((found) =>
    fc.tuple(fc.constant(found), fc.shuffledSubarray(found, { minLength: found.length })),
  );
  fc.assert(
    fc.property(shuffled, ([one, other]) => assert.deepEqual(jobPlanShards(other), jobPlanShards(one))),
    { numRuns: 20, endOnFailure: true },
  );
});

const details: Readonly<Record<string, ItemDetails>> = {
  'go-gin': { language: 'go', framework: 'gin' },
  'go-chi': { language: 'go', framework: 'chi' },
};
const detailsOf = ({ implementation }: PlannedItem) => details[implementation] ?? {};
const titles = (list: readonly PlannedItem[], jobs?: number) =>
  jobMatrix({ shards: jobPlanShards(list, jobs) }, detailsOf).include.map(({ title }) => title);

test('the matrix is what the workflow hands on', () => {
  const shards = jobPlanShards([planned('go-gin')]);
  assert.deepEqual(jobMatrix({ shards }, detailsOf), {
    include: [
      {
        shard: '01',
        title: 'go-gin',
        implementation: 'go-gin',
        type: 'discord-webhook',
        profile: 'default',
        language: 'go',
        framework: 'gin',
      },
    ],
  });
  const packed = jobMatrix({ shards: jobPlanShards([planned('go-gin'), planned('go-chi')], 1) }, detailsOf);
  assert.partialDeepStrictEqual(packed, {
    include: [{ implementation: 'go-chi,go-gin', language: 'go', framework: '' }],
  });
  const mixed = jobMatrix(
    { shards: jobPlanShards([planned('a', 'p1'), planned('a', 'p2'), planned('b', 'p2')], 1) },
    detailsOf,
  );
  assert.partialDeepStrictEqual(mixed, {
    include: [{ implementation: 'a,b', profile: 'p1,p2', title: 'a and b (2 profiles)', language: '' }],
  });
});

test('titles can be read, and differ', () => {
  assert.deepEqual(titles([planned('a'), planned('b')]), ['a', 'b']);
  assert.deepEqual(titles([planned('a'), planned('a', 'cpu2-1gi')]), ['a (cpu2-1gi)', 'a (default)']);
  assert.deepEqual(titles([planned('a'), planned('a', 'default', 'graphql')]), ['a (discord-webhook)', 'a (graphql)']);
  assert.deepEqual(titles([planned('a'), planned('a', 'big', 'graphql')]), [
    'a (discord-webhook, default)',
    'a (graphql, big)',
  ]);
  assert.deepEqual(titles(many(3), 1), ['i0, i1 and 1 more']);
  assert.deepEqual(titles(many(5), 1), ['i0, i1 and 3 more']);
  assert.deepEqual(titles(many(4), 2), ['i0 and i1', 'i2 and i3']);
  const all = titles([...many(300), ...many(300, 'big'), ...many(40, 'default', 'graphql')]);
  assert.equal(new Set(all).size, all.length);
});
