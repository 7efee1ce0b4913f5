import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createOwnImage } from '../../src/adapters/images/own-image.ts';
import { createCloudRunPlatform } from '../../src/adapters/platforms/cloud-run/platform.ts';
import { createDirectoryStore } from '../../src/adapters/results/directory.ts';
import { createClock } from '../../src/adapters/system/clock.ts';
import { benchmark } from '../../src/commands/benchmark.ts';
import type { Ports } from '../../src/commands/ports.ts';
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
import { filesBelow, newWorkspace, placeRepository, ROOT, readJson, runTool } from '../helpers/cli.ts';
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

/** One execution of a job of this very program. */
async function execute(name: string, tasks: number) {
  const own = createOwnImage({
    platform: 'local',
    builder: noBuilder,
    imagesDirectory: images,
    root: ROOT,
    commandLine: COMMAND_LINE,
    clock,
  });
  const { image } = await own({ label: 'x' });
  // What the tasks compile is the same: with the machine's two CPUs that is most of what a start costs.
  const env = { NODE_COMPILE_CACHE: join(workspace.directory, 'compiled') };
  const spec = { name, image, labels: {}, env, cpu: '1', memory: '512Mi', taskTimeoutMs: 60_000 };
  await jobs().deploy(spec);
  try {
    const place = `runs/run-x/load/${name}`;
    const input = { job: name, tasks, place, runId: 'run-x', serviceType: 'discord-webhook', next: () => 1 };
    const round: LoadInput = {
      blocks: [{ id: 'a', url: serviceUrl() }],
      warm: { connections: 16, requests: 320, warmupRequests: 32 },
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

/** A benchmark in this process, with another way to the image of the job; gives the stored run. */
async function benchmarkWith(results: string, loadImage: (own: Ports['loadImage']) => Ports['loadImage']) {
  const given = ['benchmark', '--platform', 'local', '--load-from', 'job', '--baseline', 'none', '--impl', 'right'];
  const place = ['--config', join(workspace.directory, 'perf.yaml'), '--results', join(workspace.directory, results)];
  const request = parseCliArgs([...given, ...place, '--iterations', '1', '--rounds', '1']) as BenchmarkRequest;
  const { signal } = new AbortController();
  process.env.CLOUDRUN_PERF_STATE_DIR = workspace.state;
  const { config, platform: name, ports, close } = await openContext(request, { kind: 'cli', signal });
  const printed: string[] = [];
  try {
    const print = (text: string) => void printed.push(text);
    const own = { ...ports, logger, print, loadImage: loadImage(ports.loadImage) };
    const { exitCodes, states } = await benchmark(request, name, config, own, signal);
    const runs = join(workspace.directory, results, 'runs');
    const run = join(runs, readdirSync(runs)[0] ?? '');
    const [right] = readJson(join(run, 'discord-webhook/results.json')).implementations;
    const { resources } = readJson(join(run, 'metadata.json'));
    return { exitCodes, states, right, resources, run, printed: printed.join('') };
  } finally {
    await close();
  }
}

const kinds = (made: readonly { readonly kind: string }[]) => made.map(({ kind }) => kind);

test('without its job nothing is measured: load never comes from elsewhere', async () => {
  const { exitCodes, states, right, resources } = await benchmarkWith('unmeasured', () => () => {
    return Promise.reject(new InfrastructureError('load-image-unbuildable', 'no engine and no registry'));
  });
  assert.deepEqual([exitCodes, states], [[1], { right: 'not measured' }]);
  assert.deepEqual(
    [right.state, right.reason, right.measurement],
    ['not measured', 'no engine and no registry', undefined],
  );
  assert.deepEqual([kinds(resources.created), kinds(resources.removed)], [['service'], ['service']]);
});

/** As the worker, but that task 2 dies as soon as all tasks are ready. */
const DYING = `import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
const { CLOUDRUN_PERF_LOAD_STORE: store, CLOUDRUN_PERF_LOAD_PLAN: plan, CLOUD_RUN_TASK_INDEX: task } = process.env;
const ready = join(store, dirname(plan), 'ready/0-timed');
const names = () => (existsSync(ready) ? readdirSync(ready).filter((name) => !name.startsWith('.')) : []);
if (task === '2') setInterval(() => names().length === 4 && process.kill(process.pid, 'SIGKILL'), 5);
process.argv.splice(1, 1, ${JSON.stringify(COMMAND_LINE)});
await import(${JSON.stringify(COMMAND_LINE)});
`;

test('a task that is killed while it loads is named in the report, and its block never counts', async () => {
  const { right, resources, run, printed } = await benchmarkWith('killed', (own) => async (request, signal) => {
    const artifact = await own(request, signal);
    const file = filesBelow(workspace.state).find((path) =>
      path.endsWith(`${artifact.digest.slice('sha256:'.length)}.json`),
    );
    assert.ok(file !== undefined);
    const start = join(workspace.directory, 'dying.mjs');
    writeFileSync(start, DYING);
    const directory = workspace.directory;
    const image = { image: artifact.image, directory, run: [process.execPath, start, 'worker'] };
    writeFileSync(join(workspace.state, file), JSON.stringify(image));
    return artifact;
  });
  const lost = /1 of 4 tasks left no recording: task 2 \([^)]*SIGKILL[^)]*\)/;
  const [sample] = right.measurement.samples;
  assert.equal(sample.cold.proof.proven, true, 'the cold start is good all the same');
  assert.match(sample.warm.void, lost);
  assert.deepEqual([sample.warm.connections, sample.warm.requests], [3, 300]);
  assert.match(right.measurement.audit.join('\n'), lost);
  assert.match(printed.replaceAll(/\s+/g, ' '), lost);
  assert.deepEqual(kinds(resources.removed), ['service', 'job']);
  const left = filesBelow(join(run, 'load')).filter((path) => /task-\d+\.json$/.test(path));
  const tasks = new Set(left.map((path) => path.slice(path.lastIndexOf('/') + 1)));
  assert.deepEqual([...tasks].sort(), ['task-0.json', 'task-1.json', 'task-3.json']);
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
