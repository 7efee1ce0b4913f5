import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstanceEvent } from '../../../src/domain/deployment.ts';
import { leaveAlone } from '../../../src/measure/idle-window.ts';
import type { LogPorts } from '../../../src/measure/log-wait.ts';

const IDLE = {
  target: { side: 'head', service: 's', revision: 'r', tag: 'c1', url: 'http://c1', deployedSinceMs: 0 },
  instanceId: 'i1',
  lastRequestAtMs: 20_000,
} as const;

async function endOf(lines: readonly Partial<InstanceEvent>[]) {
  let nowMs = 21_000;
  const events = lines.map(
    (line): InstanceEvent => ({ kind: 'stop', atMs: 22_000, service: 's', revision: 'r', instanceId: 'i1', ...line }),
  );
  const clock = {
    epochMs: () => nowMs,
    sleep: async (durationMs: number) => {
      nowMs += durationMs;
    },
  };
  const platform = { instanceLog: async () => events.filter(({ atMs }) => atMs <= nowMs) };
  const ends = await leaveAlone([IDLE], { longestMs: 5000, pollMs: 500 }, { platform, clock } as unknown as LogPorts);
  return ends.get(IDLE);
}

for (const [detail, crashed] of [
  ['Shutting down instance. idle: gone 3.1 ms after SIGTERM, code 0', false],
  ['Container called exit(0).', false],
  ['Container called exit(1).', true],
  ['Memory limit of 512 MiB exceeded with 530 MiB used.', true],
  ['LIVENESS HTTP probe failed 3 times consecutively for container "s-1" on port 8080 path "/".', true],
] as const) {
  test(`an end that reads "${detail.slice(0, 30)}" is ${crashed ? 'no' : 'an'} end of idleness`, async () => {
    const found = await endOf([{ detail }]);
    assert.equal(found?.end.observed, 'log');
    assert.equal(found?.crashed !== undefined, crashed);
  });
}

test('an empty log, to the last moment, is unknown: never zero instances', async () => {
  const found = await endOf([]);
  assert.deepEqual([found?.end.observed, found?.end.firstSeenGoneMs], ['unknown', 5000]);
  assert.match(found?.end.reason ?? '', /no stop in the log/);
});
