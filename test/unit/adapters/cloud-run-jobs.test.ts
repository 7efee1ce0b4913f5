import assert from 'node:assert/strict';
import { test } from 'node:test';
import { protos } from '@google-cloud/run';
import { createJobRunner } from '../../../src/adapters/platforms/cloud-run/jobs.ts';
import { createJobRequest, runJobRequest } from '../../../src/adapters/platforms/cloud-run/jobs-requests.ts';
import { taskEnd } from '../../../src/adapters/platforms/cloud-run/jobs-tasks.ts';
import type { Session } from '../../../src/adapters/platforms/cloud-run/session.ts';
import type { JobSpec } from '../../../src/domain/load.ts';
import type { Logger } from '../../../src/ports/logger.ts';
import { type CallFault, type FakeJobs, fakeJobs } from '../../helpers/fake-jobs-api.ts';
import { virtualClock } from '../../helpers/virtual-clock.ts';

const { CreateJobRequest } = protos.google.cloud.run.v2;
const PLACE = { project: 'p', region: 'r' };
const JOB = 'projects/p/locations/r/jobs/load';
const RUN = { 'perf-run-id': 'run-1', 'perf-owner': 'org' };
const SPEC: JobSpec = {
  name: 'load',
  image: 'i@sha256:1',
  labels: RUN,
  env: { PLAN: 'gs://b/plan' },
  cpu: '2',
  memory: '1Gi',
  serviceAccount: 'load@p.iam.gserviceaccount.com',
  taskTimeoutMs: 600_000,
};
const REQUEST = { taskCount: 2, env: { BLOCKS: 'gs://b/1' } };

/** A runner on simulated time, over an API that answers by script. */
function world(faults: Readonly<Record<string, readonly CallFault[]>> = {}) {
  const clock = virtualClock();
  const api = fakeJobs(clock);
  for (const [method, list] of Object.entries(faults)) api.faults.set(method, [...list]);
  const lines: string[] = [];
  const say = (message: string) => void lines.push(message);
  const silent = () => undefined;
  const logger: Logger = { debug: silent, info: say, warn: say, error: say, progress: silent };
  const writes: number[] = [];
  let written: () => void = silent;
  const session: Session = {
    place: PLACE,
    clients: api.clients,
    clock,
    logger,
    pollMs: 1_000,
    retry: { attempts: 6, baseMs: 1_000, capMs: 30_000, random: () => 0.5 },
    accessToken: async () => undefined,
    async admitWrite() {
      writes.push(clock.monotonicMs());
      written();
    },
  };
  const onWrite = (then: () => void) => {
    written = then;
  };
  return { clock, api, lines, writes, onWrite, runner: createJobRunner(session) };
}
const count = ({ calls }: FakeJobs, method: string) => calls.filter((call) => call.startsWith(`${method} `)).length;
const running = ({ executions }: FakeJobs) => [...executions.values()].filter((one) => one.completionTime == null);

test('a job says everything that Cloud Run would choose by itself: no second try, GEN2, the timeout', () => {
  const request = createJobRequest(PLACE, SPEC, { a: 'b' });
  assert.equal(request.parent, 'projects/p/locations/r');
  assert.equal(request.jobId, 'load');
  assert.deepEqual(request.job, {
    labels: RUN,
    annotations: { a: 'b' },
    template: {
      labels: RUN,
      taskCount: 1,
      parallelism: 0,
      template: {
        containers: [
          {
            image: 'i@sha256:1',
            env: [{ name: 'PLAN', value: 'gs://b/plan' }],
            resources: { limits: { cpu: '2', memory: '1Gi' } },
          },
        ],
        maxRetries: 0,
        timeout: { seconds: 600, nanos: 0 },
        executionEnvironment: 'EXECUTION_ENVIRONMENT_GEN2',
        serviceAccount: 'load@p.iam.gserviceaccount.com',
      },
    },
  });
  // A zero that is left out of the message means three.
  const sent = CreateJobRequest.decode(CreateJobRequest.encode(CreateJobRequest.fromObject(request)).finish());
  assert.ok(Object.hasOwn(sent.job?.template?.template ?? {}, 'maxRetries'));
  const { serviceAccount: _, ...nobody } = SPEC;
  assert.ok(!('serviceAccount' in (createJobRequest(PLACE, nobody, {}).job?.template?.template ?? {})));
});

