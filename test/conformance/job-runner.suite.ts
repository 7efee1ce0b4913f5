import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JobSpec } from '../../src/domain/load.ts';
import type { JobRunner } from '../../src/ports/job-runner.ts';

/** Jobs under test, and an image whose tasks do what TASK says: test/e2e/fixture/server.mjs. */
export interface JobsUnderTest {
  readonly jobs: JobRunner;
  readonly image: string;
  readonly serviceAccount?: string;
  /** Makes names unique where runs share a project; at most 8 characters. */
  readonly suffix: string;
  /** How long until tasks of an execution surely run. */
  readonly startMs: number;
  close(): Promise<void>;
}

/** What jobs of every platform must do, seen only through the port. */
export function jobRunnerSuite(name: string, open: () => Promise<JobsUnderTest>): void {
  describe(`jobs: ${name}`, () => {
    let under: JobsUnderTest;
    let spec: JobSpec;

    before(async () => {
      under = await open();
      spec = specOf(under);
      await under.jobs.deploy(spec);
    });
    after(async () => {
      await under?.jobs.remove(spec.name);
      await under?.close();
    });

    it('is found by its labels, and by no others', async () => {
      const { jobs } = under;
      const [found, ...others] = await jobs.list(spec.labels);
      assert.deepEqual([found?.name, others], [spec.name, []]);
      for (const [label, value] of Object.entries(spec.labels)) assert.equal(found?.labels[label], value);
      assert.ok((found?.createdAtMs ?? 0) > 0);
      assert.deepEqual(await jobs.list({ ...spec.labels, 'perf-run-id': 'another' }), []);
    });

    it('runs as many tasks as each execution wants, and tells how each one ended', async () => {
      const one = await under.jobs.run(spec.name, { taskCount: 1, env: {} });
      assert.deepEqual(one.tasks, [{ index: 0, succeeded: true }]);
      const four = await under.jobs.run(spec.name, { taskCount: 4, env: { TASK: 'exit 2 7' } });
      assert.notEqual(four.execution, one.execution);
      assert.deepEqual(
        four.tasks.map(({ index, succeeded }) => [index, succeeded]),
        [0, 1, 2, 3].map((index) => [index, index !== 2]),
      );
      assert.match(four.tasks[2]?.reason ?? '', /^exit code 7/);
    });

    it('ends an execution that is aborted before it says so, and is ready for the next', async () => {
      const controller = new AbortController();
      const reason = new Error('enough');
      const request = { taskCount: 2, env: { TASK: 'hang' } };
      const hanging = under.jobs.run(spec.name, request, controller.signal);
      setTimeout(() => controller.abort(reason), under.startMs);
      await assert.rejects(hanging, (error) => error === reason);
      assert.deepEqual((await under.jobs.run(spec.name, { taskCount: 1, env: {} })).tasks, [
        { index: 0, succeeded: true },
      ]);
    });

    it("takes nobody else's job, and makes that of an earlier attempt anew", async () => {
      const { jobs } = under;
      const other = { ...spec, labels: { ...spec.labels, 'perf-run-id': 'another' } };
      await assert.rejects(jobs.deploy(other), { code: 'job-not-ours' });
      await jobs.deploy({ ...spec, env: { TASK: 'exit 0 3' } });
      const { tasks } = await jobs.run(spec.name, { taskCount: 1, env: {} });
      assert.match(tasks[0]?.reason ?? '', /^exit code 3/);
    });

    it('is removed with what it runs, and as often as wanted', async () => {
      const { jobs } = under;
      const hanging = jobs.run(spec.name, { taskCount: 2, env: { TASK: 'hang' } });
      const ends = hanging.then(
        ({ tasks }) => tasks.map(({ succeeded }) => succeeded),
        (error: unknown) => error,
      );
      await new Promise((resolve) => setTimeout(resolve, under.startMs));
      await jobs.remove(spec.name);
      assert.deepEqual(await ends, [false, false]);
      await jobs.remove(spec.name);
      assert.deepEqual(await jobs.list(spec.labels), []);
    });
  });
}

const specOf = ({ image, suffix, serviceAccount }: JobsUnderTest): JobSpec => ({
  name: `suite-${suffix}`,
  image,
  labels: { 'managed-by': 'cloudrun-perf', 'perf-run-id': `suite-${suffix}`, 'perf-owner': `e2e-${suffix}` },
  env: {},
  cpu: '1',
  memory: '512Mi',
  ...(serviceAccount === undefined ? {} : { serviceAccount }),
  taskTimeoutMs: 120_000,
});
