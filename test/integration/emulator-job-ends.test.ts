import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ServiceError } from '@grpc/grpc-js';
import { stopLeftovers } from '../../src/emulator/instances/leftovers.ts';
import { startIdentity } from '../../src/emulator/instances/start-identity.ts';
import { isAlive } from '../fixtures/services/instances/bench.ts';
import {
  begun,
  completedOf,
  countsOf,
  type JobsBench,
  jobNameOf,
  openJobsBench,
  shortName,
  until,
} from '../fixtures/services/jobs/bench.ts';

const EMULATOR_RUN = join(import.meta.dirname, '../fixtures/services/jobs/emulator-run.ts');
const CANNOT_BE_STARTED = `local/none@sha256:${'0'.repeat(64)}`;

const rejectsWith = (code: number, message: RegExp) => (error: ServiceError) => {
  assert.equal(error.code, code, error.message);
  assert.match(error.details, message);
  return true;
};

const tasksBegin = (out: string, count: number) =>
  until(`${count} tasks begin`, async () => (await begun(out)).length === count);

describe('ends of tasks in the emulated Cloud Run', () => {
  let bench: JobsBench;

  before(async () => {
    bench = await openJobsBench();
  });
  after(() => bench?.close());

  it('a task that exits with 7 fails the execution and its operation; the others go on', async () => {
    await bench.create('dies', ['exit', '2']);
    const { error, execution, tasks: found } = await bench.run('dies', { taskCount: 4 });
    const id = shortName(execution.name);
    assert.equal(error?.code, 10);
    assert.equal(error?.message, `Execution ${id} has failed to complete, 3/4 tasks were a success.`);
    assert.deepEqual(countsOf(execution), [0, 3, 1, 0, 0]);
    assert.partialDeepStrictEqual(completedOf(execution), {
      state: 'CONDITION_FAILED',
      message: `Task ${id}-task2 failed with message: The container exited with an error.`,
      executionReason: 'NON_ZERO_EXIT_CODE',
    });
    assert.deepEqual(
      found.map(({ lastAttemptResult }) => lastAttemptResult?.exitCode),
      [0, 0, 7, 0],
    );
    const body = JSON.stringify({
      resourceNames: ['projects/p'],
      filter: `resource.type="cloud_run_job" AND labels."run.googleapis.com/execution_name"="${id}" AND labels."run.googleapis.com/task_index"="2"`,
    });
    const answer = await fetch(`${bench.emulator.loggingUrl}/v2/entries:list`, { method: 'POST', body });
    const { entries } = (await answer.json()) as { entries: { logName: string; textPayload: string }[] };
    assert.deepEqual(
      entries.map(({ logName, textPayload }) => [decodeURIComponent(logName).replace(/^.*\//, ''), textPayload]).sort(),
      [
        ['stderr', 'cannot go on'],
        ['stdout', 'task 2 of 4'],
        ['system', 'Container called exit(7).'],
      ],
    );
  });

  it('a task that is killed tells the signal; one whose image cannot be started tells why', async () => {
    await bench.create('killed', ['kill', '0']);
    const { tasks: found, execution } = await bench.run('killed');
    assert.equal(found[0]?.lastAttemptResult?.termSignal, 9);
    assert.deepEqual(countsOf(execution), [0, 0, 1, 0, 0]);
    await bench.create('imageless', [], { maxRetries: 3, containers: [{ image: CANNOT_BE_STARTED }] });
    const none = await bench.run('imageless');
    assert.match(none.tasks[0]?.lastAttemptResult?.status?.message ?? '', /has not been prepared here/);
    assert.equal(completedOf(none.execution)?.reason, 'CONTAINER_MISSING');
    assert.equal(none.tasks[0]?.retried, 0);
  });

  it('tries failed tasks again, as often as the job says', async () => {
    const out = await bench.create('flaky', ['fail-until', '2'], { maxRetries: 2 });
    const { error, execution, tasks: found } = await bench.run('flaky', { taskCount: 2 });
    assert.equal(error, undefined);
    assert.deepEqual(countsOf(execution), [0, 2, 0, 0, 2]);
    assert.deepEqual(
      found.map(({ retried }) => retried),
      [2, 2],
    );
    assert.deepEqual((await readdir(out)).sort(), ['0-0', '0-1', '0-2', '1-0', '1-1', '1-2']);
    const third = await bench.run('flaky', { containerOverrides: [{ args: ['fail-until', '3'] }] });
    assert.equal(third.error?.code, 10);
    assert.partialDeepStrictEqual(third.tasks[0], { retried: 2, lastAttemptResult: { exitCode: 1 } });
  });

  it('ends a task at its timeout, deaf or not', async () => {
    await bench.create('late', ['deaf']);
    const { execution, tasks: found, error } = await bench.run('late', { timeout: { nanos: 200_000_000 } });
    assert.equal(error?.code, 10);
    assert.match(
      completedOf(execution)?.message ?? '',
      /task0 failed with message: The configured timeout was reached\.$/,
    );
    assert.equal(found[0]?.lastAttemptResult?.status?.code, 4);
    assert.deepEqual(await readdir(bench.options.stateDirectory), []);
  });

  it('keeps to the parallelism of the job, and cancels what runs and what waits', async () => {
    const out = await bench.create('wide', ['hang', '0']);
    const template = { parallelism: 1, taskCount: 3 };
    const [job] = await bench.jobs.getJob({ name: jobNameOf('wide') });
    await (
      await bench.jobs.updateJob({ job: { name: jobNameOf('wide'), template: { ...job.template, ...template } } })
    )[0].promise();
    const { name, ended } = await bench.start('wide', 3);
    await tasksBegin(out, 1);
    const [running] = await bench.executions.getExecution({ name });
    assert.deepEqual(countsOf(running), [1, 0, 0, 0, 0]);
    assert.equal(running.reconciling, true);
    const [cancelling] = await bench.executions.cancelExecution({ name });
    const [cancelled] = await cancelling.promise();
    assert.deepEqual(countsOf(cancelled), [0, 0, 0, 3, 0]);
    const [after] = await bench.executions.getExecution({ name });
    assert.partialDeepStrictEqual(completedOf(after), { state: 'CONDITION_FAILED', executionReason: 'CANCELLED' });
    assert.deepEqual(await readdir(out), ['0-0'], 'the second never started');
    assert.equal((await ended).cancelledCount, 3, 'a cancelled execution is no error of its operation');
    await assert.rejects(bench.executions.cancelExecution({ name }), rejectsWith(9, /has completed already/));
  });

  it('deleting a job or an execution ends its tasks', async () => {
    const out = await bench.create('deleted', ['hang']);
    const first = await bench.start('deleted', 1);
    await tasksBegin(out, 1);
    await (await bench.executions.deleteExecution({ name: first.name }))[0].promise();
    await assert.rejects(bench.executions.getExecution({ name: first.name }), rejectsWith(5, /of kind 'EXECUTION'/));
    await assert.rejects(first.ended, /was deleted/);
    const second = await bench.start('deleted', 2);
    await until(
      'it runs',
      async () => (await bench.executions.getExecution({ name: second.name }))[0].runningCount === 2,
    );
    await (await bench.jobs.deleteJob({ name: jobNameOf('deleted') }))[0].promise();
    await assert.rejects(
      bench.executions.getExecution({ name: second.name }),
      rejectsWith(5, /'deleted' of kind 'JOB'/),
    );
    assert.deepEqual(await readdir(bench.options.stateDirectory), []);
  });

  it('closing the emulator ends all tasks', async () => {
    const other = await openJobsBench();
    try {
      const out = await other.create('closing', ['deaf']);
      await other.start('closing', 2);
      await tasksBegin(out, 2);
      const { stateDirectory } = other.options;
      const records = (await readdir(stateDirectory)).map((name) => readFile(join(stateDirectory, name), 'utf8'));
      const pids = (await Promise.all(records)).map((record): number => JSON.parse(record).runs.process.pid);
      assert.equal(pids.filter(isAlive).length, 2);
      await other.emulator.close();
      assert.deepEqual(pids.filter(isAlive), []);
      assert.deepEqual(await readdir(stateDirectory), []);
    } finally {
      await other.close();
    }
  });

  it('a task whose pid was never written down is found by its environment, and no other', {
    skip: process.platform !== 'linux',
  }, async () => {
    const stateDirectory = join(bench.root, 'unknown');
    await mkdir(stateDirectory);
    const sleeper = (index: number) =>
      spawn('/bin/sleep', ['600'], {
        detached: true,
        stdio: 'ignore',
        env: {
          CLOUD_RUN_JOB: 'j',
          CLOUD_RUN_EXECUTION: 'j-abcde',
          CLOUD_RUN_TASK_INDEX: String(index),
          CLOUD_RUN_TASK_ATTEMPT: '0',
        },
      });
    const [other, wanted] = [sleeper(2), sleeper(1)];
    try {
      const record = {
        instanceId: 'a'.repeat(64),
        service: 'j',
        revision: 'j-abcde',
        task: { index: 1, attempt: 0 },
        port: 0,
        owner: { pid: 4_000_000, identity: 'x:1' },
        runs: { kind: 'process' },
      };
      await writeFile(join(stateDirectory, `${record.instanceId}.json`), JSON.stringify(record));
      // A new process has its environment only when it has become the program.
      await until('it runs', async () => (await readFile(`/proc/${wanted.pid}/environ`, 'utf8')).includes('INDEX=1'));
      const stopped = await stopLeftovers(stateDirectory);
      assert.deepEqual(
        stopped.map(({ task, pid }) => [task, pid]),
        [[1, wanted.pid]],
      );
      assert.ok(isAlive(other.pid ?? 0));
    } finally {
      wanted.kill('SIGKILL');
      other.kill('SIGKILL');
    }
  });

  it('kill -9 of the emulator leaves tasks that stopLeftovers finds', async () => {
    const stateDirectory = join(bench.root, 'killed');
    const out = await bench.outDirectory();
    const container = { image: bench.image, args: ['deaf'], env: [{ name: 'OUT', value: out }] };
    const given = {
      options: { ...bench.options, stateDirectory },
      job: { template: { taskCount: 2, template: { containers: [container] } } },
    };
    const owner = spawn(process.execPath, [EMULATOR_RUN, JSON.stringify(given)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    try {
      await tasksBegin(out, 2);
      assert.deepEqual(await stopLeftovers(stateDirectory), [], 'its owner lives');
      const ended = new Promise((resolve) => owner.once('close', resolve));
      owner.kill('SIGKILL');
      await ended;
      const stopped = await stopLeftovers(stateDirectory);
      assert.deepEqual(stopped.map(({ kind, service, task }) => [kind, service, task]).sort(), [
        ['process', 'killed', 0],
        ['process', 'killed', 1],
      ]);
      assert.ok(stopped.every(({ revision }) => /^killed-[a-z0-9]{5}$/.test(revision)));
      assert.deepEqual(
        stopped.filter(({ pid = 0 }) => startIdentity(pid) !== undefined),
        [],
      );
      assert.deepEqual(await readdir(stateDirectory), []);
    } finally {
      owner.kill('SIGKILL');
    }
  });
});