test('an execution overrides the number of tasks and adds to the environment, with the marker of its call', () => {
  assert.deepEqual(runJobRequest(PLACE, 'load', REQUEST, 'm'), {
    name: JOB,
    overrides: {
      taskCount: 2,
      containerOverrides: [
        {
          env: [
            { name: 'BLOCKS', value: 'gs://b/1' },
            { name: 'CLOUDRUN_PERF_EXECUTION', value: 'm' },
          ],
        },
      ],
    },
  });
});

const time = { seconds: 1 };
const told = (state: 'CONDITION_SUCCEEDED' | 'CONDITION_FAILED', more: object = {}) => ({
  startTime: time,
  completionTime: time,
  conditions: [{ type: 'Started', state: 'CONDITION_SUCCEEDED' } as const, { type: 'Completed', state, ...more }],
});
const attempted = (result: object) => ({ lastAttemptResult: { exitCode: 0, termSignal: 0, status: null, ...result } });
for (const { title, task, reason } of [
  { title: 'one that succeeded', task: told('CONDITION_SUCCEEDED'), reason: undefined },
  {
    title: 'one that succeeded, as its attempt alone tells',
    task: { startTime: time, completionTime: time, ...attempted({}) },
    reason: undefined,
  },
  { title: 'one that nobody tells of', task: undefined, reason: 'the platform does not tell of it' },
  {
    title: 'one that left with a code',
    task: { ...told('CONDITION_FAILED', { message: 'Task failed' }), ...attempted({ exitCode: 3 }) },
    reason: 'exit code 3: Task failed',
  },
  {
    title: 'one that was killed',
    task: {
      ...told('CONDITION_FAILED', { message: ' Memory limit\n of 512 MiB exceeded ' }),
      ...attempted({ termSignal: 9 }),
    },
    reason: 'ended by signal 9 (SIGKILL): Memory limit of 512 MiB exceeded',
  },
  {
    title: 'one that ran out of time',
    task: { ...told('CONDITION_FAILED'), ...attempted({ status: { code: 4, message: 'The task timed out' } }) },
    reason: 'failed: The task timed out',
  },
  {
    title: 'one that was cancelled',
    task: told('CONDITION_FAILED', { executionReason: 'CANCELLED' }),
    reason: 'CANCELLED',
  },
  {
    title: 'one whose image is missing',
    task: told('CONDITION_FAILED', { reason: 'CONTAINER_MISSING', message: 'no such image' }),
    reason: 'CONTAINER_MISSING: no such image',
  },
  { title: 'one that failed without a word', task: told('CONDITION_FAILED'), reason: 'failed' },
  { title: 'one that was never started', task: { conditions: [] }, reason: 'it was never started' },
  {
    title: 'one that is still going on',
    task: { startTime: time },
    reason: 'it had not ended when its execution had',
  },
  {
    title: 'one that ended somehow',
    task: { startTime: time, completionTime: time },
    reason: 'the platform does not tell how it ended',
  },
  {
    title: 'one that succeeded the second time',
    task: { ...told('CONDITION_SUCCEEDED'), retried: 1 },
    reason: 'it was started 2 times',
  },
  {
    title: 'one that succeeded with an exit code',
    task: { ...told('CONDITION_SUCCEEDED'), ...attempted({ exitCode: 1 }) },
    reason: 'exit code 1',
  },
]) {
  test(`the end of a task: ${title}`, () => {
    const succeeded = reason === undefined;
    assert.deepEqual(taskEnd(task, 7), { index: 7, succeeded, ...(succeeded ? {} : { reason }) });
  });
}

