import assert from 'node:assert/strict';
import { test } from 'node:test';
import { preflight } from '../../../src/commands/preflight.ts';
import type { PerfError } from '../../../src/domain/errors.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import { instancesOfJob } from '../../../src/plan/strata.ts';
import type { CloudProject } from '../../../src/ports/cloud-project.ts';
import { TAGS } from '../../helpers/measured-results.ts';
import { runPorts, testConfig } from '../../helpers/run-ports.ts';

const UNKNOWN = { known: false, why: 'unreachable', reason: 'not asked' } as const;
const unknown = async () => UNKNOWN;

/** What the check before a run finds about the CPUs, in one of several jobs on the quota of a new project. */
async function problemOf(parallelJobs: number, cpu: string, instancesAtOnce?: number): Promise<string | undefined> {
  const quota = { milliCpu: 20_000, memoryBytes: 40 * 2 ** 30, writesPerMinute: 60 };
  const cloud = {
    account: async () => ({ known: true, value: '' }),
    apis: unknown,
    permissions: unknown,
    repository: unknown,
    bucket: unknown,
    actAs: unknown,
    policyEnforced: unknown,
    quota: async () => ({ known: true, value: quota }),
  } as unknown as CloudProject;
  const profile = { ...TAGS.profile, cpu };
  const { ports } = runPorts({
    cloudProject: async () => cloud,
    tool: { version: '0.1.0', driver: '', cpus: 2, owner: 'org', parallelJobs },
  });
  const settings = { instancesAtOnce: instancesOfJob([profile], { parallelJobs, instancesAtOnce }) };
  const plan = { platform: 'cloudrun', project: 'p', region: 'r', settings, implementations: [{ profile }] };
  return preflight(plan as unknown as Plan, {}, testConfig(), ports).then(
    () => undefined,
    (error: PerfError) => error.problems?.map(({ message }) => message).join('; '),
  );
}

test('the quota of CPUs is that of all jobs together', async () => {
  assert.equal(await problemOf(1, '1'), undefined);
  assert.equal(await problemOf(5, '1'), undefined);
  assert.match((await problemOf(11, '1')) ?? '', /needs 22 vCPU of 20 vCPU/);
  assert.match((await problemOf(5, '4')) ?? '', /needs 40 vCPU of 20 vCPU/);
  assert.match((await problemOf(5, '1', 200)) ?? '', /needs 200 vCPU of 20 vCPU/);
});
