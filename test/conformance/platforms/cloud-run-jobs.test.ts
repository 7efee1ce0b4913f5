import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openClients } from '../../../src/adapters/platforms/cloud-run/clients.ts';
import { createCloudRunPlatform } from '../../../src/adapters/platforms/cloud-run/platform.ts';
import { createClock } from '../../../src/adapters/system/clock.ts';
import { cleanup } from '../../../src/commands/cleanup.ts';
import type { JobSpec } from '../../../src/domain/load.ts';
import type { Fault, FaultRule } from '../../../src/emulator/admin/faults.ts';
import { startEmulator } from '../../../src/emulator/emulator.ts';
import { ownedLabels, RUN_LABEL } from '../../../src/plan/naming.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { JobRunner } from '../../../src/ports/job-runner.ts';
import { fastClock } from '../../helpers/fast-clock.ts';
import { SILENT_LOGGER } from '../../helpers/killed-run/stage.ts';
import { runPorts } from '../../helpers/run-ports.ts';
import { jobRunnerSuite } from '../job-runner.suite.ts';

const FIXTURE = join(import.meta.dirname, '../../e2e/fixture');
/** Leaves a file for each task that runs. */
const TRACE = 'echo > "$OUT/$CLOUD_RUN_EXECUTION-$CLOUD_RUN_TASK_INDEX"; [ "$TASK" != hang ] || exec sleep 600';
const LABELS = { 'perf-run-id': 'run-1', 'perf-owner': 'org' };

const opened: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** The real adapter over gRPC, the embedded Admin API, and tasks that are processes. */
async function open(image: object, rules: readonly FaultRule[] = [], clock: Clock = createClock()) {
  const root = await mkdtemp(join(tmpdir(), 'cloud-run-jobs-'));
  const [imagesDirectory, out] = [join(root, 'images'), join(root, 'out')];
  for (const directory of [imagesDirectory, out]) await mkdir(directory);
  const digest = createHash('sha256').update(JSON.stringify(image)).digest('hex');
  const name = `local/tasks@sha256:${digest}`;
  await writeFile(join(imagesDirectory, `${digest}.json`), JSON.stringify({ image: name, ...image }));
  const options = { imagesDirectory, stateDirectory: join(root, 'state'), runtime: 'process' } as const;
  const emulator = await startEmulator({ ...options, shutdownGraceMs: 100, faults: { seed: 1, rules } });
  const { project, region, adminHost: host, adminPort: port, loggingUrl } = emulator;
  const place = { name: 'local', project, region, admin: { host, port }, loggingUrl } as const;
  const platform = await createCloudRunPlatform({ ...place, clock, logger: SILENT_LOGGER });
  const close = async () => {
    await platform.close();
    await emulator.close();
    await rm(root, { recursive: true, force: true });
  };
  const spec: JobSpec = {
    name: 'load',
    image: name,
    labels: LABELS,
    env: { OUT: out },
    cpu: '1',
    memory: '512Mi',
    taskTimeoutMs: 60_000,
  };
  return { platform, jobs: platform.jobs as JobRunner, image: name, spec, host, port, project, region, out, close };
}

const openFixture = () => open({ directory: FIXTURE, run: [process.execPath, 'server.mjs'] });
const openTrace = (rules: readonly FaultRule[], clock: Clock) =>
  open({ directory: tmpdir(), run: ['/bin/sh', '-c', TRACE] }, rules, clock);

jobRunnerSuite('Cloud Run adapter on the emulator', async () => ({
  ...(await openFixture()),
  suffix: 'emulator',
  startMs: 300,
}));