for (const fault of [10, 8, 14, 13, 4, 'lost', 'twice'] as const) {
  test(`a job is created once although CreateJob ends with ${fault}`, async () => {
    const { clock, api, runner } = world({ createJob: [fault] });
    await clock.run(runner.deploy(SPEC));
    assert.equal(api.jobs.size, 1);
    assert.equal(count(api, 'createJob'), fault === 'lost' || fault === 'twice' ? 1 : 2);
    assert.equal(count(api, 'deleteJob'), 0);
  });
}

test("another's job is left alone, one of this run's earlier attempt is made anew, and writes are admitted", async () => {
  const other = world();
  await other.clock.run(other.runner.deploy({ ...SPEC, labels: { ...RUN, 'perf-run-id': 'run-0' } }));
  await assert.rejects(other.clock.run(other.runner.deploy(SPEC)), { code: 'job-not-ours' });
  assert.equal(count(other.api, 'deleteJob'), 0);
  const again = world();
  await again.clock.run(again.runner.deploy(SPEC));
  await again.clock.run(again.runner.deploy({ ...SPEC, image: 'i@sha256:2' }));
  assert.equal(again.api.jobs.get(JOB)?.template?.template?.containers?.[0]?.image, 'i@sha256:2');
  assert.equal(count(again.api, 'deleteJob'), 1);
  assert.equal(again.writes.length, 4, 'created, found taken, removed, created');
});

test('a job that is refused is told of with what the platform says', async () => {
  const { clock, runner } = world({ createJob: [3] });
  await assert.rejects(clock.run(runner.deploy(SPEC)), { code: 'platform-refused', message: /^deploying load failed/ });
  const given = world({ createJob: [7] });
  await assert.rejects(given.clock.run(given.runner.deploy(SPEC)), { code: 'platform-failed' });
});

async function deployed(faults: Readonly<Record<string, readonly CallFault[]>> = {}) {
  const made = world(faults);
  await made.clock.run(made.runner.deploy(SPEC));
  return made;
}

test('an execution is polled until it has ended, and tells of each task', async () => {
  const { clock, api, runner, writes } = await deployed();
  const end = await clock.run(runner.run('load', REQUEST));
  assert.deepEqual(end, {
    execution: 'load-1',
    tasks: [
      { index: 0, succeeded: true },
      { index: 1, succeeded: true },
    ],
  });
  assert.equal(count(api, 'getExecution'), 11, 'once a second');
  assert.equal(writes.length, 2);
});

for (const fault of [8, 10, 14, 13, 4, 'lost', 'nameless', 'dropped'] as const) {
  test(`there is one execution although RunJob ends with ${fault}`, async () => {
    const { clock, api, runner } = await deployed({ runJob: [fault] });
    const end = await clock.run(runner.run('load', REQUEST));
    assert.equal(api.executions.size, 1);
    assert.ok(end.tasks.every(({ succeeded }) => succeeded));
    const stillborn = fault !== 'lost' && fault !== 'nameless';
    assert.equal(count(api, 'runJob'), stillborn ? 2 : 1, 'what may have happened is looked for first');
  });
}

test('an execution of which the answer says nothing is found although it shows late', async () => {
  for (const [fault, lagMs] of [
    ['lost', 12_000],
    ['nameless', 20_000],
  ] as const) {
    const { clock, api, runner } = await deployed({ runJob: [fault] });
    api.lagMs = lagMs;
    await clock.run(runner.run('load', REQUEST));
    assert.equal(count(api, 'runJob'), 1, fault);
  }
});

