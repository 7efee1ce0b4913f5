import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import {
  completedOf,
  countsOf,
  type JobsBench,
  openJobsBench,
  shortName,
  until,
} from '../../fixtures/services/jobs/bench.ts';
import { describeDocker, docker, NODE_IMAGE, provideBase } from '../../helpers/docker.ts';

const TEST_MS = 90_000;
const TASK = `
  const { CLOUD_RUN_JOB, CLOUD_RUN_TASK_INDEX, CLOUD_RUN_TASK_COUNT, PORT, GREETING } = process.env;
  console.log([CLOUD_RUN_JOB, CLOUD_RUN_TASK_INDEX, CLOUD_RUN_TASK_COUNT, PORT, GREETING].join(' '));
  if (process.argv[1] === 'exit' && CLOUD_RUN_TASK_INDEX === '1') process.exit(7);
  if (process.argv[1] === 'hang') setInterval(() => {}, 1000);
  const held = [];
  if (process.argv[1] === 'fill') for (;;) held.push(Buffer.alloc(8 * 2 ** 20, 1));
`;

/** Containers of one execution's tasks, running or not. */
const containersOf = (execution: string) =>
  docker('ps', '--all', '--quiet', '--filter', `label=cloudrun-perf.execution=${execution}`)
    .split('\n')
    .filter(Boolean);

describeDocker('tasks of jobs in containers', () => {
  let bench: JobsBench;
  let removeBase: () => void;

  before(async () => {
    removeBase = provideBase(NODE_IMAGE);
    bench = await openJobsBench({ runtime: 'container', shutdownGraceMs: 1_000 });
  });
  after(async () => {
    await bench?.close();
    removeBase();
  });

  const create = (id: string, how: string) =>
    bench.create(id, ['-e', TASK, how], {
      containers: [
        {
          image: NODE_IMAGE,
          command: ['node'],
          args: ['-e', TASK, how],
          env: [{ name: 'GREETING', value: 'hello' }],
          resources: { limits: { cpu: '1', memory: '512Mi' } },
        },
      ],
    });

  async function linesOf(execution: string): Promise<readonly string[]> {
    const body = JSON.stringify({
      resourceNames: ['projects/p'],
      filter: `logName="projects/p/logs/run.googleapis.com%2Fstdout" AND labels."run.googleapis.com/execution_name"="${execution}"`,
    });
    const answer = await fetch(`${bench.emulator.loggingUrl}/v2/entries:list`, { method: 'POST', body });
    const { entries } = (await answer.json()) as { entries: { textPayload: string }[] };
    return entries.map(({ textPayload }) => textPayload).sort();
  }

  it('run to their end with their environment and without a port', { timeout: TEST_MS }, async () => {
    await create('boxed', 'exit');
    const { execution, tasks, error } = await bench.run('boxed', { taskCount: 3 });
    assert.equal(error?.code, 10);
    assert.deepEqual(countsOf(execution), [0, 2, 1, 0, 0]);
    assert.deepEqual(
      tasks.map(({ lastAttemptResult }) => lastAttemptResult?.exitCode),
      [0, 7, 0],
    );
    const id = shortName(execution.name);
    assert.deepEqual(await linesOf(id), ['boxed 0 3  hello', 'boxed 1 3  hello', 'boxed 2 3  hello']);
    assert.deepEqual(containersOf(id), []);
  });

  it('are gone after a cancellation', { timeout: TEST_MS }, async () => {
    await create('endless', 'hang');
    const { name } = await bench.start('endless', 2);
    await until('both run', async () => (await linesOf(shortName(name))).length === 2);
    const [cancelling] = await bench.executions.cancelExecution({ name });
    assert.deepEqual(countsOf((await cancelling.promise())[0]), [0, 0, 0, 2, 0]);
    assert.deepEqual(containersOf(shortName(name)), []);
  });

  it('are killed when they exceed their memory', { timeout: TEST_MS }, async () => {
    await create('greedy', 'fill');
    const { execution, tasks } = await bench.run('greedy');
    assert.equal(completedOf(execution)?.executionReason, 'NON_ZERO_EXIT_CODE');
    // What an engine says of a container that signal 9 ended.
    assert.equal(tasks[0]?.lastAttemptResult?.exitCode, 137);
  });
});
