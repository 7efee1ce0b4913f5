import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openClients } from '../../src/adapters/platforms/cloud-run/clients.ts';
import { EXECUTION_VARIABLE } from '../../src/adapters/platforms/cloud-run/jobs-requests.ts';
import { type JobsUnderTest, jobRunnerSuite } from '../conformance/job-runner.suite.ts';
import { LOAD_ACCOUNT, openPlace, type Place, SKIP, WHERE } from './place.ts';

const ACCOUNT = WHERE === 'google' ? { serviceAccount: LOAD_ACCOUNT } : {};
const START_MS = WHERE === 'google' ? 30_000 : 300;

function jobsOf(place: Place): JobsUnderTest {
  const { jobs } = place.platform;
  if (jobs === undefined) throw new Error('the platform has no jobs');
  return { ...place, ...ACCOUNT, jobs, startMs: START_MS };
}

/** What jobs of the emulator are held to, held against the original. */
if (WHERE === undefined) test('jobs: Cloud Run', { skip: SKIP }, () => undefined);
else jobRunnerSuite(`Cloud Run, ${WHERE}`, async () => jobsOf(await openPlace()));

test('an execution shows the variables that its call added: by them a lost answer is found', {
  skip: SKIP,
}, async () => {
  const place = await openPlace();
  const { jobs, image, suffix } = jobsOf(place);
  const clients = await openClients(place.api);
  const labels = { 'managed-by': 'cloudrun-perf', 'perf-run-id': `e2e-${suffix}`, 'perf-owner': `e2e-${suffix}` };
  const name = `e2e-marker-${suffix}`;
  try {
    await jobs.deploy({ name, image, labels, env: {}, cpu: '1', memory: '512Mi', taskTimeoutMs: 60_000, ...ACCOUNT });
    const { execution } = await jobs.run(name, { taskCount: 1, env: { TASK: '' } });
    const { executions } = await clients.jobs();
    const [found] = await executions.listExecutions({ parent: `${place.parent}/jobs/${name}` });
    assert.deepEqual(
      found.map((one) => one.name?.split('/').at(-1)),
      [execution],
    );
    const variables = found[0]?.template?.containers?.[0]?.env?.map((variable) => variable.name) ?? [];
    assert.deepEqual(
      variables.filter((variable) => variable !== 'TASK'),
      [EXECUTION_VARIABLE],
    );
  } finally {
    await jobs.remove(name);
    await clients.close();
    await place.close();
  }
});
