import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SideDeployment } from '../../../src/measure/target.ts';
import type { MeasureWalk } from '../../../src/measure/walk.ts';
import { ZeroKeeper } from '../../../src/measure/zero-keeper.ts';
import { CHECK_TAG } from '../../../src/plan/naming.ts';
import type { Platform } from '../../../src/ports/platform.ts';

/** A keeper of two services, which starts instances as it is asked to, and tells how many were alive at the most. */
function keeping(mostAlive: number | undefined, checked: boolean) {
  const tags = checked ? [CHECK_TAG, 'c01'] : ['c01'];
  const deployments = (['head', 'base'] as const).map((side) => ({
    side,
    deployment: { service: side, revisions: tags.map((tag) => ({ tag, revision: tag, url: '' })) },
  })) as unknown as readonly SideDeployment[];
  const seen: string[] = [];
  const alive = new Set(checked ? ['check of head', 'check of base'] : []);
  let [most, stops] = [alive.size, 0];
  const walk = {
    instancesOf: (service: string) => seen.filter((one) => one.startsWith(service)),
  } as unknown as MeasureWalk;
  const platform: Partial<Platform> = {
    scaleToZero: async (service) => {
      stops += 1;
      for (const one of alive) if (one.includes(service)) alive.delete(one);
      return { proven: true };
    },
  };
  const keeper = new ZeroKeeper(deployments, walk, platform as Platform, mostAlive);
  return {
    keeper,
    async start(count: number) {
      await keeper.makeRoom(count);
      for (let index = 0; index < count; index += 1) {
        const instance = `${index % 2 === 0 ? 'head' : 'base'} ${seen.length}`;
        seen.push(instance);
        alive.add(instance);
      }
      most = Math.max(most, alive.size);
    },
    told: () => ({ most, stops }),
  };
}

for (const { title, mostAlive, checked, batches, expected } of [
  { title: 'all fit beside the checked ones', mostAlive: 20, checked: true, batches: [8, 8, 2], expected: [20, 0] },
  { title: 'the checked ones go first', mostAlive: 4, checked: true, batches: [4, 4], expected: [4, 4] },
  { title: 'what fits stops nothing', mostAlive: 4, checked: true, batches: [2, 2, 2], expected: [4, 2] },
  { title: 'nothing is there that would have to go', mostAlive: 4, checked: false, batches: [4], expected: [4, 0] },
  { title: 'no limit', mostAlive: undefined, checked: true, batches: [40, 40], expected: [82, 0] },
]) {
  test(`room for ${batches.join(', ')} instances of ${mostAlive ?? 'any number'}: ${title}`, async () => {
    const { keeper, start, told } = keeping(mostAlive, checked);
    for (const batch of batches) {
      assert.ok(batch <= keeper.room);
      await start(batch);
    }
    const { most, stops } = told();
    assert.deepEqual([most, stops], expected);
  });
}
