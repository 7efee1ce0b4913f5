import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newExecutionRecord } from '../../../src/emulator/jobs/execution-record.ts';
import { outcomeOf } from '../../../src/emulator/jobs/execution-state.ts';
import { runExecution } from '../../../src/emulator/jobs/run-execution.ts';
import { createTaskLog } from '../../../src/emulator/jobs/task-log.ts';
import type { Instance, InstanceEnd } from '../../../src/emulator/model.ts';
import type { OutputSink, TaskSpec, Workload } from '../../../src/emulator/workload.ts';

interface Started {
  readonly spec: TaskSpec;
  readonly write: OutputSink;
  /** The runtime has it running. */
  runs(): void;
  ends(end: InstanceEnd): void;
  stops: number;
}

/** An execution on a runtime that does what the test says. A task that is told to stop ends by SIGTERM. */
function execution(taskCount: number, parallelism = 0) {
  const started: Started[] = [];
  const log = createTaskLog();
  const start = (workload: Workload, id: string, write: OutputSink = () => undefined): Promise<Instance> => {
    const running = Promise.withResolvers<Instance>();
    const ended = Promise.withResolvers<InstanceEnd>();
    const one: Started = {
      spec: workload as TaskSpec,
      write,
      runs: () => running.resolve(instance),
      ends: ended.resolve,
      stops: 0,
    };
    const stop = async () => {
      one.stops += 1;
      ended.resolve({ signal: 'SIGTERM' });
    };
    const instance: Instance = { id, port: 0, ended: ended.promise, stop, outputTail: () => '' };
    started.push(one);
    return running.promise;
  };
  const template = { containers: [{ image: 'x' }], maxRetries: 0, timeout: { seconds: '600' } };
  const record = newExecutionRecord({
    id: 'j-abcde',
    job: 'j',
    location: { project: 'p', region: 'r' },
    launchStage: 'GA',
    template: { taskCount, parallelism, template },
  });
  const run = runExecution(record, { runtime: { start }, log, now: () => 0, secret: () => undefined });
  return { run, started, log };
}

/** Until all that has been decided has been carried out. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('a task that is cancelled while it is being started is stopped as soon as it runs', async () => {
  const { run, started } = execution(1);
  await settled();
  run.cancel();
  started[0]?.runs();
  await run.completed;
  assert.equal(started[0]?.stops, 1);
  assert.equal(outcomeOf(run.state()), 'cancelled');
});

test('what is cancelled before it begins starts nothing', async () => {
  const { run, started } = execution(3);
  run.cancel();
  await run.completed;
  await settled();
  assert.deepEqual(started, []);
});

test('the next task starts when one has ended, not before', async () => {
  const { run, started } = execution(3, 2);
  await settled();
  assert.deepEqual(
    started.map(({ spec }) => spec.index),
    [0, 1],
  );
  started[1]?.runs();
  await settled();
  started[1]?.ends({ exitCode: 0 });
  await settled();
  assert.deepEqual(
    started.map(({ spec }) => spec.index),
    [0, 1, 2],
  );
  for (const one of started) {
    one.runs();
    one.ends({ exitCode: 0 });
  }
  await run.completed;
  assert.equal(outcomeOf(run.state()), 'succeeded');
});

test('what a task wrote last is in the log before its end is, with or without a newline', async () => {
  const { run, started, log } = execution(1);
  await settled();
  started[0]?.runs();
  started[0]?.write('stderr', Buffer.from('cannot go on'));
  started[0]?.ends({ exitCode: 7 });
  await run.completed;
  assert.deepEqual(
    log.lines().map(({ text }) => text),
    ['cannot go on', 'Container called exit(7).'],
  );
});
