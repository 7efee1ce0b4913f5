import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCloudRunPlatform } from '../../src/adapters/platforms/cloud-run/platform.ts';
import { readContract } from '../../src/adapters/system/shipped-files.ts';
import { createHttpTransport } from '../../src/adapters/transports/http.ts';
import { measureIdle } from '../../src/commands/idle-measure.ts';
import { RunRecorder } from '../../src/commands/recorder.ts';
import type { Side } from '../../src/domain/deployment.ts';
import type { Plan, PlannedImplementation } from '../../src/domain/plan.ts';
import type { Run } from '../../src/domain/run.ts';
import { startEmulator } from '../../src/emulator/emulator.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Platform } from '../../src/ports/platform.ts';
import { createFixtureImages } from '../conformance/platforms/fixture-image.ts';
import { EXAMPLE_PROFILE, exampleArtifact, exampleMetadata } from '../helpers/example-run.ts';
import { TAGS } from '../helpers/measured-results.ts';
import { runPorts } from '../helpers/run-ports.ts';

const RUN_ID = 'run-20261121-130000-bcdfgh';
const CONTRACTS = new URL('../../contracts', import.meta.url).pathname;
const clock: Clock = {
  epochMs: () => performance.timeOrigin + performance.now(),
  monotonicMs: () => performance.now(),
  sleep: (durationMs, signal) => sleep(durationMs, undefined, signal === undefined ? {} : { signal }),
};

let images: Awaited<ReturnType<typeof createFixtureImages>>;
let emulator: Awaited<ReturnType<typeof startEmulator>>;
let platform: Platform;
before(async () => {
  images = await createFixtureImages();
  const { imagesDirectory, stateDirectory } = images;
  emulator = await startEmulator({ imagesDirectory, stateDirectory, runtime: 'process', idleTimeoutMs: 700 });
  platform = await createCloudRunPlatform({
    name: 'local',
    project: emulator.project,
    region: emulator.region,
    admin: { host: emulator.adminHost, port: emulator.adminPort },
    loggingUrl: emulator.loggingUrl,
    clock,
    logger: runPorts().ports.logger,
  });
});
after(async () => {
  await platform.close();
  await emulator.close();
  await images.remove();
});

const planned = (name: string): PlannedImplementation => ({
  implementation: {
    name,
    serviceType: 'discord-webhook',
    path: name,
    dockerfile: 'Dockerfile',
    buildArgs: {},
    supportedFeatures: [],
  },
  repositoryRoot: '/repo',
  contractVersion: '1.0.0',
  profile: { ...EXAMPLE_PROFILE, maxInstances: 2 },
  labels: { 'perf-run-id': 'idle' },
  services: [],
});

const result = (name: string, image: string, sides: readonly Side[]) => ({
  name,
  tags: { ...TAGS, implementation: name },
  sides: sides.map((side) => ({ side, artifact: { ...exampleArtifact(), image }, summaries: {} })),
});

/** The job after the others; `names` have an image, and what begins with `broken` has one that ends at once. */
async function idleJob(instancesAtOnce: number, names: readonly string[], sides: readonly Side[] = ['head', 'base']) {
  const { ports, lines } = runPorts({
    clock,
    transport: createHttpTransport(),
    platform: async () => platform,
    messageBus: async () => undefined,
    contractFiles: (type, major) => readContract(CONTRACTS, type, major),
  });
  const implementations = names.map(planned);
  const plan: Plan = {
    runId: RUN_ID,
    seed: 7,
    suite: 'full',
    platform: 'local',
    region: 'local',
    project: 'local',
    implementations,
    settings: {
      samplesPerRound: 0,
      rounds: 1,
      warm: { warmupRequests: 1, requests: 5, connections: 1 },
      coldTimeoutMs: 10_000,
      requestTimeoutMs: 5_000,
      scaleToZeroTimeoutMs: 20_000,
      forcedZeroStarts: 4,
      instancesAtOnce,
    },
  };
  const recorder = new RunRecorder(exampleMetadata({ runId: RUN_ID, failures: [] }), ports);
  await recorder.begin();
  const awaiting = implementations.map((one) => {
    const { name } = one.implementation;
    return { planned: one, result: result(name, name.startsWith('broken') ? images.broken : images.good, sides) };
  });
  const { signal } = new AbortController();
  await measureIdle({ plan, awaiting, metadata: recorder.run.metadata, recorder, ports, signal });
  return { run: recorder.run, lines, left: await platform.list({ 'perf-run-id': 'idle' }) };
}

const measurementsOf = ({ results }: Run) =>
  results.flatMap(({ implementations }) => implementations.map(({ name, measurement }) => ({ name, measurement })));

test('one instance of each head is left alone in one window, each is asked once more, and nothing stays', async () => {
  const { run, left, lines } = await idleJob(3, ['alpha', 'beta', 'gamma']);
  assert.deepEqual(run.metadata.failures, [], lines.join('\n'));
  const all = measurementsOf(run);
  assert.deepEqual(
    all.map(({ name }) => name),
    ['alpha', 'beta', 'gamma'],
  );
  for (const { measurement } of all) {
    assert.ok(measurement !== undefined);
    const { samples, dropped, strata, scaleToZero, gateStratum } = measurement;
    assert.deepEqual([dropped, gateStratum], [[], 'fresh-revision']);
    assert.deepEqual(
      samples.map(({ side, stratum, cold, warm }) => [side, stratum, cold.proof.proven, warm]),
      [['head', 'after-idle', true, undefined]],
    );
    assert.deepEqual(
      strata?.map(({ stratum, ttfbMs }) => [stratum, ttfbMs?.n]),
      [['after-idle', 1]],
    );
    assert.deepEqual(
      scaleToZero.map(({ side, observed }) => [side, observed]),
      [['head', 'log']],
    );
    assert.ok((scaleToZero[0]?.firstSeenGoneMs ?? 0) >= 500, 'it was left alone until its idle time was over');
  }
  assert.equal(lines.filter((line) => /leaving 3 implementations alone/.test(line)).length, 1);
  const { created = [], removed = [] } = run.metadata.resources ?? {};
  assert.equal(created.length, 3, 'no base has room');
  assert.deepEqual([removed.length, left], [3, []]);
});

test('what cannot start is given up and said, the others wait all the same, and more than fit wait one after the other', async () => {
  const { run, left, lines } = await idleJob(2, ['alpha', 'broken', 'gamma'], ['head']);
  const samplesOf = (name: string) => measurementsOf(run).find((one) => one.name === name)?.measurement?.samples.length;
  assert.deepEqual([samplesOf('alpha'), samplesOf('broken'), samplesOf('gamma')], [1, 0, 1], lines.join('\n'));
  const broken = measurementsOf(run).find(({ name }) => name === 'broken')?.measurement;
  assert.match(broken?.audit.join() ?? '', /after-idle were given up/);
  assert.ok(lines.some((line) => /^warn broken: cold starts of stratum after-idle were given up/.test(line)));
  assert.equal(lines.filter((line) => /leaving 1 implementations alone/.test(line)).length, 2);
  assert.deepEqual(left, []);
});