test('a call that was carried out twice is no measurement: all is cancelled, and it is told', async () => {
  for (const lagMs of [0, 20_000]) {
    const { clock, api, runner } = await deployed({ runJob: ['twice'] });
    api.lagMs = lagMs;
    api.durationMs = 60_000;
    await assert.rejects(clock.run(runner.run('load', REQUEST)), {
      code: 'load-ran-twice',
      message: /made 2 executions of one call \(load-1, load-2\)/,
    });
    assert.deepEqual(running(api), []);
  }
});

test('a second execution that shows after the look for the lost one is found at the end', async () => {
  const { clock, api, runner } = await deployed({ runJob: ['lost'] });
  api.lagMs = 40_000;
  api.durationMs = 120_000;
  await assert.rejects(clock.run(runner.run('load', REQUEST)), { code: 'load-ran-twice' });
  assert.equal(count(api, 'runJob'), 2);
  assert.deepEqual(running(api), []);
});

test('an abort cancels the execution before it is told, with its own reason', async () => {
  const { clock, api, runner } = await deployed();
  api.durationMs = 3_600_000;
  const controller = new AbortController();
  const reason = new Error('enough');
  const work = runner.run('load', REQUEST, controller.signal);
  void clock.sleep(30_000).then(() => controller.abort(reason));
  await assert.rejects(clock.run(work), (error) => error === reason);
  assert.deepEqual(running(api), []);
  assert.equal(count(api, 'cancelExecution'), 1);
});

test('an abort while the answer is on its way finds the execution all the same', async () => {
  const { clock, api, runner } = await deployed({ runJob: ['lost'] });
  api.durationMs = 3_600_000;
  api.lagMs = 3_000;
  const controller = new AbortController();
  const work = runner.run('load', REQUEST, controller.signal);
  void clock.sleep(3_100).then(() => controller.abort());
  await assert.rejects(clock.run(work), { name: 'AbortError' });
  assert.equal(api.executions.size, 1);
  assert.deepEqual(running(api), []);
});

test('an execution that is made only after the abort is cancelled too', async () => {
  const { clock, api, runner } = await deployed({ runJob: ['late'] });
  api.durationMs = 3_600_000;
  const controller = new AbortController();
  const work = runner.run('load', REQUEST, controller.signal);
  void clock.sleep(1_000).then(() => controller.abort());
  await assert.rejects(clock.run(work), { name: 'AbortError' });
  assert.equal(api.executions.size, 1);
  assert.deepEqual(running(api), []);
});

test('after an abort nothing is started any more, and a platform that hangs is not waited for', async () => {
  const before = await deployed();
  const controller = new AbortController();
  controller.abort();
  await assert.rejects(before.clock.run(before.runner.run('load', REQUEST, controller.signal)), { name: 'AbortError' });
  assert.equal(before.api.executions.size, 0);
  const during = new AbortController();
  const admitted = await deployed();
  admitted.onWrite(() => during.abort());
  await assert.rejects(admitted.clock.run(admitted.runner.run('load', REQUEST, during.signal)), { name: 'AbortError' });
  assert.equal(count(admitted.api, 'runJob'), 0);

  const { clock, api, runner, lines } = await deployed({ cancelExecution: ['hangs'] });
  api.durationMs = 3_600_000;
  const late = new AbortController();
  const work = runner.run('load', REQUEST, late.signal);
  void clock.sleep(10_000).then(() => late.abort());
  const startedMs = clock.monotonicMs();
  await assert.rejects(clock.run(work), { name: 'AbortError' });
  assert.ok(clock.monotonicMs() - startedMs <= 30_000, `${clock.monotonicMs() - startedMs} ms`);
  assert.deepEqual(lines, ['An execution may go on until its job is removed']);
});

