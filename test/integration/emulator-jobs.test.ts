import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { protos } from '@google-cloud/run';
import type { ServiceError } from '@grpc/grpc-js';
import { createCloudRunPlatform } from '../../src/adapters/platforms/cloud-run/platform.ts';
import { createClock } from '../../src/adapters/system/clock.ts';
import { startEmulator } from '../../src/emulator/emulator.ts';
import {
  clientsOf,
  completedOf,
  countsOf,
  type JobsBench,
  jobNameOf,
  openJobsBench,
  PARENT,
  shortName,
} from '../fixtures/services/jobs/bench.ts';
import { SILENT_LOGGER } from '../helpers/killed-run/stage.ts';

type IJob = protos.google.cloud.run.v2.IJob;

const rejectsWith = (code: number, message: RegExp) => (error: ServiceError) => {
  assert.equal(error.code, code, error.message);
  assert.match(error.details, message);
  return true;
};

const lines = async (out: string, attempt: string) => (await readFile(join(out, attempt), 'utf8')).split('\n');

describe('jobs of the emulated Cloud Run, through the official clients and real processes', () => {
  let bench: JobsBench;

  before(async () => {
    bench = await openJobsBench();
  });
  after(() => bench?.close());

  it('creates, tells, updates and deletes jobs', async () => {
    const template = { template: { containers: [{ image: bench.image }] } };
    const [operation] = await bench.jobs.createJob({
      parent: PARENT,
      jobId: 'plain',
      job: { template, labels: { team: 'a' } },
    });
    assert.equal(operation.latestResponse.done, false);
    assert.equal(operation.latestResponse.metadata?.type_url, 'type.googleapis.com/google.cloud.run.v2.Job');
    await operation.promise();
    const [job] = await bench.jobs.getJob({ name: jobNameOf('plain') });
    assert.partialDeepStrictEqual(job, { name: jobNameOf('plain'), labels: { team: 'a' }, executionCount: 0 });
    assert.equal(job.terminalCondition?.state, 'CONDITION_SUCCEEDED');
    assert.equal(job.template?.taskCount, 1);
    assert.equal(job.template?.template?.maxRetries, 3);
    assert.equal(Number(job.template?.template?.timeout?.seconds), 600);
    assert.match(job.uid ?? '', /^[0-9a-f-]{36}$/);
    await assert.rejects(
      bench.jobs.createJob({ parent: PARENT, jobId: 'plain', job: { template } }),
      rejectsWith(6, /already exists/),
    );

    const [dry] = await bench.jobs.createJob({ parent: PARENT, jobId: 'dry', job: { template }, validateOnly: true });
    assert.equal(shortName((await dry.promise())[0].name), 'dry');
    await assert.rejects(bench.jobs.getJob({ name: jobNameOf('dry') }), rejectsWith(5, /'dry' of kind 'JOB'/));
    const wrong: IJob = {
      template: { taskCount: 10_001, template: { containers: [{ image: bench.image, ports: [{}] }] } },
    };
    await assert.rejects(
      bench.jobs.createJob({ parent: PARENT, jobId: 'Wrong', job: wrong }),
      rejectsWith(3, /^Violation in CreateJobRequest\.job_id: /),
    );
    await assert.rejects(
      bench.jobs.createJob({ parent: PARENT, jobId: 'wrong', job: wrong }),
      rejectsWith(
        3,
        /job\.template\.task_count: .*\nViolation in CreateJobRequest\.job\.template\.template\.containers\[0\]\.ports/,
      ),
    );

    const update = { name: jobNameOf('plain'), template, labels: { team: 'b' } };
    await assert.rejects(bench.jobs.updateJob({ job: { ...update, etag: '"old"' } }), rejectsWith(10, /Conflict/));
    const [updated] = await (await bench.jobs.updateJob({ job: { ...update, etag: job.etag ?? '' } }))[0].promise();
    assert.partialDeepStrictEqual(updated, { labels: { team: 'b' }, uid: job.uid });
    assert.equal(Number(updated.generation), 2);
    const missing = { template, name: jobNameOf('upserted') };
    await assert.rejects(bench.jobs.updateJob({ job: missing }), rejectsWith(5, /'upserted'/));
    await (await bench.jobs.updateJob({ job: missing, allowMissing: true }))[0].promise();
    const [all] = await bench.jobs.listJobs({ parent: PARENT });
    assert.deepEqual(
      all.map(({ name }) => shortName(name)),
      ['upserted', 'plain'],
    );

    for (const id of ['plain', 'upserted']) await (await bench.jobs.deleteJob({ name: jobNameOf(id) }))[0].promise();
    assert.deepEqual((await bench.jobs.listJobs({ parent: PARENT }))[0], []);
    await assert.rejects(bench.jobs.getJob({ name: 'projects/p/locations/-/jobs/x' }), rejectsWith(3, /wildcard/));
    await assert.rejects(
      bench.jobs.getJob({ name: 'projects/other/locations/r/jobs/x' }),
      rejectsWith(7, /Permission denied/),
    );
  });

  it('runs 1, 4 and 16 tasks at the same time, each with its own environment', async () => {
    for (const taskCount of [1, 4, 16]) {
      const out = await bench.create(`load-${taskCount}`, ['meet']);
      const env = [{ name: 'PLAN', value: `gs://bucket/${taskCount}` }];
      const {
        error,
        execution,
        tasks: found,
      } = await bench.run(`load-${taskCount}`, {
        taskCount,
        containerOverrides: [{ name: 'main', args: ['meet', 'now'], env }],
      });
      assert.equal(error, undefined);
      assert.deepEqual(countsOf(execution), [0, taskCount, 0, 0, 0]);
      assert.partialDeepStrictEqual(execution, { taskCount, parallelism: taskCount, reconciling: false });
      assert.equal(completedOf(execution)?.state, 'CONDITION_SUCCEEDED');
      assert.ok(Number(execution.completionTime?.seconds) >= Number(execution.startTime?.seconds));
      assert.deepEqual(
        found.map(({ index }) => index),
        [...Array(taskCount).keys()],
      );
      for (const { index, lastAttemptResult, name } of found) {
        assert.equal(lastAttemptResult?.exitCode, 0);
        assert.equal(shortName(name), `${shortName(execution.name)}-task${index}`);
        const seen = await lines(out, `${index}-0`);
        for (const wanted of [
          `CLOUD_RUN_JOB=load-${taskCount}`,
          `CLOUD_RUN_EXECUTION=${shortName(execution.name)}`,
          `CLOUD_RUN_TASK_INDEX=${index}`,
          'CLOUD_RUN_TASK_ATTEMPT=0',
          `CLOUD_RUN_TASK_COUNT=${taskCount}`,
          `PLAN=gs://bucket/${taskCount}`,
          `OUT=${out}`,
          'ARGUMENTS=meet now',
        ]) {
          assert.ok(seen.includes(wanted), `${wanted} in ${seen.join(' ')}`);
        }
        assert.ok(!seen.some((line) => /^(PORT|K_SERVICE|K_REVISION)=/.test(line)));
      }
    }
    const [job] = await bench.jobs.getJob({ name: jobNameOf('load-16') });
    assert.equal(job.executionCount, 1);
    assert.equal(job.latestCreatedExecution?.completionStatus, 'EXECUTION_SUCCEEDED');
    assert.match(job.latestCreatedExecution?.name ?? '', /^load-16-[a-z0-9]{5}$/);
  });

  it('lists executions and tasks page by page, of one parent or of all', async () => {
    for (const id of ['paged-a', 'paged-b']) await bench.create(id, []);
    for (const taskCount of [1, 2]) {
      for (const id of ['paged-a', 'paged-b']) await bench.run(id, { taskCount });
    }
    const [all] = await bench.executions.listExecutions({ parent: jobNameOf('paged-a') });
    assert.deepEqual(
      all.map(({ taskCount }) => taskCount),
      [2, 1],
      'newest first',
    );
    const paged = { parent: jobNameOf('paged-a'), pageSize: 1 };
    const [page, next] = await bench.executions.listExecutions(paged, { autoPaginate: false });
    assert.deepEqual(
      page.map(({ name }) => name),
      [all[0]?.name],
    );
    const [rest] = await bench.executions.listExecutions(next as typeof paged, { autoPaginate: false });
    assert.deepEqual(
      rest.map(({ name }) => name),
      [all[1]?.name],
    );
    const pageToken = (next as { pageToken?: string }).pageToken ?? '';
    await assert.rejects(
      bench.executions.listExecutions({ parent: jobNameOf('paged-b'), pageToken }, { autoPaginate: false }),
      rejectsWith(3, /page_token/),
    );
    const jobsOf = async (of: string) =>
      (await bench.tasks.listTasks({ parent: of }))[0].map(({ job, index }) => `${job}/${index}`);
    assert.deepEqual(await jobsOf(`${jobNameOf('paged-a')}/executions/-`), ['paged-a/0', 'paged-a/1', 'paged-a/0']);
    assert.equal((await jobsOf(`${jobNameOf('-')}/executions/-`)).filter((one) => one.startsWith('paged')).length, 6);
    const [everywhere] = await bench.executions.listExecutions({ parent: jobNameOf('-') });
    assert.deepEqual(
      everywhere.slice(0, 4).map(({ job }) => job),
      ['paged-b', 'paged-a', 'paged-b', 'paged-a'],
    );
    const [task] = await bench.tasks.getTask({ name: `${all[0]?.name}/tasks/${shortName(all[0]?.name)}-task1` });
    assert.partialDeepStrictEqual(task, { index: 1, execution: shortName(all[0]?.name), job: 'paged-a' });
    await assert.rejects(
      bench.tasks.getTask({ name: `${all[0]?.name}/tasks/none` }),
      rejectsWith(5, /'none' of kind 'TASK'/),
    );
    await assert.rejects(
      bench.tasks.listTasks({ parent: `${jobNameOf('paged-a')}/executions/none` }),
      rejectsWith(5, /'none' of kind 'EXECUTION'/),
    );
  });

  it('refuses a run that is wrong, and starts nothing when it is only to validate one', async () => {
    const out = await bench.create('checked', []);
    const name = jobNameOf('checked');
    await assert.rejects(
      bench.jobs.runJob({ name, overrides: { taskCount: 10_001, containerOverrides: [{ name: 'side' }] } }),
      rejectsWith(3, /^Violation in RunJobRequest\.overrides\.task_count: .*\n.*container_overrides\[0\]\.name/),
    );
    await assert.rejects(bench.jobs.runJob({ name, etag: '"old"' }), rejectsWith(10, /Conflict/));
    const [dry] = await bench.jobs.runJob({ name, validateOnly: true, overrides: { taskCount: 4 } });
    assert.equal((await dry.promise())[0].taskCount, 4);
    assert.equal((await bench.jobs.getJob({ name }))[0].executionCount, 0);
    assert.deepEqual(await readdir(out), []);
    const env = [{ name: 'TOKEN', valueSource: { secretKeyRef: { secret: 'token', version: 'latest' } } }];
    await assert.rejects(
      bench.jobs.runJob({ name, overrides: { containerOverrides: [{ env }] } }),
      rejectsWith(3, /secret 'token' has no value on this machine: set PERF_SECRET_TOKEN/),
    );
  });

  it('serves the port by which this tool makes load', async () => {
    const platform = await createCloudRunPlatform({
      name: 'local',
      project: 'p',
      region: 'r',
      admin: { host: bench.emulator.adminHost, port: bench.emulator.adminPort },
      loggingUrl: bench.emulator.loggingUrl,
      clock: createClock(),
      logger: SILENT_LOGGER,
    });
    const out = await bench.outDirectory();
    const { jobs: runner } = platform;
    assert.ok(runner !== undefined);
    const labels = { 'perf-run-id': 'r1' };
    const spec = {
      name: 'perf-load',
      image: bench.image,
      labels,
      env: { OUT: out },
      cpu: '1',
      memory: '512Mi',
      taskTimeoutMs: 60_000,
    };
    await runner.deploy(spec);
    assert.deepEqual(
      (await runner.list(labels)).map(({ name }) => name),
      ['perf-load'],
    );
    const ended = await runner.run('perf-load', { taskCount: 4, env: { PLAN: 'x' } });
    assert.deepEqual(
      ended.tasks,
      [0, 1, 2, 3].map((index) => ({ index, succeeded: true })),
    );
    assert.equal((await readdir(out)).length, 4);
    assert.ok((await lines(out, '3-0')).includes('PLAN=x'));
    await runner.remove('perf-load');
    assert.deepEqual(await runner.list(labels), []);
    await platform.close();
  });

  it('injected faults meet the methods of jobs', async () => {
    const faults = {
      seed: 1,
      rules: [
        { fault: 'quota', methods: ['RunJob'], service: 'faulty', calls: [1] },
        { fault: 'duplicate', methods: ['RunJob'], service: 'faulty', calls: [2] },
        { fault: 'unavailable', methods: ['CreateJob', 'UpdateJob'], service: 'other' },
      ],
    } as const;
    const faulty = await startEmulator({ ...bench.options, faults });
    const { jobs: client } = clientsOf(faulty);
    try {
      const job = {
        template: { template: { containers: [{ image: bench.image, env: [{ name: 'OUT', value: bench.root }] }] } },
      };
      await assert.rejects(client.createJob({ parent: PARENT, jobId: 'other', job }), rejectsWith(14, /unavailable/));
      await assert.rejects(
        client.updateJob({ job: { ...job, name: jobNameOf('other') } }),
        rejectsWith(14, /unavailable/),
      );
      await (await client.createJob({ parent: PARENT, jobId: 'faulty', job }))[0].promise();
      await assert.rejects(client.runJob({ name: jobNameOf('faulty') }), rejectsWith(8, /Quota exceeded/));
      await (await client.runJob({ name: jobNameOf('faulty') }))[0].promise();
      assert.equal((await client.getJob({ name: jobNameOf('faulty') }))[0].executionCount, 2, 'carried out twice');
    } finally {
      await client.close();
      await faulty.close();
    }
  });
});
