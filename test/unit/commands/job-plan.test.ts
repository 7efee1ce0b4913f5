import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JobPlanInput, jobPlan } from '../../../src/commands/job-plan.ts';
import { loadPlan } from '../../../src/results/job-plan.ts';
import { planned } from '../../helpers/example-plan.ts';
import { runPorts, testConfig } from '../../helpers/run-ports.ts';

const shards = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    id: String(index + 1).padStart(2, '0'),
    items: [planned(`i${index}`)],
  }));

async function planOf(
  suite: 'quick' | 'full',
  platform: 'cloudrun' | 'local',
  count: number,
  scaleToZeroTimeoutMs?: number,
) {
  const { ports } = runPorts();
  const config = testConfig();
  const coldStart = scaleToZeroTimeoutMs === undefined ? {} : { scaleToZeroTimeoutMs };
  const nobody = { types: [], languages: [], frameworks: [], implementations: [] };
  const request = { suite, profiles: [], baseline: { kind: 'none' }, selection: nobody };
  const input = {
    request,
    platform,
    config: { ...config, benchmark: { ...config.benchmark, coldStart } },
    repositories: [],
    selection: { measured: [], carried: [], reason: 'everything', compared: false, bases: new Map() },
    shards: shards(count),
  } as unknown as JobPlanInput;
  const outputs = await jobPlan(input, ports, new AbortController().signal);
  const plan = await loadPlan(ports.store, outputs['run-id'] ?? '', ports.schemas);
  assert.equal(outputs.idle, plan?.idle?.id ?? '');
  return plan?.idle?.id;
}

test('a full suite of several jobs in the cloud has a job after them that waits for idleness, and no other run has', async () => {
  assert.equal(await planOf('full', 'cloudrun', 19), '20');
  assert.equal(await planOf('full', 'cloudrun', 2, 60_000), '03');
  assert.equal(await planOf('full', 'cloudrun', 1), undefined, 'one job waits by itself');
  assert.equal(await planOf('full', 'cloudrun', 19, 0), undefined, 'nobody wants to wait');
  assert.equal(await planOf('quick', 'cloudrun', 19), undefined, 'a pull request never waits');
  assert.equal(await planOf('full', 'local', 19), undefined);
});