test('a platform that fails for minutes does not cost the measurement', async () => {
  const { clock, api, runner } = await deployed({ getExecution: Array.from({ length: 30 }, () => 14) });
  api.durationMs = 200_000;
  const end = await clock.run(runner.run('load', REQUEST));
  assert.ok(end.tasks.every(({ succeeded }) => succeeded));
  const dead = await deployed({ getExecution: Array.from({ length: 10_000 }, () => 14) });
  dead.api.durationMs = 3_600_000;
  await assert.rejects(dead.clock.run(dead.runner.run('load', REQUEST)), { code: 'platform-failed' });
  assert.equal(count(dead.api, 'cancelExecution'), 1, 'what nobody watches is not left running');
});

test('an execution that never ends is ended', async () => {
  const { clock, api, runner } = await deployed();
  api.durationMs = Number.POSITIVE_INFINITY;
  await assert.rejects(clock.run(runner.run('load', REQUEST)), {
    code: 'operation-timeout',
    message: /^running load-1 has not come to an end within 1501 s$/,
  });
  assert.deepEqual(running(api), []);
});

test('tasks of an execution that is gone have failed', async () => {
  const { clock, api, runner } = await deployed();
  api.durationMs = 60_000;
  const work = runner.run('load', REQUEST);
  void clock.sleep(20_000).then(() => api.executions.clear());
  const { tasks } = await clock.run(work);
  const reason = 'its execution was deleted while it ran';
  assert.deepEqual(
    tasks,
    [0, 1].map((index) => ({ index, succeeded: false, reason })),
  );
});

test('the list of tasks is waited for, and what it lacks in the end has failed', async () => {
  const { clock, api, runner } = await deployed();
  const work = runner.run('load', { ...REQUEST, taskCount: 3 });
  const name = `${JOB}/executions/load-1`;
  void clock.sleep(5_000).then(() => api.tasks.set(name, [{ index: 1 }]));
  void clock.sleep(15_000).then(() =>
    api.tasks.set(name, [
      { index: 2, ...told('CONDITION_SUCCEEDED') },
      { index: 1, ...told('CONDITION_FAILED') },
    ]),
  );
  assert.deepEqual((await clock.run(work)).tasks, [
    { index: 0, succeeded: false, reason: 'the platform does not tell of it' },
    { index: 1, succeeded: false, reason: 'failed' },
    { index: 2, succeeded: true },
  ]);
});

test('a job is removed with what it runs; no job is success, and a cancellation that fails keeps nothing', async () => {
  const { clock, api, runner } = await deployed();
  await clock.run(runner.remove('none'));
  api.durationMs = 3_600_000;
  const work = runner.run('load', REQUEST);
  void clock.sleep(10_000).then(() => runner.remove('load'));
  assert.ok((await clock.run(work)).tasks.every(({ succeeded }) => !succeeded));
  assert.equal(api.jobs.size, 0);
  assert.deepEqual(running(api), []);
  const denied = await deployed({ listExecutions: [7] });
  await denied.clock.run(denied.runner.remove('load'));
  assert.equal(denied.api.jobs.size, 0);
  const lost = await deployed({ deleteJob: ['lost'] });
  await lost.clock.run(lost.runner.remove('load'));
  assert.equal(count(lost.api, 'deleteJob'), 1);
});

test('jobs are chosen by labels; no Jobs API means no jobs, no right to list them means that nobody knows', async () => {
  const { clock, api, runner } = await deployed();
  await clock.run(runner.deploy({ ...SPEC, name: 'other', labels: { ...RUN, 'perf-run-id': 'run-2' } }));
  const list = (labels: Readonly<Record<string, string>>) => clock.run(runner.list(labels));
  assert.deepEqual(
    (await list(RUN)).map(({ name, labels }) => [name, labels]),
    [['load', RUN]],
  );
  assert.equal((await list({ 'perf-owner': 'org' })).length, 2);
  assert.deepEqual(await list({ 'perf-owner': 'nobody' }), []);
  api.faults.set('listJobs', [12, 7, 14]);
  assert.deepEqual(await list(RUN), []);
  await assert.rejects(list(RUN), { code: 'jobs-denied' });
  assert.equal((await list(RUN)).length, 1);
});
