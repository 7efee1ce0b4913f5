import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureImplementation } from '../../../src/measure/measure.ts';
import { scheduleSamples, spareTags } from '../../../src/measure/schedule.ts';
import {
  type Behaviour,
  FakeCloud,
  fakeDeployment,
  fakeProtocol,
  fakeSettings,
} from '../../helpers/fake-measure-ports.ts';

const TAGS = Array.from({ length: 6 }, (_, index) => `head-${index}`);

/** Four samples of head, two spares; `cold` without warm blocks. */
function run(behaviour: Behaviour, kind: 'cold' | 'warm', only = TAGS) {
  const cloud = new FakeCloud(Object.fromEntries(only.map((tag) => [tag, behaviour])));
  const settings = kind === 'warm' ? fakeSettings : { ...fakeSettings, warm: { ...fakeSettings.warm, requests: 0 } };
  const services = [{ side: 'head' as const, tags: TAGS }];
  const schedule = scheduleSamples(services, settings, 1);
  const retakeTags = spareTags(services, settings);
  const deployments = [fakeDeployment('head', TAGS)];
  const input = { deployments, schedule, settings, protocol: fakeProtocol, retakeTags };
  return measureImplementation(input, cloud.ports);
}

test('where the log is silent, the marker is the proof, and the samples say so', async () => {
  const { samples, dropped } = await run({ logSilent: true, marker: { requests: 1 } }, 'cold');
  assert.deepEqual(dropped, []);
  assert.deepEqual(
    samples.map(({ cold: { proof, scheduleMs } }) => [proof.proven, proof.by, scheduleMs]),
    Array(4).fill([true, 'marker', undefined]),
  );
  assert.equal(new Set(samples.map(({ cold }) => cold.proof.instanceId)).size, 4);
});

test('where the log tells in time, it is the proof', async () => {
  const { samples } = await run({ logDelayMs: 1500, marker: {} }, 'cold');
  assert.deepEqual(
    samples.map(({ cold }) => cold.proof.by),
    Array(4).fill('log'),
  );
});

test('a silent log tells of no warm block either: void, not retaken, and the cold start is kept', async () => {
  const { samples, dropped, audit } = await run({ logSilent: true, marker: {} }, 'warm');
  assert.deepEqual([samples.length, dropped.length], [4, 0]);
  for (const { warm } of samples) assert.match(warm?.void ?? '', /unknown instance/);
  assert.match(audit.join(), /a warm block on head was void/);
});

for (const { title, behaviour, reason } of [
  {
    title: 'an old process, by its own word',
    behaviour: { marker: { uptimeMs: 90_000 } },
    reason: /the service's own marker contradicts the log: the process was 90000 ms old/,
  },
  {
    title: 'a silent log and an old process',
    behaviour: { logSilent: true, marker: { uptimeMs: 90_000 } },
    reason: /unknown; the process was 90000 ms old/,
  },
  {
    title: 'a silent log and a later request',
    behaviour: { logSilent: true, marker: { requests: 2 } },
    reason: /it was request 2 of its process/,
  },
  {
    title: 'a log that tells of a start by the deploy, and a young process',
    behaviour: { deployTimeInstance: true, marker: { uptimeMs: 1 } },
    reason: /started by DEPLOYMENT_ROLLOUT/,
  },
] as const) {
  test(`${title}: dropped, counted, retaken`, async () => {
    const { samples, dropped } = await run(behaviour, 'cold', ['head-1']);
    assert.equal(samples.length, 4);
    assert.deepEqual(
      dropped.map(({ tag }) => tag),
      ['head-1'],
    );
    assert.match(dropped[0]?.reason ?? '', reason);
  });
}

test('one process that answers for two revisions is cold for neither of the later ones', async () => {
  const marker = { instance: 'the-very-same-process' };
  const { samples, dropped } = await run({ logSilent: true, marker }, 'cold', ['head-0', 'head-1']);
  assert.equal(samples.length, 4);
  assert.match(dropped[0]?.reason ?? '', /process the-very-same-process had answered in this run before/);
  assert.equal(dropped.length, 1);
});

test('a line that comes later and contradicts the marker is seen by the second look', async () => {
  const late = { deployTimeInstance: true, logDelayMs: 2_500, marker: { uptimeMs: 1 } } as const;
  const { samples, dropped } = await run(late, 'cold', ['head-1']);
  assert.equal(samples.length, 4);
  assert.deepEqual(
    dropped.map(({ tag }) => tag),
    ['head-1'],
  );
  assert.match(dropped[0]?.reason ?? '', /after a second look: the instance was started by DEPLOYMENT_ROLLOUT/);
});
