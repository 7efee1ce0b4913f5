import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createOwnImage } from '../../src/adapters/images/own-image.ts';
import { createCloudRunPlatform } from '../../src/adapters/platforms/cloud-run/platform.ts';
import { createDirectoryStore } from '../../src/adapters/results/directory.ts';
import { createClock } from '../../src/adapters/system/clock.ts';
import { benchmark } from '../../src/commands/benchmark.ts';
import { parseCliArgs } from '../../src/config/cli-args.ts';
import type { BenchmarkRequest } from '../../src/config/request.ts';
import { openContext } from '../../src/context.ts';
import { InfrastructureError } from '../../src/domain/errors.ts';
import type { ServiceTypeResults } from '../../src/domain/run.ts';
import { type Emulator, startEmulator } from '../../src/emulator/emulator.ts';
import { jobLoad } from '../../src/measure/job-load.ts';
import type { LoadInput } from '../../src/measure/load-driver.ts';
import { describeRecording } from '../../src/measure/warm-block.ts';
import { COMMAND_LINE } from '../../src/paths.ts';
import type { JobRunner } from '../../src/ports/job-runner.ts';
import type { Platform } from '../../src/ports/platform.ts';
import { decode } from '../../src/results/codec.ts';
import { decodeHistogram } from '../../src/stats/histogram.ts';
import { newWorkspace, placeRepository, ROOT, readJson, runTool } from '../helpers/cli.ts';
import { RESULT_SCHEMAS } from '../helpers/result-schemas.ts';

const silent = () => undefined;
const warnings: string[] = [];
const logger = {
  debug: silent,
  info: silent,
  warn: (text: string) => void warnings.push(text),
  error: silent,
  progress: silent,
};
const clock = createClock();
const workspace = newWorkspace();
const images = join(workspace.directory, 'images');
const store = createDirectoryStore(join(workspace.directory, 'exchange'));
let emulator: Emulator;
let platform: Platform;
let server: Server;
let asked = 0;
/** How long the service thinks, milliseconds: blocks last long enough for the scheduler's whims not to matter. */
const ANSWER_MS = 40;