test('what the platform keeps of a job: no second try, its generation, its timeout; an aborted execution is cancelled', async () => {
  const { jobs, spec, host, port, project, region, close } = await openFixture();
  const clients = await openClients({ host, port });
  opened.push(close, () => clients.close());
  await jobs.deploy(spec);
  const api = await clients.jobs();
  const name = `projects/${project}/locations/${region}/jobs/load`;
  const [{ template, labels }] = await api.jobs.getJob({ name });
  assert.deepEqual(labels, LABELS);
  assert.equal(template?.taskCount, 1);
  assert.equal(template?.template?.maxRetries, 0, 'three where it is not said');
  assert.equal(template?.template?.executionEnvironment, 'EXECUTION_ENVIRONMENT_GEN2');
  assert.equal(String(template?.template?.timeout?.seconds), '60');
  const killed = await jobs.run('load', { taskCount: 2, env: { TASK: 'kill 1' } });
  assert.deepEqual(
    killed.tasks.map(({ succeeded }) => succeeded),
    [true, false],
  );
  assert.match(killed.tasks[1]?.reason ?? '', /^ended by signal 9 \(SIGKILL\)/);
  const controller = new AbortController();
  const hanging = jobs.run('load', { taskCount: 3, env: { TASK: 'hang' } }, controller.signal);
  setTimeout(() => controller.abort(), 200);
  await assert.rejects(hanging, { name: 'AbortError' });
  const [[newest]] = await api.executions.listExecutions({ parent: name });
  assert.deepEqual([newest?.runningCount, newest?.cancelledCount], [0, 3]);
});

test('cleanup ends what a killed run has left running, and what is not of the run stays', async () => {
  const { platform, jobs, spec, out, close } = await openTrace([], createClock());
  opened.push(close);
  const runLabels = { ...ownedLabels('org'), [RUN_LABEL]: 'run-1' };
  await jobs.deploy({ ...spec, labels: runLabels });
  await jobs.deploy({ ...spec, name: 'of-another', labels: { ...runLabels, [RUN_LABEL]: 'run-2' } });
  const abandoned = jobs.run('load', { taskCount: 2, env: { TASK: 'hang' } });
  while ((await readdir(out)).length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  const { ports, printed } = runPorts({ platform: async () => platform, stopLeftovers: async () => [] });
  const request = { command: 'cleanup', verbose: false, dryRun: false, all: false, run: 'run-1' } as const;
  const { exitCodes } = await cleanup(request, 'cloudrun', ports, new AbortController().signal);
  assert.deepEqual([exitCodes, printed], [[], ['removed job load\n']]);
  assert.deepEqual(
    (await abandoned).tasks.map(({ succeeded }) => succeeded),
    [false, false],
  );
  assert.deepEqual(
    (await jobs.list({})).map(({ name }) => name),
    ['of-another'],
  );
});

const METHODS = ['CreateJob', 'RunJob', 'DeleteJob'];
/** Seconds that a client of Google would wait pass in a hundredth. */
const FASTER = 100;

const FAULTS: readonly Fault[] = [
  'quota',
  'unavailable',
  'internal',
  'aborted',
  'lost-response',
  'hung-operation',
  'slow-operation',
  'dropped-operation',
];

test('a fault of each write alone: the load is made once, and nothing is left', { concurrency: true }, async (t) => {
  const met = FAULTS.map((fault) =>
    t.test(fault, async () => {
      const rule = { fault, methods: METHODS, calls: [1], retryAfterMs: 5_000, slowMs: 100 };
      const { jobs, spec, out, close } = await openTrace([rule], fastClock(FASTER));
      opened.push(close);
      await jobs.deploy(spec);
      const { tasks } = await jobs.run('load', { taskCount: 2, env: {} });
      assert.deepEqual(
        tasks.map(({ succeeded, reason }) => reason ?? succeeded),
        [true, true],
      );
      assert.equal((await readdir(out)).length, 2, 'one file for each task that ran');
      await jobs.remove('load');
      assert.deepEqual(await jobs.list({}), []);
    }),
  );
  await Promise.all(met);
});

test('a run that the platform carries out twice is refused, and both are cancelled', async () => {
  const rule = { fault: 'duplicate', methods: ['RunJob'], calls: [1] } as const;
  const { jobs, spec, host, port, project, region, close } = await openTrace([rule], fastClock(10));
  const clients = await openClients({ host, port });
  opened.push(close, () => clients.close());
  await jobs.deploy(spec);
  await assert.rejects(jobs.run('load', { taskCount: 2, env: { TASK: 'hang' } }), { code: 'load-ran-twice' });
  const { executions } = await clients.jobs();
  const parent = `projects/${project}/locations/${region}/jobs/load`;
  const [found] = await executions.listExecutions({ parent });
  assert.deepEqual(
    found.map(({ runningCount, cancelledCount }) => [runningCount, cancelledCount]),
    [
      [0, 2],
      [0, 2],
    ],
  );
  await jobs.remove('load');
});