before(async () => {
  server = createServer((_request, response) => {
    asked += 1;
    setTimeout(() => response.setHeader('content-type', 'application/json').end('{"type":1}'), ANSWER_MS);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  emulator = await startEmulator({ imagesDirectory: images, stateDirectory: workspace.state, runtime: 'process' });
  platform = await createCloudRunPlatform({
    name: 'local',
    clock,
    logger,
    project: emulator.project,
    region: emulator.region,
    admin: { host: emulator.adminHost, port: emulator.adminPort },
    loggingUrl: emulator.loggingUrl,
  });
});
after(async () => {
  await platform?.close();
  await emulator?.close();
  server.closeAllConnections();
  server.close();
  workspace.remove();
});

const serviceUrl = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

function jobs(): JobRunner {
  assert.ok(platform.jobs !== undefined);
  return platform.jobs;
}

/** One execution of a job of this very program, or of what `image` names. */
async function execute(name: string, tasks: number, load: Partial<LoadInput['warm']> = {}, image?: string) {
  const own = createOwnImage({
    platform: 'local',
    builder: noBuilder,
    imagesDirectory: images,
    root: ROOT,
    commandLine: COMMAND_LINE,
    clock,
  });
  const artifact = image ?? (await own({ label: 'x' })).image;
  // What the tasks compile is the same: with the machine's two CPUs that is most of what a start costs.
  const env = { NODE_COMPILE_CACHE: join(workspace.directory, 'compiled') };
  const spec = { name, image: artifact, labels: {}, env, cpu: '1', memory: '512Mi', taskTimeoutMs: 60_000 };
  await jobs().deploy(spec);
  try {
    const place = `runs/run-x/load/${name}`;
    const input = { job: name, tasks, place, runId: 'run-x', serviceType: 'discord-webhook', next: () => 1 };
    const round: LoadInput = {
      blocks: [{ id: 'a', url: serviceUrl() }],
      warm: { connections: 16, requests: 320, warmupRequests: 32, ...load },
      requestTimeoutMs: 5_000,
      // Tasks find theirs by the plan.
      protocol: {} as LoadInput['protocol'],
    };
    return await jobLoad(input, { jobs: jobs(), store, logger }).run(round);
  } finally {
    await jobs().remove(name);
  }
}

const noBuilder = { unavailable: async () => 'not used', build: () => Promise.reject(new Error('not used')) };

// 4 tasks are those of the benchmark below.
for (const tasks of [1, 16]) {
  test(`${tasks} tasks of a job record what one process would have`, async () => {
    const before = asked;
    const [outcome] = await execute(`load-${tasks}`, tasks);
    assert.equal(outcome?.missing, undefined, warnings.join('\n'));
    const recording = outcome?.recording;
    assert.ok(recording !== undefined);
    // Every request that the service saw is in it, and none twice.
    assert.deepEqual([recording.sent, recording.connections, recording.errors], [320, 16, {}]);
    assert.equal(recording.warmupRequests + recording.sent, asked - before);
    assert.equal(decodeHistogram(recording.histogram).count, 320);
    const block = describeRecording(recording);
    assert.equal(block.void, undefined);
    assert.ok(block.minMs >= ANSWER_MS - 1, `${block.minMs}`);
    assert.ok(
      block.requestsPerSecond > 16 && block.requestsPerSecond <= (16 * 1000) / (ANSWER_MS - 1),
      `${block.requestsPerSecond}`,
    );
    assert.deepEqual(await store.list('runs/'), [], 'a whole execution leaves nothing');
  });
}

test('a task that is killed while it loads is named, and voids the block', async () => {
  const killed = join(workspace.directory, 'killed');
  mkdirSync(killed);
  // Task 2 dies as soon as all tasks are ready, before it can have its last answer.
  writeFileSync(
    join(killed, 'start.mjs'),
    `import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
const { CLOUDRUN_PERF_LOAD_STORE: store, CLOUDRUN_PERF_LOAD_PLAN: plan, CLOUD_RUN_TASK_INDEX: task, CLOUD_RUN_TASK_COUNT: count } = process.env;
const ready = join(store, dirname(plan), 'ready/0-timed');
if (task === '2') setInterval(() => {
  if (existsSync(ready) && readdirSync(ready).filter((name) => !name.startsWith('.')).length === Number(count)) process.kill(process.pid, 'SIGKILL');
}, 5);
process.argv.splice(1, 1, ${JSON.stringify(COMMAND_LINE)});
await import(${JSON.stringify(COMMAND_LINE)});
`,
  );
  const hex = 'd'.repeat(64);
  const image = `local/killed@sha256:${hex}`;
  const run = [process.execPath, join(killed, 'start.mjs'), 'worker'];
  writeFileSync(join(images, `${hex}.json`), JSON.stringify({ image, directory: killed, run }));
  const [outcome] = await execute('load-killed', 3, { connections: 6, requests: 240 }, image);
  assert.match(outcome?.missing ?? '', /^1 of 3 tasks left no recording: task 2 \(.*SIGKILL.*\)$/);
  assert.deepEqual([outcome?.recording?.connections, outcome?.recording?.sent], [4, 160]);
  const left = await store.list('runs/run-x/load/load-killed-1/task-');
  assert.deepEqual(
    left.map((path) => path.slice(-'task-0.json'.length)),
    ['task-0.json', 'task-1.json'],
  );
});

test('a benchmark takes its warm load from a job, which is gone afterwards', async () => {
  placeRepository(workspace, 'pipeline', 'right');
  writeFileSync(
    join(workspace.directory, 'perf.yaml'),
    `version: "1.0"
service_repositories: [{ url: repo }]
benchmark: { warm_requests: { count: 400, concurrency: 4 } }
load: { tasks: 4 }
emulator: { runtime: process }
`,
  );
  const args = ['benchmark', '--platform', 'local', '--config', 'perf.yaml', '--impl', 'right', '--results', 'results'];
  const { code, stdout, stderr } = await runTool(workspace, [
    ...args,
    '--iterations',
    '2',
    '--rounds',
    '1',
    '--load-from',
    'job',
  ]);
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  const runs = join(workspace.results, 'runs');
  const run = join(runs, readdirSync(runs)[0] ?? '');
  const metadata = readJson(join(run, 'metadata.json'));
  const made = metadata.resources.created.map(({ kind }: { kind: string }) => kind);
  assert.deepEqual([made, metadata.resources.left], [['service', 'job'], []]);
  assert.equal(metadata.resources.removed.length, 2);
  assert.match(metadata.driver, /; warm load from 4 tasks of a job$/);
  const results: ServiceTypeResults = decode(
    'results',
    readFileSync(join(run, 'discord-webhook/results.json'), 'utf8'),
    'results.json',
    RESULT_SCHEMAS,
  );
  const { measurement } = results.implementations.find(({ name }) => name === 'right') ?? {};
  assert.deepEqual(measurement?.load, { from: 'job', tasks: 4 });
  assert.deepEqual(
    measurement?.samples.map(({ warm }) => [warm?.requests, warm?.connections]),
    [
      [400, 4],
      [400, 4],
    ],
  );
  assert.deepEqual(readdirSync(run).sort(), ['discord-webhook', 'metadata.json', 'report.json', 'report.md']);
  assert.equal(workspace.instances().length, 0);
});

test('without its job nothing is measured: load never comes from elsewhere', async () => {
  const results = join(workspace.directory, 'unmeasured');
  const given = ['benchmark', '--platform', 'local', '--load-from', 'job', '--baseline', 'none', '--impl', 'right'];
  const place = ['--manifest', join(workspace.directory, 'repo'), '--results', results];
  const request = parseCliArgs([...given, ...place, '--iterations', '1', '--rounds', '1']) as BenchmarkRequest;
  const { signal } = new AbortController();
  process.env.CLOUDRUN_PERF_STATE_DIR = workspace.state;
  const { config, platform: name, ports, close } = await openContext(request, { kind: 'cli', signal });
  const loadImage = () =>
    Promise.reject(new InfrastructureError('load-image-unbuildable', 'no engine and no registry'));
  try {
    const quiet = { logger, print: silent, loadImage };
    const { exitCodes, states } = await benchmark(request, name, config, { ...ports, ...quiet }, signal);
    assert.deepEqual([exitCodes, states], [[1], { right: 'not measured' }]);
  } finally {
    await close();
  }
  const [run = ''] = readdirSync(join(results, 'runs'));
  const [right] = readJson(join(results, 'runs', run, 'discord-webhook/results.json')).implementations;
  assert.deepEqual(
    [right.state, right.reason, right.measurement],
    ['not measured', 'no engine and no registry', undefined],
  );
  const { created } = readJson(join(results, 'runs', run, 'metadata.json')).resources;
  assert.deepEqual(
    created.map(({ kind }: { kind: string }) => kind),
    ['service'],
  );
});

test('a store that tasks cannot see is refused before anything is made', async () => {
  const args = [
    'benchmark',
    '--load-from',
    'job',
    '--manifest',
    'repo',
    '--impl',
    'right',
    '--baseline',
    'none',
    '--dry-run',
  ];
  const cloud = await runTool(workspace, [
    ...args,
    '--platform',
    'cloudrun',
    '--project',
    'my-project-1',
    '--results',
    'here',
  ]);
  assert.equal(cloud.code, 2, cloud.stderr);
  assert.match(cloud.stderr, /\[load-needs-bucket\]/);
});
